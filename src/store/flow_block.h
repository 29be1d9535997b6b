/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flow rows as columns, on their way into the store or out of it.
 *
 * A block owns its arrays; zero bytes are a block without rows. One thread at a time. The columns
 * are in store/flow_columns.def. A block to insert holds rows of one day only
 * (store/observations.h), at most FLOW_BLOCK_ROWS_MAX.
 */
#ifndef STORE_FLOW_BLOCK_H
#define STORE_FLOW_BLOCK_H

#include "model/flow.h"

#include <stddef.h>
#include <stdint.h>

enum { FLOW_BLOCK_ROWS_MAX = 1 << 20, MINUTES_PER_DAY = 1440 };

struct flow_block {
	size_t rows, room;
	uint32_t *second; /* of the window's start; only the table `live` keeps it */
#define COLUMN(name, type, bits, codec) type *name;
#include "store/flow_columns.def"
#undef COLUMN
};

/* What the hub knows of a row besides the row. */
struct flow_place {
	uint32_t start_s; /* the window's start, seconds since 1970 */
	uint32_t sensor;
	uint16_t country; /* flow_country(); 0: not known */
	uint32_t asn;     /* 0: not known */
	uint8_t tool;     /* enum tool */
};

/* Append one row. STATUS_LIMIT: FLOW_BLOCK_ROWS_MAX are in. */
MUST_USE enum status flow_block_add(struct flow_block *b, const struct flow_place *place,
                                    const struct flow *row);

/* Append row `at` of `from` (splitting at days). */
MUST_USE enum status flow_block_copy(struct flow_block *b, const struct flow_block *from,
                                     size_t at);

/* Room for `rows` in all. STATUS_LIMIT past FLOW_BLOCK_ROWS_MAX. */
MUST_USE enum status flow_block_reserve(struct flow_block *b, size_t rows);

/* No rows; the memory stays for the next ones. */
void flow_block_empty(struct flow_block *b);

void flow_block_clear(struct flow_block *b);

/* What stands in the windows' `batch`: a number of the frame that the sensor sent, never 0. */
uint64_t flow_batch(uint32_t sensor, uint64_t boot_id, uint64_t sequence);

/* "JP" as a number; 0 for anything but two capital letters. */
uint16_t flow_country(const char *letters);

/* A source address as the two numbers of the tables, and back. */
void flow_source_split(const struct addr *a, uint64_t *hi, uint64_t *lo);
struct addr flow_source_join(uint64_t hi, uint64_t lo);

#endif
