/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which prefixes does this telescope monitor? An answer from where packets went, for
 * captures whose owner did not say.
 *
 * Top down over a binary trie of the addresses seen as destinations: a prefix is taken
 * when they fill it, or when they are spread evenly over its eighths down to cells of a
 * few seen addresses each (a sparse sample of a larger telescope); else its halves are
 * tried, and an address alone stays a /32. Addresses that nobody sent to at the edge of
 * a telescope are cut off where the rest fits a smaller prefix: an inference, to be shown
 * as one. Pure, any thread.
 */
#ifndef DETECT_INFER_H
#define DETECT_INFER_H

#include "model/addr.h"
#include "model/space.h"

struct inference {
	struct prefix_set prefixes; /* sealed; the caller clears it */
	bool scattered;             /* more than INFER_PREFIXES_MAX: the lightest were left out */
	uint64_t left_out;          /* how many */
	uint64_t packets_left_out;  /* sent to them */
};

/* Blocks in any order; several of the same base count as one. */
MUST_USE enum status infer_prefixes(const struct space_block *blocks, size_t count,
                                    struct inference *out);

#endif
