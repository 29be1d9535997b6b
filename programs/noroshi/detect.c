/* SPDX-License-Identifier: Apache-2.0 */
#include "command.h"
#include "detect_options.h"

#include "aggregate/pipeline.h"
#include "base/timefmt.h"
#include "detect/evaluate.h"
#include "detect/event_list.h"
#include "enrich/geo.h"
#include "report/events.h"
#include "report/scores.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECKPOINT_MAX (UINT64_C(1) << 32)

struct detect {
	struct detect_options_set set;
	struct text_list files;
	const struct detector *wanted[DETECTORS_MAX + 1];
	struct geo *geo;
	struct lookout *lookout;
	struct event_list events;
	struct evaluate_log log; /* with --evaluate */
	struct answer truth;
	struct outfile *out;
	unsigned failures;
};

static void name_country(void *state, const struct addr *a, char out[3])
{
	if (!geo_country(state, a, out))
		out[0] = 0;
}

/* Each change as a line; the list keeps how events stand. */
static enum status take_event(void *state, const struct event *e)
{
	struct detect *d = state;
	struct event_sink list = event_list_sink(&d->events);

	if (d->set.changes) {
		struct json_out j;

		json_init(&j, d->out, 0);
		event_write(&j, e);
		if (outfile_status(d->out))
			return outfile_status(d->out);
	}
	if (d->set.evaluate && evaluate_note(&d->log, e))
		return STATUS_NO_MEMORY;
	return list.event(list.state, e);
}

static enum status choose_detectors(struct detect *d, struct trouble *t)
{
	for (size_t i = 0; i < d->set.only.count; i++) {
		const struct detector *found = detector_find(d->set.only.items[i]);

		if (!found || i >= DETECTORS_MAX)
			return trouble_set(t, STATUS_USAGE, NULL, 0,
			                   "--only: there is no detector '%s'",
			                   d->set.only.items[i]);
		for (size_t k = 0; k < i; k++) {
			if (d->wanted[k] == found)
				return trouble_set(t, STATUS_USAGE, NULL, 0,
				                   "--only: '%s' is given twice", found->name);
		}
		d->wanted[i] = found;
	}
	return STATUS_OK;
}

static enum status check_usage(const struct detect *d, struct trouble *t)
{
	const struct detect_options_set *s = &d->set;

	if (d->files.count == 0)
		return trouble_set(t, STATUS_USAGE, NULL, 0,
		                   "name captures or batch files; see --help");
	if (s->json && s->changes)
		return trouble_set(t, STATUS_USAGE, NULL, 0, "--json or --changes, not both");
	if (s->evaluate != (s->truth != NULL))
		return trouble_set(t, STATUS_USAGE, NULL, 0, "--evaluate and --truth go together");
	if (s->evaluate && (s->json || s->changes || s->checkpoint))
		return trouble_set(t, STATUS_USAGE, NULL, 0,
		                   "--evaluate prints its tables and nothing else");
	return STATUS_OK;
}

static enum status open_lookout(struct detect *d)
{
	const struct detect_options_set *s = &d->set;
	struct lookout_options o = {
	        .settings = detect_settings_usual(),
	        .wanted = d->set.only.count ? d->wanted : NULL,
	        .sink = {d, take_event},
	        .grace_s = (uint32_t)(s->grace_ns / NS_PER_SECOND),
	        .country = d->geo ? name_country : NULL,
	        .country_state = d->geo,
	};

	o.settings.quiet_s = s->quiet_ns / NS_PER_SECOND;
	o.settings.newcomers = (unsigned)s->newcomers;
	o.settings.memory = s->memory;
	return lookout_new(&d->lookout, &o);
}

static enum status read_whole(const char *path, struct keep *out, struct trouble *t)
{
	uint8_t block[1 << 16];
	FILE *file = fopen(path, "rb");
	size_t n;
	bool bad;

	if (!file)
		return trouble_set(t, STATUS_NOT_FOUND, path, 0, "cannot be opened");
	while ((n = fread(block, 1, sizeof(block), file)) > 0 && out->size < CHECKPOINT_MAX)
		keep_bytes(out, block, n);
	bad = ferror(file) || out->failed;
	fclose(file);
	return bad ? trouble_set(t, STATUS_IO, path, 0, "cannot be read") : STATUS_OK;
}

static enum status load_checkpoint(struct detect *d, struct trouble *t)
{
	struct keep bytes = {0};
	enum status st;

