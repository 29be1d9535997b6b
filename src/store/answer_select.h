/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The SELECT of sums by groups: pieces of tables, put together, cut to what the viewer may see.
 * Inside of this room only; pure.
 *
 * For a viewer that sees all it is one grouping over the pieces. For others each cell is made
 * of two parts, its own sensors' and all others'; the others' part is dropped where too few
 * sensors or sources stand behind it, rounded, and only then are the parts added. So whoever takes
 * its own part away again is left with what the cell of the others shows by itself.
 */
#ifndef STORE_ANSWER_SELECT_H
#define STORE_ANSWER_SELECT_H

#include "store/answer_plan.h"

enum answer_sum { SUM_PACKETS, SUM_BYTES, SUM_ROWS, SUM_SOURCES, SUM_DESTINATIONS, SUM_COUNT_OF };

enum { SELECT_TIME = KEY_COUNT_OF }; /* order_by: the bucket first */

/* One group of an earlier answer. */
struct answer_key {
	uint64_t values[PLAN_KEYS_MAX];
};

struct answer_select {
	const struct answer_scope *scope;
	const struct answer_plan *plan;
	enum plan_key keys[PLAN_KEYS_MAX]; /* the groups' columns, no two alike */
	unsigned key_count;
	uint32_t width; /* minutes; 0: no time column */
	bool wanted[SUM_COUNT_OF];
	enum answer_sum order;     /* the largest first; with a width: by time instead */
	uint64_t limit;            /* 0: none */
	const struct addr *source; /* of one source only; or NULL */
	/* Only these groups; NULL: all. */
	const struct answer_key *only;
	size_t only_count;
};

/* Columns of the result: the bucket's number (minute / width) where there is a width, the keys,
 * the wanted sums in order. Every one is an unsigned integer. */
void answer_select_write(struct sql *sql, const struct answer_select *q);

/* The condition of a piece: time, sensors, filter. */
void answer_piece_where(struct sql *sql, const struct answer_scope *s,
                        const struct plan_piece *piece, const struct addr *source);

enum answer_sum answer_sum_of(enum query_measure m); /* of a rate: packets */

#endif
