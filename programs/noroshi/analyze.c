/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze_options.h"
#include "command.h"
#include "flow_out.h"
#include "names.h"
#include "progress.h"

#include "aggregate/pipeline.h"
#include "base/outfile.h"
#include "base/timefmt.h"
#include "detect/conclude.h"
#include "model/anonymize.h"
#include "report/html.h"
#include "report/json.h"
#include "report/text.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Set by SIGINT, SIGTERM and the end of --seconds: what was read so far is reported. The one
 * mutable global of the program, because a signal handler has nothing else to reach. */
static atomic_bool stop;

/* Destinations are counted by this fixed key, so that a file gives the same bytes each time. */
enum { DESTINATION_KEY = 0x6e6f726f };

struct analyze {
	struct analyze_settings settings;
	struct text_list files;
	struct prefix_set monitored;
	struct cryptopan *cryptopan;
	struct flow_out flows;
	bool writes_flows;
	struct flow_sink sink;
	struct pipeline *pipeline;
	struct names *names;
	struct analysis analysis;
	struct progress progress;
	struct input *input;
	const char *reading;
	size_t readable;
};

static void on_signal(int number)
{
	(void)number;
	atomic_store(&stop, true);
}

static void complain(const struct trouble *t)
{
	char text[1024];

	trouble_print(t, text, sizeof(text));
	fprintf(stderr, "noroshi: %s\n", text);
}

static void tick(void *state)
{
	struct analyze *a = state;
	uint64_t done = 0, total = 0;

	if (a->input)
		input_progress(a->input, &done, &total);
	progress_draw(&a->progress, a->reading, done, total, pipeline_packets(a->pipeline));
}

static enum status parse_nets(struct analyze *a, struct trouble *t)
{
	for (size_t i = 0; i < a->settings.nets.count; i++) {
		struct prefix p;

		if (prefix_parse(a->settings.nets.items[i], &p))
			return trouble_set(
			        t, STATUS_USAGE, NULL, 0,
			        "--net: '%s' is no prefix like 198.18.0.0/16 or 2001:db8::/32 "
			        "(with no bits set behind its length)",
			        a->settings.nets.items[i]);
		if (prefix_set_add(&a->monitored, p))
			return STATUS_NO_MEMORY;
	}
	prefix_set_seal(&a->monitored);
	return STATUS_OK;
}

static enum status check_usage(const struct analyze *a, struct trouble *t)
{
	const struct analyze_settings *s = &a->settings;

	if (s->interface && a->files.count)
		return trouble_set(t, STATUS_USAGE, NULL, 0, "give files or --interface, not both");
	if (!s->interface && a->files.count == 0)
		return trouble_set(
		        t, STATUS_USAGE, NULL, 0,
		        "name a capture file, - for standard input, or --interface; see --help");
	if (!s->interface && (s->filter || s->seconds))
		return trouble_set(t, STATUS_USAGE, NULL, 0,
		                   "--filter and --seconds go with --interface");
	if (s->json && s->flows && strcmp(s->flows, "-") == 0)
		return trouble_set(t, STATUS_USAGE, NULL, 0,
		                   "--json and --flows - both want standard output");
	return STATUS_OK;
}

static unsigned default_threads(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n < 1 ? 1 : n > 4 ? 4 : (unsigned)n;
}

static enum status open_key(struct analyze *a, struct trouble *t)
{
	bool exposed = false;
	enum status st;

	if (!a->settings.anonymize)
		return STATUS_OK;
	st = cryptopan_open(&a->cryptopan, a->settings.anonymize, &exposed, t);
	if (!st && exposed)
		st = analysis_warn(&a->analysis, "others than its owner may read the key file %s",
		                   a->settings.anonymize);
	return st;
}

static enum status open_flows(struct analyze *a, struct trouble *t)
{
	struct flow_writer_options o = {
	        .map = a->cryptopan ? anonymize_cryptopan : NULL,
	        .map_state = a->cryptopan,
	};

	if (!a->settings.flows)
		return STATUS_OK;
	a->writes_flows = true;
	return flow_out_open(&a->flows, a->settings.flows, NULL, &o, &a->sink, t);
}

static enum status set_up(struct analyze *a, struct trouble *t)
{
	struct analyze_settings *s = &a->settings;
	struct pipeline_options o = {
	        .threads = (unsigned)(s->threads ? s->threads : default_threads()),
	        .memory = s->memory,
	        .destination_key = DESTINATION_KEY,
	        .tick = tick,
	        .tick_state = a,
	};
	enum status st = check_usage(a, t);

