/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From counts to findings: turns what a finished pipeline counted into a struct analysis.
 *
 * Infers the monitored space where nobody named it, judges every source and vector, sums
 * kinds, tools and behaviours, ranks, and states the limits. Names (country, network,
 * operator) and files are the caller's to add. In an inferred space an address that never asked for
 * anything counts as inside: what it sends is an answer, not backscatter. The result does
 * not depend on the number of threads.
 */
#ifndef DETECT_CONCLUDE_H
#define DETECT_CONCLUDE_H

#include "aggregate/pipeline.h"
#include "model/analysis.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	CONCLUDE_TOP_DEFAULT = 100,
	CONCLUDE_PORTS = 1000, /* ports reported unless all are wanted */
};

struct conclude_options {
	const struct prefix_set *monitored; /* sealed; NULL: infer */
	uint64_t top; /* sources reported; UINT64_MAX: all sources and ports */
	bool rsdos;   /* the published rule for attacks instead of ours */
	unsigned threads;
};

/* *out must be zero but for what the caller added; analysis_clear() frees it. */
MUST_USE enum status conclude(struct pipeline *p, const struct conclude_options *o,
                              struct analysis *out);

#endif
