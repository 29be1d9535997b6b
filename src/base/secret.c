/* SPDX-License-Identifier: Apache-2.0 */
#include "base/secret.h"

#include <assert.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <string.h>

static const char digits64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

enum status secret_random(void *out, size_t n, struct trouble *t)
{
	assert(n <= INT32_MAX);
	if (RAND_priv_bytes(out, (int)n) == 1)
		return STATUS_OK;
	OPENSSL_cleanse(out, n);
	return trouble_set(t, STATUS_UNAVAILABLE, NULL, 0, "the system gives no random numbers");
}

void secret_wipe(void *at, size_t n)
{
	OPENSSL_cleanse(at, n);
}

bool secret_equal(const void *a, const void *b, size_t n)
{
	return CRYPTO_memcmp(a, b, n) == 0;
}

void sha256(const void *bytes, size_t n, uint8_t out[SHA256_BYTES])
{
	int ok = EVP_Digest(bytes, n, out, NULL, EVP_sha256(), NULL);

	assert(ok == 1 && "every libcrypto has SHA-256");
	(void)ok;
}

void base64url_encode(const void *bytes, size_t n, char *out)
{
	const uint8_t *in = bytes;
	uint32_t bits = 0;
	unsigned held = 0;

	for (size_t i = 0; i < n; i++) {
		bits = bits << 8 | in[i];
		for (held += 8; held >= 6; held -= 6)
			*out++ = digits64[bits >> (held - 6) & 63];
	}
	if (held > 0)
		*out++ = digits64[bits << (6 - held) & 63];
	*out = '\0';
}

static int value64(char digit)
{
	const char *at = digit ? strchr(digits64, digit) : NULL;

	return at ? (int)(at - digits64) : -1;
}

enum status base64url_decode(const char *text, void *out, size_t n)
{
	uint8_t *to = out, *end = to + n;
	uint32_t bits = 0;
	unsigned held = 0;

	for (size_t i = 0; i + 1 < BASE64URL_SIZE(n); i++) {
		int value = value64(text[i]);

		if (value < 0)
			return STATUS_FORMAT;
		bits = bits << 6 | (uint32_t)value;
		held += 6;
		if (held >= 8) {
			held -= 8;
			*to++ = (uint8_t)(bits >> held);
		}
	}
	assert(to == end);
	(void)end;
	return bits & ((1u << held) - 1) ? STATUS_FORMAT : STATUS_OK;
}

void hex_encode(const void *bytes, size_t n, char *out)
{
	const uint8_t *in = bytes;

	for (size_t i = 0; i < n; i++) {
		*out++ = "0123456789abcdef"[in[i] >> 4];
		*out++ = "0123456789abcdef"[in[i] & 15];
	}
	*out = '\0';
}