	if (!st)
		st = parse_nets(a, t);
	if (!st)
		st = open_key(a, t);
	if (!st)
		st = names_open(&a->names, s->geo, s->asn, &s->known, &a->analysis, t);
	if (!st)
		st = open_flows(a, t);
	if (st)
		return st;
	s->threads = o.threads;
	if (a->monitored.count) {
		o.monitored = &a->monitored;
		o.addresses = prefix_set_size_v4(&a->monitored);
	}
	o.sink = a->writes_flows ? &a->sink : NULL;
	st = pipeline_new(&a->pipeline, &o);
	return st ? trouble_set(t, st, NULL, 0, "%s", status_text(st)) : STATUS_OK;
}

static enum status add_file(struct analyze *a, const char *path, const struct pipeline_input *in)
{
	struct analysis *out = &a->analysis;
	struct file_report *files = reallocarray(out->files, out->file_count + 1, sizeof(*files));

	if (!files)
		return STATUS_NO_MEMORY;
	out->files = files;
	files[out->file_count] = (struct file_report){
	        .path = strdup(path),
	        .packets = in->packets,
	        .bytes = in->bytes,
	        .truncated = in->truncated,
	};
	if (!files[out->file_count].path)
		return STATUS_NO_MEMORY;
	out->file_count++;
	return STATUS_OK;
}

/* Trouble with one input: said at once, kept as a warning, the others go on. */
static enum status note_trouble(struct analyze *a, const struct trouble *t)
{
	char text[1024];

	progress_clear(&a->progress);
	trouble_print(t, text, sizeof(text));
	if (!a->settings.quiet)
		fprintf(stderr, "noroshi: %s\n", text);
	return analysis_warn(&a->analysis, "%s", text);
}

static enum status open_input(struct analyze *a, const char *path, struct trouble *t)
{
	struct input_options o = {
	        .workers = (unsigned)a->settings.threads,
	        .filter = a->settings.filter,
	        .stop = &stop,
	};

	if (a->settings.interface)
		return input_open_live(&a->input, path, &o, t);
	return input_open(&a->input, path, &o, t);
}

/* Whether an input stopped on purpose, which is no trouble. */
static bool was_stopped(const struct analyze *a)
{
	return atomic_load(&stop) && a->input;
}

/* The pipeline stopped: out of memory, or the flow file cannot be written. */
static enum status explain(const struct analyze *a, enum status st, struct trouble *t)
{
	const char *flows = a->settings.flows;

	if (!flows || st == STATUS_NO_MEMORY)
		return trouble_set(t, st, NULL, 0, "%s", status_text(st));
	return trouble_set(t, st, strcmp(flows, "-") == 0 ? "standard output" : flows, 0,
	                   "cannot write: %s", status_text(st));
}

/* Read one input. Only what makes going on pointless comes back as a failure. */
static enum status read_input(struct analyze *a, const char *path, struct trouble *t)
{
	struct trouble trouble = {0};
	struct pipeline_input in = {0};
	enum status st;

	a->reading = strcmp(path, "-") == 0 ? "standard input" : path;
	if (open_input(a, path, &trouble))
		return note_trouble(a, &trouble);
	st = pipeline_run(a->pipeline, a->input, &in, &trouble);
	if (st)
		st = explain(a, st, t);
	if (!st && in.readable) {
		a->readable++;
		a->analysis.truncated |= in.truncated && !was_stopped(a);
		a->analysis.dropped += input_dropped(a->input);
		st = add_file(a, a->reading, &in);
	}
	if (!st && trouble.text[0] && !was_stopped(a))
		st = note_trouble(a, &trouble);
	input_close(a->input);
	a->input = NULL;
	return st;
}

static enum status read_inputs(struct analyze *a, struct trouble *t)
{
	enum status st = STATUS_OK;

	if (a->settings.interface)
		return read_input(a, a->settings.interface, t);
	for (size_t i = 0; i < a->files.count && !st && !atomic_load(&stop); i++)
		st = read_input(a, a->files.items[i], t);
	return st;
}

