/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Queries from a test's hand, as any viewer: one command a line on standard input.
 *
 *   answer_driver --socket PATH | --url URL       makes the tables where there are none
 *
 *   member NUMBER NAME SHARED MIN_SENSORS MIN_SOURCES
 *   sensor NUMBER MEMBER NAME SINCE UNTIL WITHDRAWN      seconds since 1970
 *   viewer ROLE MEMBER MIN_SENSORS MIN_SOURCES ROUND GRAIN NAMED [SENSOR ...]
 *   now SECONDS
 *   keep ROWS WINDOWS MINUTES HOURS DAYS
 *   form NAME WIDTH ASCII
 *   ask TEXT           the answer in that form, or "error: ..."; then a line with a dot
 */
#include "report/answer_out.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_BYTES = 8192, MANY = 1000 };

struct driver {
	struct engine *engine;
	struct observations *observations;
	struct roster_sensor sensors[MANY];
	struct roster_member members[MANY];
	char sensor_names[MANY][SLUG_MAX], member_names[MANY][SLUG_MAX];
	uint32_t own[MANY];
	struct roster roster;
	struct viewer viewer;
	struct observations_keep keep;
	uint64_t now_s;
	enum answer_form form;
	struct answer_style style;
};

static bool add_member(struct driver *d, const char *line)
{
	struct roster_member *m = &d->members[d->roster.member_count];
	char *name = d->member_names[d->roster.member_count];
	unsigned shared;

	m->name = name;
	if (sscanf(line, "%" SCNu32 " %63s %u %" SCNu32 " %" SCNu32, &m->number, name, &shared,
	           &m->profile.min_sensors, &m->profile.min_sources) != 5)
		return false;
	m->profile.shared = shared != 0;
	d->roster.member_count++;
	return true;
}

static bool add_sensor(struct driver *d, const char *line)
{
	struct roster_sensor *s = &d->sensors[d->roster.sensor_count];
	char *name = d->sensor_names[d->roster.sensor_count];
	unsigned withdrawn;

	s->name = name;
	if (sscanf(line, "%" SCNu32 " %" SCNu32 " %63s %" SCNu64 " %" SCNu64 " %u", &s->number,
	           &s->member, name, &s->since_s, &s->until_s, &withdrawn) != 6)
		return false;
	s->withdrawn = withdrawn != 0;
	d->roster.sensor_count++;
	return true;
}

static bool set_viewer(struct driver *d, const char *line)
{
	struct viewer *v = &d->viewer;
	char role[64];
	unsigned named;
	int used = 0;

	*v = (struct viewer){.sensors = d->own};
	if (sscanf(line, "%63s %" SCNu32 " %" SCNu32 " %" SCNu32 " %" SCNu32 " %" SCNu32 " %u%n",
	           role, &v->member, &v->others.min_sensors, &v->others.min_sources,
	           &v->others.round_to, &v->others.grain_minutes, &named, &used) != 7 ||
	    role_parse(role, &v->role))
		return false;
	v->others.sensors_named = named != 0;
	for (line += used; sscanf(line, "%" SCNu32 "%n", &d->own[v->sensor_count], &used) == 1;
	     line += used)
		v->sensor_count++;
	return true;
}

static bool set_form(struct driver *d, const char *line)
{
	char name[16];
	unsigned ascii;

	if (sscanf(line, "%15s %d %u", name, &d->style.width, &ascii) != 3)
		return false;
	d->style.ascii = ascii != 0;
	return answer_form_parse(name, &d->form) == STATUS_OK;
}

static bool set_keep(struct driver *d, const char *line)
{
	struct observations_keep *k = &d->keep;

	return sscanf(line, "%" SCNu32 " %" SCNu32 " %" SCNu32 " %" SCNu32 " %" SCNu32, &k->rows,
	              &k->windows, &k->minutes, &k->hours, &k->days) == 5;
}

static enum status run(struct driver *d, const struct query *q, struct trouble *t)
{
	struct answer_request request = {.query = q,
	                                 .viewer = &d->viewer,
	                                 .roster = &d->roster,
	                                 .now_s = d->now_s,
	                                 .keep = d->keep};
	struct answer_sink sink;
	struct answer_out *out;
	struct outfile *file;
	enum status st = outfile_open(&file, "-", t);

	if (st)
		return st;
	st = answer_out_new(&out, d->form, d->style, file, &sink);
	if (!st)
		st = answer_run(d->engine, &request, &sink, t);
	answer_out_free(out);
	if (!st)
		return outfile_commit(file, t);
	if (outfile_flush(file))
		st = STATUS_IO;
	outfile_abandon(file);
	return st;
}

static void ask(struct driver *d, const char *text)
{
	static struct query q;
	struct query_error error;
	struct trouble t = {0};

	fflush(stdout);
	if (query_parse(text, &q, &error))
		printf("error: column %u: %s\n", error.column, error.text);
	else if (run(d, &q, &t))
		printf("error: %s\n", t.text);
	printf(".\n");
	fflush(stdout);
}

static bool obey(struct driver *d, const char *line)
{
	static const struct {
		const char *word;
		bool (*set)(struct driver *d, const char *line);
	} commands[] = {{"member ", add_member},
	                {"sensor ", add_sensor},
	                {"viewer ", set_viewer},
	                {"keep ", set_keep},
	                {"form ", set_form}};

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		size_t n = strlen(commands[i].word);

		if (strncmp(line, commands[i].word, n) == 0)
			return commands[i].set(d, line + n);
	}
	if (strncmp(line, "now ", 4) == 0)
		return sscanf(line + 4, "%" SCNu64, &d->now_s) == 1;
	if (strncmp(line, "ask ", 4) != 0)
		return false;
	ask(d, line + 4);
	return true;
}

static enum status open_store(struct driver *d, char **argv, struct trouble *t)
{
	struct engine_options options = {0};
	struct observations_config config = {0};
	enum status st;

	if (strcmp(argv[1], "--socket") == 0)
		options.socket = argv[2];
	else
		options.url = argv[2];
	st = engine_open(&d->engine, &options, t);
	config.engine = d->engine;
	return st ? st : observations_open(&d->observations, &config, t);
}

int main(int argc, char **argv)
{
	static struct driver d;
	char line[LINE_BYTES];
	struct trouble t = {0};

	signal(SIGPIPE, SIG_IGN);
	d.roster = (struct roster){.sensors = d.sensors, .members = d.members};
	d.form = FORM_JSON;
	if (argc != 3 || open_store(&d, argv, &t)) {
		fprintf(stderr, "answer_driver: %s\n", t.text);
		return 1;
	}
	printf("ready\n");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		if (!obey(&d, line)) {
			fprintf(stderr, "answer_driver: not understood: %s\n", line);
			return 1;
		}
	}
	observations_close(d.observations);
	engine_free(d.engine);
	return 0;
}
