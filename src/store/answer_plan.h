/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which tables answer a query, and which stretch of time each gives: days from the table of days,
 * the hours beside them from the table of hours, the minutes at both ends from the finest.
 * So an answer is exact to the minute and reads as few rows as there are. Inside of this room
 * only; pure.
 */
#ifndef STORE_ANSWER_PLAN_H
#define STORE_ANSWER_PLAN_H

#include "store/answer_scope.h"

enum {
	PLAN_PIECES_MAX = 24,
	PLAN_KEYS_MAX = 6,
};

/* The columns of the store that groups and filters are made of. */
enum plan_key {
	KEY_SENSOR,
	KEY_PROTO,
	KEY_PORT,
	KEY_KIND,
	KEY_TOOL,
	KEY_COUNTRY,
	KEY_ASN,
	KEY_SRC_HI,
	KEY_SRC_LO,
	KEY_MEMBER, /* made of sensor */
	KEY_COUNT_OF
};

const char *plan_key_name(enum plan_key k);

struct plan_piece {
	const char *table, *bucket; /* bucket: its time column */
	uint32_t minutes;           /* of a bucket */
	uint32_t from, to;          /* minutes since 1970, multiples of `minutes` */
	bool raw;                   /* rows and not sums */
	bool live;                  /* and only those that no window has replaced */
	bool own_only;              /* the others' part does not reach here */
};

/* What is to be read. */
struct plan_wish {
	uint32_t from, to; /* minutes */
	uint32_t width;    /* of the series' buckets, minutes; 0: none */
	unsigned keys;     /* bits of enum plan_key that must be there */
	bool raw;          /* what only rows have */
	bool live;         /* the newest minutes too */
};

struct answer_plan {
	struct plan_piece pieces[PLAN_PIECES_MAX];
	size_t count;
	uint32_t from, to; /* may begin earlier than was wished, where finer tables are gone */
	bool states;       /* `sources` are states, to be merged */
};

void answer_plan_make(struct answer_plan *plan, const struct answer_scope *s,
                      const struct plan_wish *wish);

/* The bits of the filter's columns. */
unsigned plan_filter_keys(const struct query *q);

/* The columns of a dimension, in their order; returns how many. */
unsigned plan_dimension_keys(enum query_dimension d, enum plan_key out[2]);

#endif
