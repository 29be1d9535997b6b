/* SPDX-License-Identifier: Apache-2.0 */
#include "ship/flow_writer.h"

#include "base/outfile.h"
#include "ship/batch_encode.h"
#include "ship/flow_text.h"
#include "ship/line_out.h"

#include <stdlib.h>
#include <string.h>

struct flow_writer {
	struct outfile *file;
	struct line_out *lines;
	struct flow_text text;
	struct batch_encoder *encoder;
	struct flow_sink batch; /* the encoder's */
	struct flow_writer_options options;
	struct addr source, mapped; /* the last source, before and after the map */
};

static bool ends_in(const char *path, size_t length, const char *ending)
{
	size_t n = strlen(ending);

	return length > n && memcmp(path + length - n, ending, n) == 0;
}

enum status flow_format_of(const char *path, enum flow_format *format, bool *zstd,
                           struct trouble *t)
{
	static const struct {
		const char *ending;
		enum flow_format format;
	} endings[] = {
	        {".csv", FLOW_FORMAT_CSV},      {".jsonl", FLOW_FORMAT_JSONL},
	        {".ndjson", FLOW_FORMAT_JSONL}, {".json", FLOW_FORMAT_JSONL},
	        {".batch", FLOW_FORMAT_BATCH},
	};
	size_t length = strlen(path);

	*format = FLOW_FORMAT_CSV;
	*zstd = ends_in(path, length, ".zst");
	if (strcmp(path, "-") == 0)
		return STATUS_OK;
	if (*zstd)
		length -= strlen(".zst");
	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		*format = endings[i].format;
		if (ends_in(path, length, endings[i].ending) &&
		    !(*zstd && *format == FLOW_FORMAT_BATCH))
			return STATUS_OK;
	}
	return trouble_set(
	        t, STATUS_USAGE, path, 0,
	        "flow files end in .csv, .jsonl, .csv.zst, .jsonl.zst, .batch or .parquet");
}

enum status flow_format_parse(const char *name, enum flow_format *format)
{
	static const char *const names[] = {[FLOW_FORMAT_CSV] = "csv",
	                                    [FLOW_FORMAT_JSONL] = "jsonl",
	                                    [FLOW_FORMAT_BATCH] = "batch"};

	for (int i = FLOW_FORMAT_CSV; i <= FLOW_FORMAT_BATCH; i++) {
		if (strcmp(name, names[i]) == 0) {
			*format = (enum flow_format)i;
			return STATUS_OK;
		}
	}
	return STATUS_USAGE;
}

static enum status text_begin(void *state, const struct window_header *header)
{
	struct flow_writer *w = state;

	flow_text_window(&w->text, header);
	return outfile_status(w->file);
}

/* The row as it may go out: the source through the map, once for a run of rows. */
static const struct flow *mapped(struct flow_writer *w, const struct flow *row, struct flow *copy)
{
	if (!w->options.map)
		return row;
	if (addr_compare(&row->source, &w->source) != 0) {
		w->source = row->source;
		w->options.map(w->options.map_state, &w->source, &w->mapped);
	}
	*copy = *row;
	copy->source = w->mapped;
	return copy;
}

static enum status text_row(void *state, const struct flow *row)
{
	struct flow_writer *w = state;
	char line[FLOW_TEXT_LINE_MAX];
	struct flow copy;
	size_t n = flow_text_row(&w->text, mapped(w, row, &copy), line);

	return line_out_write(w->lines, line, n);
}

static enum status text_end(void *state)
{
	struct flow_writer *w = state;

	return outfile_status(w->file);
}

static enum status open_text(struct flow_writer *w, bool json, bool zstd, struct flow_sink *sink,
                             struct trouble *t)
{
	enum status st = line_out_new(&w->lines, w->file, zstd, t);
	const char *header;

	if (st)
		return st;
	flow_text_init(&w->text, json);
	header = flow_text_header(&w->text);
	*sink = (struct flow_sink){
	        .state = w, .begin = text_begin, .row = text_row, .end = text_end};
	return line_out_write(w->lines, header, strlen(header));
}

static enum status batch_begin(void *state, const struct window_header *header)
{
	struct flow_writer *w = state;

	return w->batch.begin(w->batch.state, header);
}

static enum status batch_row(void *state, const struct flow *row)
{
	struct flow_writer *w = state;
	struct flow copy;

	return w->batch.row(w->batch.state, mapped(w, row, &copy));
}

static enum status batch_end(void *state)
{
	struct flow_writer *w = state;

	return w->batch.end(w->batch.state);
}

static enum status write_frame(void *state, const void *frame, size_t n)
{
	struct flow_writer *w = state;

	outfile_write(w->file, frame, n);
	return outfile_status(w->file);
}

static enum status open_batch(struct flow_writer *w, struct flow_sink *sink, struct trouble *t)
{
	struct batch_encode_options options = {
	        .emit = write_frame,
	        .state = w,
	        .boot_id = w->options.boot_id,
	        .sequence = w->options.sequence,
	};
	uint8_t header[BATCH_FILE_HEADER_BYTES];
	enum status st = batch_encoder_new(&w->encoder, &options, &w->batch);

	if (st)
		return trouble_set(t, st, NULL, 0, "out of memory");
	batch_file_header_put(header);
	outfile_write(w->file, header, sizeof(header));
	*sink = (struct flow_sink){
	        .state = w, .begin = batch_begin, .row = batch_row, .end = batch_end};
	return STATUS_OK;
}

static struct flow_writer *new_writer(const struct flow_writer_options *options)
{
	struct flow_writer *w = calloc(1, sizeof(*w));

	if (w && options)
		w->options = *options;
	if (w && w->options.map)
		w->options.map(w->options.map_state, &w->source, &w->mapped);
	return w;
}

enum status flow_writer_open(struct flow_writer **out, const char *path,
                             const struct flow_writer_options *options, struct flow_sink *sink,
                             struct trouble *t)
{
	enum flow_format format;
	struct flow_writer *w;
	bool zstd;
	enum status st = flow_format_of(path, &format, &zstd, t);

	*out = NULL;
	if (options && options->format)
		format = options->format;
	else if (st)
		return st;
	w = new_writer(options);
	if (!w)
		return trouble_set(t, STATUS_NO_MEMORY, path, 0, "out of memory");
	st = outfile_open(&w->file, path, t);
	if (!st && format == FLOW_FORMAT_BATCH)
		st = open_batch(w, sink, t);
	else if (!st)
		st = open_text(w, format == FLOW_FORMAT_JSONL, zstd, sink, t);
	if (st)
		flow_writer_abandon(w);
	else
		*out = w;
	return st;
}

enum status flow_writer_commit(struct flow_writer *w, struct trouble *t)
{
	enum status st = w->lines ? line_out_finish(w->lines) : STATUS_OK;

	/* A write that failed is told best by the commit, which knows errno. */
	if (st == STATUS_NO_MEMORY) {
		trouble_set(t, st, NULL, 0, "out of memory");
	} else {
		st = outfile_commit(w->file, t);
		w->file = NULL;
	}
	flow_writer_abandon(w);
	return st;
}

void flow_writer_abandon(struct flow_writer *w)
{
	if (!w)
		return;
	line_out_free(w->lines);
	batch_encoder_free(w->encoder);
	outfile_abandon(w->file);
	free(w);
}
