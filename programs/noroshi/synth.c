/* SPDX-License-Identifier: Apache-2.0 */
#include "command.h"

#include "base/outfile.h"
#include "base/timefmt.h"
#include "conf/options.h"
#include "synth/generator.h"
#include "synth/truth.h"

#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct settings {
	const char *output, *truth;
	uint64_t seed, duration_ns;
	bool help;
};

static const struct option rows[] = {
        {"output", "FILE", "The capture to write; - is standard output.", OPTION_TEXT,
         offsetof(struct settings, output), 0, 0},
        {"truth", "FILE", "Where the truth about the capture goes, as JSON.", OPTION_TEXT,
         offsetof(struct settings, truth), 0, 0},
        {"seed", "N", "Take this seed and not the scenario's.", OPTION_COUNT,
         offsetof(struct settings, seed), 0, UINT64_MAX - 1},
        {"duration", "TIME",
         "Let the scenario last that long. Rates stay; counts of hits stay too.", OPTION_DURATION,
         offsetof(struct settings, duration_ns), NS_PER_SECOND, 366 * 86400 * NS_PER_SECOND},
        {"help", NULL, "Show this text.", OPTION_FLAG, offsetof(struct settings, help), 0, 0},
};

static const struct option_letter letters[] = {{'o', "output"}, {0}};

const struct option_table synth_options = {
        .command = "synth",
        .synopsis = "-o FILE [OPTION]... SCENARIO",
        .about = "Writes a labelled capture of darknet traffic from a scenario file, and the "
                 "truth about it. The same scenario and seed give the same bytes.",
        .rows = rows,
        .count = sizeof(rows) / sizeof(rows[0]),
        .letters = letters,
};

/* Only a signal handler writes it. */
static volatile sig_atomic_t stopped;

static void on_signal(int number)
{
	(void)number;
	stopped = 1;
}

static void catch_signals(void)
{
	struct sigaction action = {.sa_handler = on_signal};

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

struct meter {
	bool shown;
	time_t last;
};

static bool show_progress(void *context, uint64_t packets, double share)
{
	struct meter *meter = context;
	time_t now = time(NULL);

	if (meter->shown && now != meter->last) {
		fprintf(stderr, "\r%3.0f %%  %.1f million packets ", share * 100,
		        (double)packets / 1e6);
		meter->last = now;
	}
	return !stopped;
}

static enum status write_truth(const struct generator *g, const char *path, struct trouble *t)
{
	struct outfile *out;
	enum status st;

	if (!path)
		return STATUS_OK;
	st = outfile_open(&out, path, t);
	if (st)
		return st;
	truth_write(g, out);
	return outfile_commit(out, t);
}

/* The capture and its truth; the capture takes its name first. */
static enum status generate(const struct scenario *scenario, const struct settings *set,
                            struct trouble *t)
{
	struct meter meter = {.shown = isatty(STDERR_FILENO)};
	struct progress progress = {show_progress, &meter};
	struct generator g = {0};
	struct outfile *out = NULL;
	enum status st = outfile_open(&out, set->output, t);

	if (st)
		return st;
	st = generator_init(&g, scenario, t);
	if (!st)
		st = generator_run(&g, out, &progress, t);
	if (meter.shown)
		fputs("\r\033[K", stderr);
	if (st) {
		outfile_abandon(out);
		goto out;
	}
	st = outfile_commit(out, t);
	if (!st)
		st = write_truth(&g, set->truth, t);
	if (!st && g.dropped_retransmissions)
		fprintf(stderr,
		        "noroshi synth: %llu retransmissions were left out: too many waited\n",
		        (unsigned long long)g.dropped_retransmissions);
	if (!st && meter.shown)
		fprintf(stderr, "%llu packets in %s\n", (unsigned long long)g.packets, set->output);
out:
	generator_clear(&g);
	return st;
}

static int complain(const struct trouble *t)
{
	char text[1024];

	trouble_print(t, text, sizeof(text));
	fprintf(stderr, "noroshi synth: %s\n", text);
	return t->status == STATUS_USAGE || t->status == STATUS_FORMAT || t->status == STATUS_LIMIT
	               ? EXIT_USAGE
	               : EXIT_NOTHING;
}

static enum status check_usage(const struct settings *set, const struct text_list *operands,
                               struct trouble *t)
{
	if (operands->count != 1)
		return trouble_set(t, STATUS_USAGE, NULL, 0, "give one scenario file; see --help");
	if (!set->output)
		return trouble_set(t, STATUS_USAGE, NULL, 0, "give --output FILE; see --help");
	if (set->truth && strcmp(set->truth, "-") == 0 && strcmp(set->output, "-") == 0)
		return trouble_set(t, STATUS_USAGE, NULL, 0,
		                   "the capture and the truth cannot both go to standard output");
	return STATUS_OK;
}

static int run(int argc, char **argv)
{
	struct settings set = {.seed = UINT64_MAX};
	struct text_list operands = {0};
	struct scenario scenario = {0};
	struct trouble t = {0};
	enum status st = options_parse(&synth_options, argc, argv, &set, &operands, &t);

	if (!st && set.help) {
		options_help(&synth_options, stdout);
		text_list_clear(&operands);
		return 0;
	}
	if (!st)
		st = check_usage(&set, &operands, &t);
	if (!st)
		st = scenario_read(&scenario, operands.items[0],
		                   set.seed == UINT64_MAX ? NULL : &set.seed, set.duration_ns, &t);
	if (!st) {
		catch_signals();
		st = generate(&scenario, &set, &t);
	}
	scenario_clear(&scenario);
	text_list_clear(&operands);
	return st ? complain(&t) : 0;
}

const struct command command_synth = {
        "synth", "write a labelled capture from a scenario, with the truth about it", run};
