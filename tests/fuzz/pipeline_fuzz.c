/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a capture, through the whole engine: two threads, windows, sources, conclusions,
 * reports. What must hold for every input is checked: each packet counted once, each in one flow
 * row, and the same report from one thread. The first byte chooses the options.
 */
#include "base/hash.h"
#include "base/outfile.h"
#include "detect/conclude.h"
#include "report/html.h"
#include "report/json.h"
#include "report/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MONITORED = 1, FLOWS = 2, RSDOS = 4, ALL_REPORTS = 8, ALL_SOURCES = 16 };

static uint64_t rows_packets;

static enum status take_begin(void *state, const struct window_header *header)
{
	(void)state;
	return header->span_s ? STATUS_OK : STATUS_FORMAT;
}

static enum status take_row(void *state, const struct flow *row)
{
	uint64_t *packets = state;

	*packets += row->packets;
	return STATUS_OK;
}

static enum status take_end(void *state)
{
	(void)state;
	return STATUS_OK;
}

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* Kinds and skipped records together are all records. */
static void check_sums(const struct analysis *a, uint8_t options)
{
	uint64_t kinds = 0, skipped = 0;

	for (int i = 0; i < KIND_COUNT; i++)
		kinds += a->kinds[i];
	for (int i = 0; i < SKIP_COUNT; i++)
		skipped += i == SKIP_RECORD ? 0 : a->skipped[i];
	must(kinds + skipped == a->packets);
	must(!(options & FLOWS) || rows_packets == kinds);
	for (size_t i = 0; i < a->source_count; i++)
		must(a->sources[i].facts.packets > 0 &&
		     a->sources[i].facts.first_ns <= a->sources[i].facts.last_ns);
}

static void print(const struct analysis *a, uint8_t options)
{
	struct report_options o = {.text = {.width = 80}};
	struct outfile *out = NULL;

	must(outfile_open(&out, "/dev/null", NULL) == STATUS_OK);
	must(report_json(a, &o, out) == STATUS_OK);
	if (options & ALL_REPORTS) {
		must(report_html(a, &o, out) == STATUS_OK);
		must(report_text(a, &o, out) == STATUS_OK);
	}
	must(outfile_commit(out, NULL) == STATUS_OK);
}

/* What was found, as one number. */
static uint64_t digest(const struct analysis *a)
{
	uint64_t d = a->packets;

	for (int i = 0; i < KIND_COUNT; i++)
		d = hash_u64(d ^ a->kinds[i], 1);
	for (size_t i = 0; i < a->source_count; i++) {
		const struct source *f = &a->sources[i].facts;

		for (size_t k = 0; k < sizeof(f->address); k++)
			d = hash_u64(d ^ f->address.b[k], 2);
		d = hash_u64(d ^ f->packets ^ f->first_ns ^ f->bytes << 32, f->last_ns);
		d = hash_u64(d ^ f->signs ^ (uint64_t)a->sources[i].verdict.tool << 32, f->ports);
	}
	for (size_t i = 0; i < a->port_count; i++)
		d = hash_u64(d ^ a->ports[i].packets ^ a->ports[i].sources << 32, a->ports[i].port);
	for (size_t i = 0; i < a->attack_count; i++)
		d = hash_u64(d ^ a->attacks[i].packets, a->attacks[i].start_ns);
	return hash_u64(d ^ a->telescope.count, a->warning_count);
}

static uint64_t analyze(const char *path, unsigned threads, uint8_t options,
                        const struct prefix_set *net)
{
	struct flow_sink sink = {&rows_packets, take_begin, take_row, take_end};
	struct pipeline_options po = {.threads = threads,
	                              .memory = PIPELINE_MEMORY_MIN,
	                              .monitored = options & MONITORED ? net : NULL,
	                              .sink = options & FLOWS ? &sink : NULL};
	struct conclude_options co = {.monitored = po.monitored,
	                              .top = options & ALL_SOURCES ? UINT64_MAX : 3,
	                              .rsdos = options & RSDOS,
	                              .threads = threads};
	struct input_options io = {.workers = threads};
	struct pipeline_input result;
	struct pipeline *p = NULL;
	struct input *in = NULL;
	struct analysis a = {0};
	struct trouble t = {0};
	uint64_t found;

	rows_packets = 0;
	if (input_open(&in, path, &io, &t))
		return 0;
	must(pipeline_new(&p, &po) == STATUS_OK);
	must(pipeline_run(p, in, &result, &t) == STATUS_OK);
	input_close(in);
	must(pipeline_finish(p) == STATUS_OK);
	must(conclude(p, &co, &a) == STATUS_OK);
	check_sums(&a, options);
	print(&a, options);
	found = digest(&a);
	analysis_clear(&a);
	pipeline_free(p);
	return found;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct addr base = addr_v4(0x2d2d0000);
	struct prefix_set net = {0};
	char path[64];

	must(fd >= 0);
	if (size > 1)
		must(write(fd, data + 1, size - 1) == (ssize_t)size - 1);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	must(prefix_set_add(&net, prefix_of(&base, 112)) == STATUS_OK);
	prefix_set_seal(&net);
	if (size > 0)
		must(analyze(path, 2, data[0], &net) == analyze(path, 1, data[0], &net));
	prefix_set_clear(&net);
	close(fd);
	return 0;
}
