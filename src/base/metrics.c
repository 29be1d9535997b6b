/* SPDX-License-Identifier: Apache-2.0 */
#include "base/metrics.h"

#include <inttypes.h>
#include <string.h>

struct row {
	const char *name, *labels, *help, *type;
};

static const struct row rows[METRIC_COUNT] = {
#define COUNTER(id, name, labels, help) {name, labels, help, "counter"},
#include "base/metrics.def"
#undef COUNTER
#define GAUGE(id, name, labels, help) {name, labels, help, "gauge"},
#include "base/metrics.def"
#undef GAUGE
};

static const struct row histograms[METRIC_HISTOGRAMS] = {
#define HISTOGRAM(id, name, help) {name, "", help, "histogram"},
#include "base/metrics.def"
#undef HISTOGRAM
};

static const uint64_t bounds_us[METRICS_BUCKETS - 1] = {
        1000, 2500, 5000, 10000, 25000, 100000, 250000, 1000000, 5000000, 10000000, 60000000,
};

void metrics_observe_us(struct metrics *m, enum metric_histogram which, uint64_t us)
{
	int i = 0;

	if (!m)
		return;
	while (i < METRICS_BUCKETS - 1 && us > bounds_us[i])
		i++;
	atomic_fetch_add_explicit(&m->histogram[which].bucket[i], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&m->histogram[which].sum_us, us, memory_order_relaxed);
}

static void print_head(const struct row *row, struct outfile *out)
{
	outfile_printf(out, "# HELP %s %s\n# TYPE %s %s\n", row->name, row->help, row->name,
	               row->type);
}

static void print_histogram(const struct metrics *m, int which, struct outfile *out)
{
	const char *name = histograms[which].name;
	uint64_t count = 0;

	print_head(&histograms[which], out);
	for (int i = 0; i < METRICS_BUCKETS; i++) {
		count += atomic_load_explicit(&m->histogram[which].bucket[i], memory_order_relaxed);
		if (i < METRICS_BUCKETS - 1)
			outfile_printf(out, "%s_bucket{le=\"%g\"} %" PRIu64 "\n", name,
			               (double)bounds_us[i] / 1e6, count);
	}
	outfile_printf(out, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n", name, count);
	outfile_printf(
	        out, "%s_sum %.6f\n%s_count %" PRIu64 "\n", name,
	        (double)atomic_load_explicit(&m->histogram[which].sum_us, memory_order_relaxed) /
	                1e6,
	        name, count);
}

void metrics_print(const struct metrics *m, struct outfile *out)
{
	for (int i = 0; i < METRIC_COUNT; i++) {
		const struct row *row = &rows[i];
		const char *open = row->labels[0] ? "{" : "", *close = row->labels[0] ? "}" : "";

		if (i == 0 || strcmp(row->name, rows[i - 1].name) != 0)
			print_head(row, out);
		outfile_printf(out, "%s%s%s%s %" PRIu64 "\n", row->name, open, row->labels, close,
		               metrics_get(m, (enum metric)i));
	}
	for (int i = 0; i < METRIC_HISTOGRAMS; i++)
		print_histogram(m, i, out);
}
