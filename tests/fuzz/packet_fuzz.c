/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as one packet: two of them choose the link type, one how much the snapshot cut off.
 */
#include "parse/parse.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct packet *p, const struct record *r)
{
	const uint8_t *end = r->bytes + r->captured;

	if (p->payload_len > 0 && (p->payload < r->bytes || p->payload + p->payload_len > end))
		abort();
	if (p->payload_len == 0 && p->payload)
		abort();
	if (p->v6 == addr_is_v4(&p->src) && !p->v6)
		abort();
	if (!p->v6 && (addr_low32(&p->src) != p->src32 || addr_low32(&p->dst) != p->dst32))
		abort();
	if (p->tcp_options == OPTIONS_NONE && p->options_hash != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct record r = {.time_ns = 1};
	enum skip_reason skip = SKIP_COUNT;
	struct transport t;
	struct packet p;
	uint8_t *bytes;

	if (size < 3)
		return 0;
	/* A block of its own, so that a sanitizer sees a read past the captured bytes. */
	bytes = malloc(size - 3 + (size == 3));
	if (!bytes)
		abort();
	memcpy(bytes, data + 3, size - 3);
	r.bytes = bytes;
	r.link = (uint32_t)data[0] << 8 | data[1];
	r.captured = (uint32_t)size - 3;
	r.wire = r.captured + data[2];
	if (parse_network(&r, &p, &t, &skip)) {
		parse_transport(&p, &t);
		check(&p, &r);
	} else if (skip >= SKIP_COUNT) {
		abort();
	}
	free(bytes);
	return 0;
}
