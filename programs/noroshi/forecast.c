/* SPDX-License-Identifier: Apache-2.0 */
#include "command.h"
#include "progress.h"

#include "forecast/evaluation.h"
#include "report/evaluation.h"

#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { TRAIN_DEFAULT = 50, KEYS_DEFAULT = 20, LIST_DEFAULT = 100, WIDTH_DEFAULT = 100 };

#define MEMORY_MIN     UINT64_C(1048576)
#define MEMORY_DEFAULT UINT64_C(1073741824)
#define MEMORY_MAX     UINT64_C(1099511627776)

struct forecast_settings {
	const char *file, *columns, *format, *step, *output;
	uint64_t train, keys, list, memory;
	bool json, quiet, help;
};

#define AT(field) offsetof(struct forecast_settings, field)

static const struct option rows[] = {
        {"backtest", "FILE",
         "The log to learn from and to be tried on: plain, gzip or zstd; - is standard input.",
         OPTION_TEXT, AT(file), 0, 0},
        {"columns", "MAP",
         "Which column holds what: time=NAME,source=NAME,sensor=NAME,proto=NAME,port=NAME and, "
         "where there are such, type, code (ICMP), count, country. #N is the Nth column, @TEXT a "
         "constant. What is not named is found by its usual names.",
         OPTION_TEXT, AT(columns), 0, 0},
        {"format", "NAME", "csv, flowtuple, corsaro or dshield; else the first line tells.",
         OPTION_TEXT, AT(format), 0, 0},
        {"step", "NAME", "day (the default) or hour: what one forecast is about.", OPTION_TEXT,
         AT(step), 0, 0},
        {"train", "PERCENT", "Share of the time that is for training (50).", OPTION_COUNT,
         AT(train), 10, 90},
        {"ports", "N", "As many ports and countries, the busiest of the training days (20).",
         OPTION_COUNT, AT(keys), 1, 1000},
        {"list", "N", "Sources on a block list (100).", OPTION_COUNT, AT(list), 1, 100000},
        {"memory", "SIZE", "Budget for what was read (1G).", OPTION_SIZE, AT(memory), MEMORY_MIN,
         MEMORY_MAX},
        {"json", NULL, "Print JSON.", OPTION_FLAG, AT(json), 0, 0},
        {"output", "FILE", "Write here instead of to standard output.", OPTION_TEXT, AT(output), 0,
         0},
        {"quiet", NULL, "No line of progress.", OPTION_FLAG, AT(quiet), 0, 0},
        {"help", NULL, "Print this.", OPTION_FLAG, AT(help), 0, 0},
};

static const struct option_letter letters[] = {{'o', "output"}, {0}};

const struct option_table forecast_options = {
        .command = "forecast",
        .letters = letters,
        .synopsis = "--backtest FILE [OPTION]...",
        .about = "Tries the forecasts on a log of the past, step by step, and says how often they "
                 "were right: counts per sensor, port and country, and who comes next.",
        .rows = rows,
        .count = sizeof(rows) / sizeof(rows[0]),
};

static int complain(const struct trouble *t)
{
	char text[1024];

	trouble_print(t, text, sizeof(text));
	fprintf(stderr, "noroshi: %s\n", text);
	return t->status == STATUS_USAGE ? EXIT_USAGE : EXIT_NOTHING;
}

struct meter {
	struct progress progress;
	const char *file;
};

static void show(void *state, uint64_t done, uint64_t total, uint64_t rows_read)
{
	struct meter *m = state;

	progress_draw(&m->progress, m->file, done, total, rows_read);
}

static struct text_style style_of(const char *output)
{
	struct winsize size = {.ws_col = WIDTH_DEFAULT};
	bool terminal = strcmp(output, "-") == 0 && isatty(STDOUT_FILENO);

