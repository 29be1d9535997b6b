/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cryptopan.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK = 16, ADDRESS_MAX = 16, BITS_MAX = 8 * ADDRESS_MAX };

struct cryptopan {
	EVP_CIPHER_CTX *aes;
	uint8_t pad[BLOCK];
	uint8_t blocks[BITS_MAX * BLOCK];
};

static void encrypt(struct cryptopan *c, uint8_t *bytes, int n)
{
	int done = 0;
	int ok = EVP_EncryptUpdate(c->aes, bytes, &done, bytes, n);

	assert(ok == 1 && done == n && "AES-128 over whole blocks cannot fail");
	(void)ok;
}

enum status cryptopan_new(struct cryptopan **out, const uint8_t key[CRYPTOPAN_KEY_BYTES],
                          struct trouble *t)
{
	struct cryptopan *c = calloc(1, sizeof(*c));

	*out = NULL;
	if (!c)
		return trouble_set(t, STATUS_NO_MEMORY, NULL, 0, "out of memory");
	c->aes = EVP_CIPHER_CTX_new();
	if (!c->aes || EVP_EncryptInit_ex(c->aes, EVP_aes_128_ecb(), NULL, key, NULL) != 1) {
		cryptopan_free(c);
		return trouble_set(t, STATUS_UNSUPPORTED, NULL, 0,
		                   "the cryptographic library offers no AES-128");
	}
	EVP_CIPHER_CTX_set_padding(c->aes, 0);
	memcpy(c->pad, key + BLOCK, BLOCK);
	encrypt(c, c->pad, BLOCK);
	*out = c;
	return STATUS_OK;
}

static int hex_value(uint8_t digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	digit |= 0x20;
	return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* 64 digits, then perhaps one line end. */
static bool parse_hex(const uint8_t *text, size_t n, uint8_t key[CRYPTOPAN_KEY_BYTES])
{
	size_t digits = (size_t)CRYPTOPAN_KEY_BYTES * 2;

	if (n > digits && text[n - 1] == '\n')
		n--;
	if (n > digits && text[n - 1] == '\r')
		n--;
	if (n != digits)
		return false;
	for (size_t i = 0; i < CRYPTOPAN_KEY_BYTES; i++) {
		int high = hex_value(text[2 * i]), low = hex_value(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		key[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

/* All of a small file, up to room bytes; errno on -1. */
static ssize_t read_small(const char *path, uint8_t *bytes, size_t room, bool *exposed)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct stat info;
	size_t used = 0;
	ssize_t n = -1;

	if (fd < 0)
		return -1;
	if (fstat(fd, &info) == 0) {
		*exposed = (info.st_mode & (S_IRGRP | S_IROTH)) != 0;
		do {
			n = read(fd, bytes + used, room - used);
			used += n > 0 ? (size_t)n : 0;
		} while (used < room && (n > 0 || (n < 0 && errno == EINTR)));
	}
	close(fd);
	return n < 0 ? -1 : (ssize_t)used;
}

enum status cryptopan_open(struct cryptopan **out, const char *path, bool *exposed,
                           struct trouble *t)
{
	uint8_t bytes[2 * CRYPTOPAN_KEY_BYTES + 3], key[CRYPTOPAN_KEY_BYTES];
	ssize_t n = read_small(path, bytes, sizeof(bytes), exposed);
	enum status st;

	*out = NULL;
	if (n < 0) {
		st = trouble_set(t, status_of_errno(errno), path, 0, "cannot read the key: %s",
		                 strerror(errno));
	} else if (n == CRYPTOPAN_KEY_BYTES) {
		st = cryptopan_new(out, bytes, t);
	} else if (parse_hex(bytes, (size_t)n, key)) {
		st = cryptopan_new(out, key, t);
	} else {
		st = trouble_set(t, STATUS_FORMAT, path, 0,
		                 "a key is 32 bytes, or 64 hexadecimal digits");
	}
	OPENSSL_cleanse(bytes, sizeof(bytes));
	OPENSSL_cleanse(key, sizeof(key));
	return st;
}

/* Block i is the pad with its first i bits replaced by the address's. */
static void fill_blocks(struct cryptopan *c, const uint8_t *address, unsigned bits)
{
	for (unsigned i = 0; i < bits; i++) {
		uint8_t *block = c->blocks + (size_t)i * BLOCK;
		uint8_t kept = (uint8_t)(0xff00u >> i % 8);

		memcpy(block, address, i / 8);
		memcpy(block + i / 8, c->pad + i / 8, BLOCK - i / 8);
		block[i / 8] = (uint8_t)((address[i / 8] & kept) | (c->pad[i / 8] & ~kept));
	}
}

static void anonymize(struct cryptopan *c, const uint8_t *in, uint8_t *out, unsigned bits)
{
	uint8_t flips[ADDRESS_MAX] = {0};

	fill_blocks(c, in, bits);
	encrypt(c, c->blocks, (int)bits * BLOCK);
	for (unsigned i = 0; i < bits; i++)
		flips[i / 8] |= (uint8_t)((c->blocks[(size_t)i * BLOCK] >> 7) << (7 - i % 8));
	for (unsigned i = 0; i < bits / 8; i++)
		out[i] = in[i] ^ flips[i];
}

void cryptopan_v4(struct cryptopan *c, const uint8_t in[4], uint8_t out[4])
{
	anonymize(c, in, out, 32);
}

void cryptopan_v6(struct cryptopan *c, const uint8_t in[16], uint8_t out[16])
{
	anonymize(c, in, out, 128);
}

void cryptopan_free(struct cryptopan *c)
{
	if (!c)
		return;
	EVP_CIPHER_CTX_free(c->aes); /* wipes the key schedule */
	OPENSSL_cleanse(c, sizeof(*c));
	free(c);
}