static enum status conclude_all(struct analyze *a, struct trouble *t)
{
	struct conclude_options o = {
	        .monitored = a->monitored.count ? &a->monitored : NULL,
	        .top = a->settings.top,
	        .rsdos = a->settings.rsdos,
	        .threads = (unsigned)a->settings.threads,
	};
	enum status st = pipeline_finish(a->pipeline);

	if (st)
		return explain(a, st, t);
	st = conclude(a->pipeline, &o, &a->analysis);
	if (st)
		return trouble_set(t, st, NULL, 0, "%s", status_text(st));
	a->analysis.partial = atomic_load(&stop) && !a->settings.interface;
	names_add(a->names, &a->analysis);
	return STATUS_OK;
}

static struct text_style terminal_style(void)
{
	struct winsize size = {0};
	bool terminal = isatty(STDOUT_FILENO);

	if (!terminal || ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
		size.ws_col = 100;
	return (struct text_style){.colour = terminal && !getenv("NO_COLOR"), .width = size.ws_col};
}

static enum status write_report(struct analyze *a, const char *path,
                                enum status (*print)(const struct analysis *,
                                                     const struct report_options *,
                                                     struct outfile *),
                                struct trouble *t)
{
	struct report_options o = {
	        .map = a->cryptopan ? anonymize_cryptopan : NULL,
	        .map_state = a->cryptopan,
	        .text = terminal_style(),
	};
	struct outfile *out = NULL;
	enum status st = outfile_open(&out, path, t);

	if (st)
		return st;
	if (print(&a->analysis, &o, out) && outfile_status(out) == STATUS_OK) {
		outfile_abandon(out);
		return trouble_set(t, STATUS_NO_MEMORY, path, 0, "out of memory");
	}
	return outfile_commit(out, t);
}

static enum status write_all(struct analyze *a, struct trouble *t)
{
	const struct analyze_settings *s = &a->settings;
	enum status st = STATUS_OK;

	if (a->writes_flows)
		st = flow_out_commit(&a->flows, t);
	if (!st && s->html)
		st = write_report(a, s->html, report_html, t);
	if (!st && !(s->flows && strcmp(s->flows, "-") == 0))
		st = write_report(a, "-", s->json ? report_json : report_text, t);
	return st;
}

static int analyze(struct analyze *a)
{
	struct trouble t = {0};
	enum status st = set_up(a, &t);

	if (!st)
		st = read_inputs(a, &t);
	progress_clear(&a->progress);
	if (!st)
		st = conclude_all(a, &t);
	if (!st && a->readable == 0)
		return EXIT_NOTHING;
	if (!st)
		st = write_all(a, &t);
	if (st == STATUS_PIPE)
		return EXIT_NOTHING;
	if (st)
		complain(&t);
	return st == STATUS_USAGE ? EXIT_USAGE : st ? EXIT_NOTHING : 0;
}

static void clean_up(struct analyze *a)
{
	pipeline_free(a->pipeline);
	flow_out_abandon(&a->flows);
	input_close(a->input);
	names_free(a->names);
	cryptopan_free(a->cryptopan);
	prefix_set_clear(&a->monitored);
	analysis_clear(&a->analysis);
	text_list_clear(&a->files);
	text_list_clear(&a->settings.nets);
	text_list_clear(&a->settings.known);
}

/* The first signal asks for the report, the second ends the program. */
static void listen_to_signals(uint64_t seconds_ns)
{
	struct sigaction action = {.sa_handler = on_signal,
	                           .sa_flags = SA_RESTART | (int)SA_RESETHAND};

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGALRM, &action, NULL);
	if (seconds_ns)
		alarm((unsigned)((seconds_ns + NS_PER_SECOND - 1) / NS_PER_SECOND));
}

static int run(int argc, char **argv)
{
	struct analyze a = {
	        .settings = {.top = CONCLUDE_TOP_DEFAULT, .memory = PIPELINE_MEMORY_DEFAULT},
	};
	struct trouble t = {0};
	int status = EXIT_USAGE;

	if (options_parse(&analyze_options, argc, argv, &a.settings, &a.files, &t)) {
		complain(&t);
	} else if (a.settings.help) {
		options_help(&analyze_options, stdout);
		status = 0;
	} else {
		progress_init(&a.progress, !a.settings.quiet);
		listen_to_signals(a.settings.seconds);
		status = analyze(&a);
	}
	clean_up(&a);
	return status;
}

const struct command command_analyze = {
        "analyze", "read captures: who scans, with what, who is attacked", run};
