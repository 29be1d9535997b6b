/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Build captures and packets for tests, byte by byte. A `struct bytes` owns its memory; an
 * allocation that fails aborts the test. Include it after tap.h in one test program.
 */
#ifndef TESTS_BYTES_H
#define TESTS_BYTES_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct bytes {
	uint8_t *at;
	size_t size, room;
};

__attribute__((unused)) static void put(struct bytes *b, const void *bytes, size_t n)
{
	if (b->room - b->size < n) {
		b->room = (b->size + n) * 2;
		b->at = realloc(b->at, b->room);
		if (!b->at)
			abort();
	}
	if (n > 0)
		memcpy(b->at + b->size, bytes, n);
	b->size += n;
}

__attribute__((unused)) static void put_be(struct bytes *b, uint64_t value, unsigned n)
{
	while (n-- > 0)
		put(b, &(uint8_t){(uint8_t)(value >> (8 * n))}, 1);
}

__attribute__((unused)) static void put_le(struct bytes *b, uint64_t value, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		put(b, &(uint8_t){(uint8_t)(value >> (8 * i))}, 1);
}

/* "45 00 0028": hexadecimal digits, blanks ignored. */
__attribute__((unused)) static void put_hex(struct bytes *b, const char *text)
{
	for (; *text; text++) {
		char pair[3] = {text[0], text[0] == ' ' ? ' ' : text[1], 0};

		if (*text == ' ')
			continue;
		put(b, &(uint8_t){(uint8_t)strtoul(pair, NULL, 16)}, 1);
		text++;
	}
}

__attribute__((unused)) static void bytes_clear(struct bytes *b)
{
	free(b->at);
	*b = (struct bytes){0};
}

/* A temporary file with these bytes; its name into path, to be unlinked by the test. */
__attribute__((unused)) static void bytes_save(const struct bytes *b, char path[64])
{
	int fd;

	strcpy(path, "/tmp/noroshi-unit-XXXXXX");
	fd = mkstemp(path);
	if (fd < 0 || (b->size && write(fd, b->at, b->size) != (ssize_t)b->size))
		abort();
	close(fd);
}

/* pcap, little or big endian. */
__attribute__((unused)) static void put_pcap_header(struct bytes *b, uint32_t magic, uint32_t link,
                                                    bool big)
{
	void (*put_n)(struct bytes *, uint64_t, unsigned) = big ? put_be : put_le;

	put_n(b, magic, 4);
	put_n(b, 2, 2);
	put_n(b, 4, 2);
	put_n(b, 0, 8);
	put_n(b, 65535, 4);
	put_n(b, link, 4);
}

__attribute__((unused)) static void put_pcap_record(struct bytes *b, uint32_t seconds,
                                                    uint32_t fraction, const void *frame,
                                                    uint32_t captured, uint32_t wire, bool big)
{
	void (*put_n)(struct bytes *, uint64_t, unsigned) = big ? put_be : put_le;

	put_n(b, seconds, 4);
	put_n(b, fraction, 4);
	put_n(b, captured, 4);
	put_n(b, wire, 4);
	put(b, frame, captured);
}

#endif
