/* SPDX-License-Identifier: Apache-2.0 */
#include "command.h"
#include "flow_out.h"

#include "conf/options.h"
#include "model/anonymize.h"
#include "ship/batch_reader.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

struct flows_settings {
	const char *format, *output, *anonymize;
	bool help;
};

#define AT(field) offsetof(struct flows_settings, field)

static const struct option rows[] = {
        {"format", "NAME",
         "csv, jsonl, batch or parquet; else the output's ending chooses, and csv for standard "
         "output.",
         OPTION_TEXT, AT(format), 0, 0},
        {"output", "FILE",
         "Write here instead of to standard output. The file appears when it is "
         "whole.",
         OPTION_TEXT, AT(output), 0, 0},
        {"anonymize", "KEYFILE",
         "Change every address by Crypto-PAn, which keeps common prefixes common. The key file "
         "holds 32 bytes or 64 hexadecimal digits.",
         OPTION_TEXT, AT(anonymize), 0, 0},
        {"help", NULL, "Print this.", OPTION_FLAG, AT(help), 0, 0},
};

static const struct option_letter letters[] = {{'o', "output"}, {0}};

const struct option_table flows_options = {
        .command = "flows",
        .letters = letters,
        .synopsis = "[OPTION]... FILE...",
        .about = "Prints the flow rows of batch files, or converts them. A damaged frame is "
                 "reported, and what is whole is still read.",
        .rows = rows,
        .count = sizeof(rows) / sizeof(rows[0]),
};

/* Rows on their way from many frames to one writer. */
struct conversion {
	struct flow_sink sink;
	bool in_window; /* begun and not ended */
	unsigned long frames, failures;
};

static void complain(const struct trouble *t)
{
	char text[1024];

	trouble_print(t, text, sizeof(text));
	fprintf(stderr, "noroshi: %s\n", text);
}

static enum status end_window(struct conversion *c)
{
	if (!c->in_window)
		return STATUS_OK;
	c->in_window = false;
	return c->sink.end(c->sink.state);
}

/* The parts of one window become one window again. */
static enum status copy_frame(struct conversion *c, struct batch_reader *r,
                              const struct batch_frame *frame)
{
	const struct flow *row;
	enum status st = STATUS_OK;

	if (frame->part == 0 || !c->in_window) {
		st = end_window(c);
		if (!st)
			st = c->sink.begin(c->sink.state, &frame->window);
		c->in_window = true;
	}
	while (!st && (row = batch_reader_row(r)))
		st = c->sink.row(c->sink.state, row);
	if (!st && frame->flags & BATCH_LAST_PART)
		st = end_window(c);
	c->frames++;
	return st;
}

/* Damage is told and counted; only a failing output ends the work. */
static enum status copy_file(struct conversion *c, const char *path)
{
	const struct batch_frame *frame;
	struct batch_reader *r;
	struct trouble t;
	enum status st = STATUS_OK, read;

	if (batch_reader_open(&r, path, &t)) {
		complain(&t);
		c->failures++;
		return STATUS_OK;
	}
	while (!st && (read = batch_reader_next(r, &frame, &t)) != STATUS_END) {
		if (read == STATUS_OK) {
			st = copy_frame(c, r, frame);
		} else {
			complain(&t);
			c->failures++;
		}
	}
	if (!st)
		st = end_window(c);
	batch_reader_free(r);
	return st;
}

static enum status open_writer(const struct flows_settings *s, struct cryptopan *key,
                               struct flow_out *writer, struct flow_sink *sink, struct trouble *t)
{
	struct flow_writer_options o = {.map = key ? anonymize_cryptopan : NULL, .map_state = key};

	return flow_out_open(writer, s->output ? s->output : "-", s->format, &o, sink, t);
}

static enum status open_key(const struct flows_settings *s, struct cryptopan **key,
                            struct trouble *t)
{
	bool exposed = false;
	enum status st;

	if (!s->anonymize)
		return STATUS_OK;
	st = cryptopan_open(key, s->anonymize, &exposed, t);
	if (!st && exposed)
		fprintf(stderr,
		        "noroshi: warning: others than its owner may read the key file %s\n",
		        s->anonymize);
	return st;
}

static int convert(const struct flows_settings *s, const struct text_list *files)
{
	struct conversion c = {0};
	struct cryptopan *key = NULL;
	struct flow_out writer = {0};
	struct trouble t = {0};
	enum status st = open_key(s, &key, &t), finished;

	if (!st)
		st = open_writer(s, key, &writer, &c.sink, &t);
	if (st) {
		complain(&t);
		cryptopan_free(key);
		return st == STATUS_USAGE ? EXIT_USAGE : EXIT_NOTHING;
	}
	assert(c.sink.begin);
	for (size_t i = 0; i < files->count && !st; i++)
		st = copy_file(&c, files->items[i]);
	/* The commit knows best why a write failed; a file of nothing readable is not made. */
	if (c.frames || !c.failures) {
		finished = flow_out_commit(&writer, &t);
		if (finished)
			complain(&t);
		st = st ? st : finished;
	} else {
		flow_out_abandon(&writer);
	}
	cryptopan_free(key);
	return st || c.failures ? EXIT_NOTHING : 0;
}

static int run(int argc, char **argv)
{
	struct flows_settings settings = {0};
	struct text_list files = {0};
	struct trouble t = {0};
	int result = EXIT_USAGE;

	if (options_parse(&flows_options, argc, argv, &settings, &files, &t)) {
		complain(&t);
	} else if (settings.help) {
		options_help(&flows_options, stdout);
		result = 0;
	} else if (files.count == 0) {
		fputs("noroshi: flows needs a batch file; see --help\n", stderr);
	} else {
		result = convert(&settings, &files);
	}
	text_list_clear(&files);
	return result;
}

const struct command command_flows = {"flows", "print or convert flow rows of batch files", run};
