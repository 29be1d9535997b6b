/* SPDX-License-Identifier: Apache-2.0 */
/* Captures through the pipeline; batch files merged by the time of their windows. */
#include "detect_options.h"

#include "aggregate/pipeline.h"
#include "ship/batch_reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As in analyze: a file gives the same rows each time. */
enum { DESTINATION_KEY = 0x6e6f726f };

struct batch_file {
	struct batch_reader *reader; /* NULL: ended */
	const struct batch_frame *frame;
};

static void complain(const struct trouble *t, unsigned *failures)
{
	char text[1024];

	trouble_print(t, text, sizeof(text));
	fprintf(stderr, "noroshi: %s\n", text);
	++*failures;
}

static bool is_batch(const char *path)
{
	uint8_t head[BATCH_FILE_HEADER_BYTES];
	FILE *file = strcmp(path, "-") == 0 ? NULL : fopen(path, "rb");
	size_t n = file ? fread(head, 1, sizeof(head), file) : 0;

	if (file)
		fclose(file);
	return n == sizeof(head) && memcmp(head, BATCH_FILE_MAGIC, 8) == 0;
}

/* The next frame that counts; provisional ones are replaced by their windows. */
static void advance(struct batch_file *f, unsigned *failures)
{
	struct trouble t = {0};
	enum status st;

	while ((st = batch_reader_next(f->reader, &f->frame, &t)) != STATUS_END) {
		if (st)
			complain(&t, failures);
		else if (!(f->frame->flags & (BATCH_PROVISIONAL | BATCH_ROWS_LOST)))
			return;
	}
	batch_reader_free(f->reader);
	f->reader = NULL;
}

/* All parts of one window. */
static enum status feed_window(struct batch_file *f, const struct flow_sink *sink,
                               unsigned *failures)
{
	struct batch_frame first = *f->frame;
	enum status st = sink->begin(sink->state, &first.window);
	bool last;

	do {
		const struct flow *row;

		last = f->frame->flags & BATCH_LAST_PART;
		while (!st && (row = batch_reader_row(f->reader)))
			st = sink->row(sink->state, row);
		advance(f, failures);
	} while (!st && !last && f->reader && f->frame->part > 0 &&
	         f->frame->window.start_s == first.window.start_s &&
	         f->frame->sequence >= first.sequence);
	return st ? st : sink->end(sink->state);
}

static enum status merge(struct batch_file *files, size_t count, const struct flow_sink *sink,
                         uint64_t from_s, unsigned *failures)
{
	for (;;) {
		struct batch_file *next = NULL;
		enum status st;

		for (size_t i = 0; i < count; i++) {
			if (files[i].reader &&
			    (!next || files[i].frame->window.start_s < next->frame->window.start_s))
				next = &files[i];
		}
		if (!next)
			return STATUS_OK;
		if (next->frame->window.start_s < from_s) {
			advance(next, failures);
			continue;
		}
		st = feed_window(next, sink, failures);
		if (st)
			return st;
	}
}

static enum status read_batches(struct lookout *l, const struct text_list *paths,
                                unsigned *failures)
{
	struct batch_file *files = calloc(paths->count, sizeof(*files));
	struct flow_sink sink = lookout_sink(l);
	struct trouble t = {0};
	enum status st;

	if (!files)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < paths->count; i++) {
		if (batch_reader_open(&files[i].reader, paths->items[i], &t)) {
			files[i].reader = NULL;
			complain(&t, failures);
		} else {
			advance(&files[i], failures);
		}
	}
	st = merge(files, paths->count, &sink, lookout_resume_s(l), failures);
	for (size_t i = 0; i < paths->count; i++)
		batch_reader_free(files[i].reader);
	free(files);
	return st;
}

static enum status read_capture(struct pipeline *p, const struct detect_options_set *set,
                                const char *path, unsigned *failures)
{
	struct input_options o = {.workers = (unsigned)set->threads};
	struct pipeline_input result = {0};
	struct trouble t = {0};
	struct input *in = NULL;
	enum status st;

	if (input_open(&in, path, &o, &t)) {
		complain(&t, failures);
		return STATUS_OK;
	}
	st = pipeline_run(p, in, &result, &t);
	if (!st && (t.text[0] || !result.readable))
		complain(&t, failures);
	input_close(in);
	return st;
}

static enum status parse_nets(const struct text_list *nets, struct prefix_set *set,
                              struct trouble *t)
{
	for (size_t i = 0; i < nets->count; i++) {
		struct prefix p;

		if (prefix_parse(nets->items[i], &p))
			return trouble_set(t, STATUS_USAGE, NULL, 0, "--net: '%s' is no prefix",
			                   nets->items[i]);
		if (prefix_set_add(set, p))
			return trouble_set(t, STATUS_NO_MEMORY, NULL, 0, "out of memory");
	}
	prefix_set_seal(set);
	return STATUS_OK;
}

static enum status read_captures(struct lookout *l, const struct detect_options_set *set,
                                 const struct text_list *paths, unsigned *failures,
                                 struct trouble *t)
{
	struct flow_sink sink = lookout_sink(l);
	struct prefix_set nets = {0};
	struct pipeline_options o = {.threads = (unsigned)set->threads,
	                             .memory = PIPELINE_MEMORY_DEFAULT,
	                             .sink = &sink,
	                             .destination_key = DESTINATION_KEY};
	struct pipeline *p = NULL;
	enum status st = parse_nets(&set->nets, &nets, t), finished;

	if (!st && nets.count) {
		o.monitored = &nets;
		o.addresses = prefix_set_size_v4(&nets);
	}
	if (!st)
		st = pipeline_new(&p, &o);
	for (size_t i = 0; i < paths->count && !st; i++)
		st = read_capture(p, set, paths->items[i], failures);
	if (p) {
		finished = pipeline_finish(p);
		st = st ? st : finished;
	}
	pipeline_free(p);
	prefix_set_clear(&nets);
	return st;
}

enum status detect_read(struct lookout *l, const struct detect_options_set *set,
                        const struct text_list *files, unsigned *failures, struct trouble *t)
{
	size_t batches = 0;
	enum status st;

	for (size_t i = 0; i < files->count; i++)
		batches += is_batch(files->items[i]);
	if (batches && batches < files->count)
		return trouble_set(t, STATUS_USAGE, NULL, 0,
		                   "give captures or batch files, not both at once");
	st = batches ? read_batches(l, files, failures) : read_captures(l, set, files, failures, t);
	return st && !t->text[0] ? trouble_set(t, st, NULL, 0, "%s", status_text(st)) : st;
}
