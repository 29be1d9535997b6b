/* SPDX-License-Identifier: Apache-2.0 */
#include "query.h"

#include "hub_settings.h"
#include "store/control.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PASSWORD_MAX = 512 };

/* The hub's people, as an administrator knows them. Names point into the lists. */
struct people {
	struct control_sensor *sensors;
	struct control_member *members;
	struct roster_sensor *roster_sensors;
	struct roster_member *roster_members;
	struct roster roster;
};

static void people_clear(struct people *p)
{
	free(p->sensors);
	free(p->members);
	free(p->roster_sensors);
	free(p->roster_members);
}

static void people_fill(struct people *p)
{
	for (size_t i = 0; i < p->roster.sensor_count; i++) {
		const struct control_sensor *s = &p->sensors[i];

		p->roster_sensors[i] =
		        (struct roster_sensor){.number = s->number,
		                               .member = s->member,
		                               .name = s->name,
		                               .since_s = s->created,
		                               .until_s = s->ended,
		                               .withdrawn = s->state == CONTROL_SENSOR_WITHDRAWN};
	}
	for (size_t i = 0; i < p->roster.member_count; i++)
		p->roster_members[i] = (struct roster_member){.number = p->members[i].id,
		                                              .name = p->members[i].name,
		                                              .profile = p->members[i].profile};
	p->roster.sensors = p->roster_sensors;
	p->roster.members = p->roster_members;
}

static enum status people_load(struct people *p, const char *dir, struct trouble *t)
{
	char path[PATH_MAX + 16];
	struct control *control;
	enum status st;

	snprintf(path, sizeof(path), "%s/control.db", dir);
	st = control_open(&control, path, t);
	if (st)
		return st;
	st = control_sensors(control, 0, &p->sensors, &p->roster.sensor_count, t);
	if (!st)
		st = control_members(control, &p->members, &p->roster.member_count, t);
	control_close(control);
	if (st)
		return st;
	p->roster_sensors = calloc(p->roster.sensor_count + 1, sizeof(*p->roster_sensors));
	p->roster_members = calloc(p->roster.member_count + 1, sizeof(*p->roster_members));
	if (!p->roster_sensors || !p->roster_members)
		return trouble_set(t, STATUS_NO_MEMORY, NULL, 0, "out of memory");
	people_fill(p);
	return STATUS_OK;
}

static bool given(const char *text)
{
	return text && text[0];
}

/* The state directory: as configured, else where the configuration lies. */
static void find_dir(const struct hub_settings *s, const char *config, char out[PATH_MAX])
{
	const char *slash = strrchr(config, '/');

	if (given(s->directory))
		snprintf(out, PATH_MAX, "%s", s->directory);
	else if (slash)
		snprintf(out, PATH_MAX, "%.*s", slash == config ? 1 : (int)(slash - config),
		         config);
	else
		snprintf(out, PATH_MAX, ".");
}

static enum status read_password(const char *path, char out[PASSWORD_MAX], struct trouble *t)
{
	FILE *file;

	out[0] = '\0';
	if (!given(path))
		return STATUS_OK;
	file = fopen(path, "re");
	if (!file)
		return trouble_set(t, status_of_errno(errno), path, 0, "cannot read: %s",
		                   strerror(errno));
	if (fgets(out, PASSWORD_MAX, file))
		out[strcspn(out, "\r\n")] = '\0';
	fclose(file);
	return STATUS_OK;
}

static enum status open_engine(struct engine **out, const struct hub_settings *s, const char *dir,
                               struct trouble *t)
{
	char socket[PATH_MAX + 16], password[PASSWORD_MAX];
	struct engine_options o = {.memory_bytes = s->query_memory,
	                           .seconds = (uint32_t)s->query_seconds};
	enum status st = read_password(s->store_password_file, password, t);

	snprintf(socket, sizeof(socket), "%s/storer.sock", dir);
	if (given(s->store_url))
		o.url = s->store_url;
	else
		o.socket = socket;
	o.user = given(s->store_user) ? s->store_user : NULL;
	o.password = password[0] ? password : NULL;
	o.database = given(s->store_database) ? s->store_database : NULL;
	o.authority = given(s->store_authority) ? s->store_authority : NULL;
	return st ? st : engine_open(out, &o, t);
}

enum status query_direct(const struct query_work *w, struct trouble *t)
{
	struct hub_settings settings = hub_defaults;
	struct viewer viewer = {.role = ROLE_ADMINISTRATOR};
	struct people people = {0};
	struct answer_request request = {.query = w->query,
	                                 .viewer = &viewer,
	                                 .roster = &people.roster,
	                                 .now_s = (uint64_t)time(NULL)};
	struct engine *engine = NULL;
	struct ini *ini = NULL;
	char dir[PATH_MAX];
	enum status st = config_read(&ini, w->settings->config, &hub_config, &settings, t);

	if (st)
		return st;
	request.keep = (struct observations_keep){.rows = (uint32_t)settings.keep_rows,
	                                          .windows = (uint32_t)settings.keep_windows,
	                                          .minutes = (uint32_t)settings.keep_minutes,
	                                          .hours = (uint32_t)settings.keep_hours,
	                                          .days = (uint32_t)settings.keep_days};
	find_dir(&settings, w->settings->config, dir);
	st = people_load(&people, dir, t);
	if (!st)
		st = open_engine(&engine, &settings, dir, t);
	if (!st)
		st = answer_run(engine, &request, w->sink, t);
	engine_free(engine);
	people_clear(&people);
	ini_free(ini);
	return st;
}
