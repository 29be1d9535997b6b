/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parse hand-made frames, for the unit tests of this room.
 */
#ifndef TESTS_UNIT_PARSE_PACKETS_H
#define TESTS_UNIT_PARSE_PACKETS_H

#include "parse/parse.h"

#include "tap.h"

#include "bytes.h"

enum { ETHERNET = 1, RAW = 101 };

struct parsed {
	bool ip; /* what parse_network() said */
	enum skip_reason skip;
	struct packet p;
	struct transport t;
};

/* The captured bytes go to a heap block of just their size, so that a sanitizer sees any
 * read past them. p.payload and t.bytes do not outlive the call. */
__attribute__((unused)) static struct parsed parse(uint32_t link, const void *bytes,
                                                   size_t captured, size_t wire)
{
	uint8_t *copy = malloc(captured ? captured : 1);
	struct record r = {.time_ns = 77,
	                   .bytes = copy,
	                   .captured = (uint32_t)captured,
	                   .wire = (uint32_t)wire,
	                   .link = link};
	struct parsed out = {0};

	if (!copy)
		abort();
	if (captured)
		memcpy(copy, bytes, captured);
	out.ip = parse_network(&r, &out.p, &out.t, &out.skip);
	if (out.ip)
		parse_transport(&out.p, &out.t);
	free(copy);
	return out;
}

__attribute__((unused)) static struct parsed parse_hex(uint32_t link, const char *hex)
{
	struct bytes b = {0};
	struct parsed out;

	put_hex(&b, hex);
	out = parse(link, b.at, b.size, b.size);
	bytes_clear(&b);
	return out;
}

__attribute__((unused)) static void check_addr(const struct addr *a, const char *text)
{
	char out[ADDR_TEXT_MAX];

	addr_text(a, out);
	CHECK_STR(out, text);
}

#endif
