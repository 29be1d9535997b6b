/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counters, gauges and histograms for Prometheus, from one table (base/metrics.def).
 *
 * One struct metrics for a process, made by main and handed to whoever counts; a NULL counts
 * nowhere. Updates are atomic and never block; any thread. A counter is one event each, so a
 * figure that would need a name or address as its label is none of these.
 */
#ifndef BASE_METRICS_H
#define BASE_METRICS_H

#include "base/outfile.h"

#include <stdatomic.h>
#include <stdint.h>

enum metric {
#define COUNTER(id, name, labels, help) METRIC_##id,
#include "base/metrics.def"
#undef COUNTER
#define GAUGE(id, name, labels, help) METRIC_##id,
#include "base/metrics.def"
#undef GAUGE
	METRIC_COUNT
};

enum metric_histogram {
#define HISTOGRAM(id, name, help) METRIC_##id,
#include "base/metrics.def"
#undef HISTOGRAM
	METRIC_HISTOGRAMS
};

enum { METRICS_BUCKETS = 12 }; /* upper bounds 1 ms to 60 s, and all above */

struct metrics {
	_Atomic uint64_t value[METRIC_COUNT];
	struct {
		_Atomic uint64_t bucket[METRICS_BUCKETS];
		_Atomic uint64_t sum_us;
	} histogram[METRIC_HISTOGRAMS];
};

static inline void metrics_add(struct metrics *m, enum metric which, uint64_t n)
{
	if (m)
		atomic_fetch_add_explicit(&m->value[which], n, memory_order_relaxed);
}

/* A gauge only. */
static inline void metrics_take(struct metrics *m, enum metric which, uint64_t n)
{
	if (m)
		atomic_fetch_sub_explicit(&m->value[which], n, memory_order_relaxed);
}

/* A gauge only. */
static inline void metrics_set(struct metrics *m, enum metric which, uint64_t value)
{
	if (m)
		atomic_store_explicit(&m->value[which], value, memory_order_relaxed);
}

static inline uint64_t metrics_get(const struct metrics *m, enum metric which)
{
	return m ? atomic_load_explicit(&m->value[which], memory_order_relaxed) : 0;
}

/* Something took so long. */
void metrics_observe_us(struct metrics *m, enum metric_histogram which, uint64_t us);

/* All of them in Prometheus' text format 0.0.4. */
void metrics_print(const struct metrics *m, struct outfile *out);

#endif
