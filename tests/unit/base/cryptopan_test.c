/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cryptopan.h"

#include "tap.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char spec_key[] = "32-char-str-for-AES-key-and-pad.";

static void check_v4(struct cryptopan *c, const char *in, const char *want)
{
	uint8_t address[4];
	char text[INET_ADDRSTRLEN];

	inet_pton(AF_INET, in, address);
	cryptopan_v4(c, address, address);
	inet_ntop(AF_INET, address, text, sizeof(text));
	CHECK_STR(text, want);
}

static void check_v6(struct cryptopan *c, const char *in, const char *want)
{
	uint8_t address[16];
	char text[INET6_ADDRSTRLEN];

	inet_pton(AF_INET6, in, address);
	cryptopan_v6(c, address, address);
	inet_ntop(AF_INET6, address, text, sizeof(text));
	CHECK_STR(text, want);
}

static unsigned shared_bits(const uint8_t a[4], const uint8_t b[4])
{
	unsigned n = 0;

	while (n < 32 && ((a[n / 8] ^ b[n / 8]) >> (7 - n % 8) & 1) == 0)
		n++;
	return n;
}

/* The property that gives the method its name. */
static void check_prefixes(struct cryptopan *c)
{
	uint8_t base[4] = {198, 51, 100, 37}, base_out[4];
	bool ok = true;

	cryptopan_v4(c, base, base_out);
	for (unsigned bit = 0; bit < 32; bit++) {
		uint8_t other[4], other_out[4];

		memcpy(other, base, 4);
		other[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
		cryptopan_v4(c, other, other_out);
		ok = ok && shared_bits(base_out, other_out) == bit;
	}
	CHECK(ok);
}

static enum status open_key(const char *bytes, size_t n, mode_t mode, bool *exposed,
                            struct cryptopan **out)
{
	char path[] = "/tmp/noroshi-key-XXXXXX";
	int fd = mkstemp(path);
	enum status st;
	struct trouble t = {0};

	if (fd < 0 || write(fd, bytes, n) != (ssize_t)n || fchmod(fd, mode) != 0)
		abort();
	close(fd);
	st = cryptopan_open(out, path, exposed, &t);
	if (st)
		CHECK(n < 32 || !strstr(t.text, "32-char")); /* no secret in messages */
	unlink(path);
	return st;
}

static void check_key_files(void)
{
	char hex[70] = "", raw[33] = {0};
	bool exposed = false;
	struct cryptopan *c;

	for (size_t i = 0; i < 32; i++)
		snprintf(hex + 2 * i, 3, i % 2 ? "%02X" : "%02x", (unsigned)spec_key[i]);
	CHECK(open_key(spec_key, 32, 0600, &exposed, &c) == STATUS_OK && !exposed);
	check_v4(c, "192.0.2.1", "192.0.125.244");
	cryptopan_free(c);
	strcat(hex, "\r\n");
	CHECK(open_key(hex, 66, 0640, &exposed, &c) == STATUS_OK && exposed);
	check_v4(c, "192.0.2.1", "192.0.125.244");
	cryptopan_free(c);
	CHECK(open_key(hex, 64, 0604, &exposed, &c) == STATUS_OK && exposed);
	cryptopan_free(c);
	CHECK(open_key(hex, 63, 0600, &exposed, &c) == STATUS_FORMAT && c == NULL);
	hex[66] = '\n';
	CHECK(open_key(hex, 67, 0600, &exposed, &c) == STATUS_FORMAT);
	hex[10] = 'g';
	CHECK(open_key(hex, 64, 0600, &exposed, &c) == STATUS_FORMAT);
	CHECK(open_key(raw, 33, 0600, &exposed, &c) == STATUS_FORMAT);
	CHECK(open_key("", 0, 0600, &exposed, &c) == STATUS_FORMAT);
	CHECK(cryptopan_open(&c, "/nonexistent/key", &exposed, NULL) == STATUS_NOT_FOUND);
	CHECK(cryptopan_open(&c, "/", &exposed, NULL) == STATUS_IO);
	cryptopan_free(NULL);
}

int main(void)
{
	struct cryptopan *c;

	if (cryptopan_new(&c, (const uint8_t *)spec_key, NULL))
		return 1;
	/* 30-detection section 9. */
	check_v4(c, "192.0.2.1", "192.0.125.244");
	check_v6(c, "2001:db8::1", "27fe:8bc7:fee:1e:1e1f:f0fe:f0e1:83fd");
	check_v4(c, "192.0.2.1", "192.0.125.244");
	check_prefixes(c);
	cryptopan_free(c);
	check_key_files();
	return tap_done();
}