	if (!terminal || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
		size.ws_col = WIDTH_DEFAULT;
	return (struct text_style){.colour = terminal && !getenv("NO_COLOR"), .width = size.ws_col};
}

static enum status print(const struct forecast_settings *s, const struct evaluation *e,
                         struct trouble *t)
{
	const char *path = s->output ? s->output : "-";
	const char *slash = strrchr(s->file, '/'), *name = slash ? slash + 1 : s->file;
	struct outfile *out = NULL;
	enum status st = outfile_open(&out, path, t);

	if (st)
		return st;
	st = s->json ? evaluation_json(e, name, NULL, out)
	             : evaluation_text(e, name, style_of(path), out);
	if (st && outfile_status(out) == STATUS_OK) {
		outfile_abandon(out);
		return trouble_set(t, st, path, 0, "%s", status_text(st));
	}
	return outfile_commit(out, t); /* knows best why a write failed */
}

static enum status check(const struct forecast_settings *s, struct history_options *h,
                         struct evaluation_options *e, struct trouble *t)
{
	if (!s->file)
		return trouble_set(t, STATUS_USAGE, NULL, 0,
		                   "forecast needs --backtest FILE; see --help");
	if (s->step && strcmp(s->step, "day") != 0 && strcmp(s->step, "hour") != 0)
		return trouble_set(t, STATUS_USAGE, NULL, 0, "--step: '%s' is neither day nor hour",
		                   s->step);
	if (s->format && s->columns && strcmp(s->format, "csv") != 0)
		return trouble_set(t, STATUS_USAGE, NULL, 0,
		                   "--columns is for csv: %s has columns of its own", s->format);
	h->map = s->columns;
	h->format = s->format ? history_format_find(s->format) : NULL;
	if (s->format && !h->format)
		return trouble_set(t, STATUS_USAGE, NULL, 0,
		                   "--format: '%s' is none of csv, flowtuple, corsaro, dshield",
		                   s->format);
	*e = (struct evaluation_options){
	        .step_s = s->step && strcmp(s->step, "hour") == 0 ? 3600 : 86400,
	        .train_percent = (unsigned)s->train,
	        .keys = (size_t)s->keys,
	        .list_length = (unsigned)s->list,
	        .memory = s->memory,
	};
	return STATUS_OK;
}

static int backtest(const struct forecast_settings *s)
{
	struct meter meter = {.file = s->file};
	struct history_options read = {.progress = show, .progress_state = &meter};
	struct evaluation_options options;
	struct evaluation e = {0};
	struct history h;
	struct trouble t = {0};
	enum status st = check(s, &read, &options, &t);

	history_init(&h, s->memory);
	progress_init(&meter.progress, !s->quiet);
	meter.progress.noun = "rows";
	if (!st)
		st = history_read(&h, s->file, &read, &t);
	progress_clear(&meter.progress);
	if (!st) {
		history_seal(&h);
		st = evaluation_run(&e, &h, &options, &t);
	}
	if (!st)
		st = print(s, &e, &t);
	evaluation_clear(&e);
	history_clear(&h);
	return st ? complain(&t) : 0;
}

static int run(int argc, char **argv)
{
	struct forecast_settings settings = {.train = TRAIN_DEFAULT,
	                                     .keys = KEYS_DEFAULT,
	                                     .list = LIST_DEFAULT,
	                                     .memory = MEMORY_DEFAULT};
	struct text_list operands = {0};
	struct trouble t = {0};
	int result = EXIT_USAGE;

	if (options_parse(&forecast_options, argc, argv, &settings, &operands, &t)) {
		complain(&t);
	} else if (settings.help) {
		options_help(&forecast_options, stdout);
		result = 0;
	} else if (operands.count) {
		fprintf(stderr, "noroshi: forecast takes no operand: '%s'; see --help\n",
		        operands.items[0]);
	} else {
		result = backtest(&settings);
	}
	text_list_clear(&operands);
	return result;
}

const struct command command_forecast = {
        "forecast", "try the forecasts on a log, and say how good they are", run};
