/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the batch format share: a frame in memory, rows drawn at random, and a
 * comparison that knows what the format leaves out. */
#ifndef TESTS_BATCH_ROWS_H
#define TESTS_BATCH_ROWS_H

#include "base/prng.h"
#include "ship/batch_encode.h"

#include <stdlib.h>

struct frames {
	uint8_t *bytes; /* file header and frames */
	size_t used;
	unsigned count;
};

static inline void append_bytes(struct frames *f, const void *bytes, size_t n)
{
	f->bytes = realloc(f->bytes, f->used + n);
	if (!f->bytes)
		abort();
	memcpy(f->bytes + f->used, bytes, n);
	f->used += n;
}

static inline enum status append_frame(void *state, const void *frame, size_t n)
{
	struct frames *f = state;

	append_bytes(f, frame, n);
	f->count++;
	return STATUS_OK;
}

static inline void start_file(struct frames *f)
{
	uint8_t header[BATCH_FILE_HEADER_BYTES];

	batch_file_header_put(header);
	append_bytes(f, header, sizeof(header));
}

/* Nothing about this row is usual: every bit of every field may be set. */
static inline void draw_wild(struct prng *r, struct flow *f)
{
	*f = (struct flow){.proto = (uint8_t)prng_u32(r),
	                   .kind = (uint8_t)prng_below(r, KIND_COUNT),
	                   .marks = (uint8_t)prng_u32(r),
	                   .tcp_flags = (uint8_t)prng_u32(r),
	                   .port = (uint16_t)prng_u32(r),
	                   .peer_port = (uint16_t)prng_u32(r),
	                   .signs = (uint16_t)prng_u32(r),
	                   .ip_id = (uint16_t)prng_u32(r),
	                   .ip_len = (uint16_t)prng_u32(r),
	                   .tcp_window = (uint16_t)prng_u32(r),
	                   .options_hash = prng_u32(r),
	                   .ttl_min = (uint8_t)prng_u32(r),
	                   .ttl_max = (uint8_t)prng_u32(r),
	                   .unicorn = (uint16_t)prng_u32(r),
	                   .unicorn_key = prng_u32(r),
	                   .packets = prng_u64(r) >> prng_below(r, 64),
	                   .bytes = prng_u64(r) >> prng_below(r, 64),
	                   .first_us = prng_u32(r),
	                   .last_us = prng_u32(r),
	                   .destinations = prng_u32(r) >> prng_below(r, 32),
	                   .exact = (uint8_t)prng_below(r, FLOW_EXACT + 1)};
	for (int i = 0; i < 16; i++)
		f->source.b[i] = (uint8_t)prng_u32(r);
}

static inline void draw_tame(struct prng *r, struct flow *f)
{
	*f = (struct flow){.source = addr_v4(0x05000000 + prng_below(r, 1 << 20)),
	                   .proto = 6,
	                   .tcp_flags = 2,
	                   .port = (uint16_t)(prng_below(r, 3) ? 23 : prng_below(r, 1000)),
	                   .peer_port = (uint16_t)prng_u32(r),
	                   .ip_id = (uint16_t)prng_u32(r),
	                   .ip_len = 40,
	                   .tcp_window = 1024,
	                   .ttl_min = 50,
	                   .ttl_max = 50,
	                   .unicorn = 1,
	                   .packets = 1 + (prng_u32(r) & 1) * prng_below(r, 20),
	                   .first_us = prng_below(r, 60000000)};
	f->bytes = f->packets * 40;
	f->last_us = f->first_us;
	f->destinations = (uint32_t)f->packets;
	f->exact = batch_usual_exact(f->destinations);
}

static inline int compare_rows(const void *left, const void *right)
{
	const struct flow *a = left, *b = right;
	int order = addr_compare(&a->source, &b->source);

	if (order == 0)
		order = (int)a->proto - (int)b->proto;
	if (order == 0)
		order = (int)a->port - (int)b->port;
	if (order == 0)
		order = (int)a->kind - (int)b->kind;
	return order ? order : (int)a->marks - (int)b->marks;
}

static inline bool same_list(const uint32_t *a, const uint32_t *b, size_t n)
{
	return !a || !b ? a == b : memcmp(a, b, n * sizeof(*a)) == 0;
}

/* All but the unicorn key. */
static inline bool same_row(const struct flow *a, const struct flow *b)
{
	return compare_rows(a, b) == 0 && a->tcp_flags == b->tcp_flags &&
	       a->peer_port == b->peer_port && a->signs == b->signs && a->ip_id == b->ip_id &&
	       a->ip_len == b->ip_len && a->tcp_window == b->tcp_window &&
	       a->options_hash == b->options_hash && a->ttl_min == b->ttl_min &&
	       a->ttl_max == b->ttl_max && a->unicorn == b->unicorn && a->packets == b->packets &&
	       a->bytes == b->bytes && a->first_us == b->first_us && a->last_us == b->last_us &&
	       a->destinations == b->destinations && a->exact == b->exact &&
	       same_list(a->list, b->list, a->exact) &&
	       (!a->registers || !b->registers
	                ? a->registers == b->registers
	                : memcmp(a->registers, b->registers, FLOW_REGISTERS) == 0);
}

#endif
