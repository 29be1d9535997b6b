/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A partition's content on its way out of one store and into another or a file: blocks of rows in
 * ClickHouse's RowBinary form (integers little-endian, texts with a varint length, states of
 * distinct sources as the engine writes them), which every engine takes and all have alike.
 *
 * For the files of the observations alone. One thread at a time.
 */
#ifndef STORE_OBSERVATIONS_ROWS_H
#define STORE_OBSERVATIONS_ROWS_H

#include "store/observations_inner.h"

/* What a partition holds, to compare. All modulo 2^64. */
struct partition_digest {
	uint64_t rows; /* of a rollup: the sum of `rows` */
	uint64_t packets, bytes;
	uint64_t more; /* a sum over other columns; of a rollup: distinct sources, an estimate */
};

/* The bytes of one block; not STATUS_OK ends the reading. */
typedef enum status (*rows_function)(void *state, const uint8_t *bytes, size_t n);

/* Tables that are copied: not `live`, and no ledger on a cluster. */
bool rows_are_kept(const struct observations *o, const struct table *table);

MUST_USE enum status rows_digest(struct observations *o, const struct table *table,
                                 uint64_t partition, struct partition_digest *out,
                                 struct trouble *t);

/* exactly: between stores of one version; else a rollup's sources may differ by 5 %. */
bool rows_digest_equal(const struct table *table, const struct partition_digest *a,
                       const struct partition_digest *b, bool exactly);

/* All rows of a partition. on_block's trouble is its own to set. */
MUST_USE enum status rows_read(struct observations *o, const struct table *table,
                               uint64_t partition, rows_function on_block, void *state,
                               struct trouble *t);

/*
 * Put a partition in place of what is there. On one node the rows gather aside, and take their
 * place in rows_end(); on a cluster the old partition goes first.
 */
MUST_USE enum status rows_begin(struct observations *o, const struct table *table,
                                uint64_t partition, struct trouble *t);
MUST_USE enum status rows_put(struct observations *o, const struct table *table,
                              const uint8_t *bytes, size_t n, struct trouble *t);
MUST_USE enum status rows_end(struct observations *o, const struct table *table, uint64_t partition,
                              struct trouble *t);

/* After many partitions came in: every day of flows and windows counts as it is. */
MUST_USE enum status rows_settle(struct observations *o, struct trouble *t);

#endif
