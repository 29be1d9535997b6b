/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Marks and signs of many usual TCP packets at once (parse/usual.h): the rules of
 * classify_syn_marks() and classify_signs(), four packets an instruction.
 *
 * A worker puts a packet's fields into a place of each column, and columns_judge() gives what is to
 * be added to that place's sample. Pure; the memory is the caller's; any thread.
 */
#ifndef AGGREGATE_COLUMNS_H
#define AGGREGATE_COLUMNS_H

#include "model/packet.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	COLUMN_PLACES = 64, /* a multiple of 4 */

	/* column `more`: TTL 8 | layout 8 | what to judge */
	COLUMN_LAYOUT_SHIFT = 8,
	COLUMN_WANTS_MARKS = 1 << 16,
	COLUMN_WANTS_SIGNS = 1 << 17,
	COLUMN_RESERVED_BITS = 1 << 18, /* judged already: SIGN_RESERVED_BITS */
};

struct columns {
	uint32_t src[COLUMN_PLACES], dst[COLUMN_PLACES];
	uint32_t seq[COLUMN_PLACES];
	uint32_t ports[COLUMN_PLACES];     /* source << 16 | destination */
	uint32_t id_window[COLUMN_PLACES]; /* IP id << 16 | TCP window */
	uint32_t more[COLUMN_PLACES];      /* 0: judge nothing */
	uint32_t judged[COLUMN_PLACES];    /* signs << 16 | marks */
} __attribute__((aligned(64)));

/* The column `more` of a packet. `layout`, enum tcp_options, must be told apart where a rule asks
 * for it; scan: it is a SYN scan, so that marks apply. */
static inline uint32_t column_more(uint8_t ttl, uint32_t layout, bool scan, bool reserved_bits)
{
	return COLUMN_WANTS_SIGNS | ttl | layout << COLUMN_LAYOUT_SHIFT |
	       (scan ? COLUMN_WANTS_MARKS : 0u) | (reserved_bits ? COLUMN_RESERVED_BITS : 0u);
}

/* Nothing to judge at place i. */
static inline void columns_skip(struct columns *c, unsigned i)
{
	c->more[i] = 0;
}

/* Judge the first n places. */
void columns_judge(struct columns *c, unsigned n);

#endif