	if (!d->set.checkpoint)
		return STATUS_OK;
	st = read_whole(d->set.checkpoint, &bytes, t);
	if (st == STATUS_NOT_FOUND) {
		*t = (struct trouble){0};
		return STATUS_OK;
	}
	if (!st)
		st = lookout_load(d->lookout, bytes.bytes, bytes.size);
	if (st == STATUS_FORMAT)
		st = trouble_set(t, st, d->set.checkpoint, 0,
		                 "is damaged, or no checkpoint of this version");
	keep_clear(&bytes);
	return st;
}

static enum status save_checkpoint(struct detect *d, struct trouble *t)
{
	struct keep bytes = {0};
	struct outfile *file = NULL;
	enum status st = lookout_save(d->lookout, &bytes);

	if (!st)
		st = outfile_open(&file, d->set.checkpoint, t);
	if (!st) {
		outfile_write(file, bytes.bytes, bytes.size);
		st = outfile_commit(file, t);
	}
	keep_clear(&bytes);
	return st;
}

static enum status set_up(struct detect *d, struct trouble *t)
{
	enum status st = check_usage(d, t);

	if (!st)
		st = choose_detectors(d, t);
	if (!st && d->set.geo)
		st = geo_open(&d->geo, d->set.geo, t);
	if (!st && d->set.truth)
		st = answer_read(&d->truth, d->set.truth, t);
	if (!st)
		st = outfile_open(&d->out, "-", t);
	if (!st)
		st = open_lookout(d);
	return st ? st : load_checkpoint(d, t);
}

static enum status print_scores(struct detect *d, struct trouble *t)
{
	struct evaluation *e = calloc(1, sizeof(*e));
	struct outfile *out = d->out;

	if (!e)
		return STATUS_NO_MEMORY;
	d->out = NULL;
	evaluate(&d->truth, &d->events, &d->log, e);
	scores_text(e, out);
	free(e);
	return outfile_commit(out, t);
}

static enum status print(struct detect *d, struct trouble *t)
{
	struct outfile *out = d->out;

	d->out = NULL;
	event_list_sort(&d->events);
	if (d->set.json)
		events_json(&d->events, d->lookout, out);
	else if (!d->set.changes)
		events_text(&d->events, d->lookout, out);
	return outfile_commit(out, t);
}

static int detect(struct detect *d)
{
	struct trouble t = {0};
	enum status st = set_up(d, &t);

	if (!st)
		st = detect_read(d->lookout, &d->set, &d->files, &d->failures, &t);
	if (!st)
		st = d->set.checkpoint ? save_checkpoint(d, &t) : lookout_finish(d->lookout);
	if (!st)
		st = d->set.evaluate ? print_scores(d, &t) : print(d, &t);
	if (st && st != STATUS_PIPE) {
		char text[1024];

		if (!t.status)
			(void)trouble_set(&t, st, NULL, 0, "%s", status_text(st));
		trouble_print(&t, text, sizeof(text));
		fprintf(stderr, "noroshi: %s\n", text);
	}
	return st == STATUS_USAGE ? EXIT_USAGE : st || d->failures ? EXIT_NOTHING : 0;
}

static void clean_up(struct detect *d)
{
	outfile_abandon(d->out);
	lookout_free(d->lookout);
	event_list_clear(&d->events);
	evaluate_log_clear(&d->log);
	answer_clear(&d->truth);
	geo_free(d->geo);
	text_list_clear(&d->files);
	text_list_clear(&d->set.nets);
	text_list_clear(&d->set.only);
}

static int run(int argc, char **argv)
{
	struct detect_settings usual = detect_settings_usual();
	struct detect d = {.set = {.memory = usual.memory,
	                           .threads = 1,
	                           .newcomers = usual.newcomers,
	                           .quiet_ns = usual.quiet_s * NS_PER_SECOND,
	                           .grace_ns = LOOKOUT_GRACE_SECONDS * NS_PER_SECOND}};
	struct trouble t = {0};
	int result = EXIT_USAGE;

	if (options_parse(&detect_options, argc, argv, &d.set, &d.files, &t)) {
		fprintf(stderr, "noroshi: %s\n", t.text);
	} else if (d.set.help) {
		options_help(&detect_options, stdout);
		puts("\nDetectors:");
		for (const struct detector *const *x = detectors; *x; x++)
			printf("  %-14s %s%s\n", (*x)->name, (*x)->help,
			       (*x)->reference ? " (reference)" : "");
		result = 0;
	} else {
		result = detect(&d);
	}
	clean_up(&d);
	return result;
}

const struct command command_detect = {
        "detect", "look for change, worms and groups in captures or flow rows", run};
