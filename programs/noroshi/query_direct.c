/* SPDX-License-Identifier: Apache-2.0 */
#include "query.h"

#include "hub_place.h"
#include "store/control.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

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

static enum status open_engine(struct engine **out, struct hub_place *place, struct trouble *t)
{
	struct engine_options o;
	enum status st = hub_place_password(place, t);

	hub_place_engine(place, &o);
	return st ? st : engine_open(out, &o, t);
}

enum status query_direct(const struct query_work *w, struct trouble *t)
{
	struct viewer viewer = {.role = ROLE_ADMINISTRATOR};
	struct people people = {0};
	struct answer_request request = {.query = w->query,
	                                 .viewer = &viewer,
	                                 .roster = &people.roster,
	                                 .now_s = (uint64_t)time(NULL)};
	struct engine *engine = NULL;
	struct hub_place place;
	enum status st = hub_place_read(&place, w->settings->config, t);

	if (st)
		return st;
	request.keep = hub_place_keep(&place);
	st = people_load(&people, place.dir, t);
	if (!st)
		st = open_engine(&engine, &place, t);
	if (!st)
		st = answer_run(engine, &request, &w->sink, t);
	engine_free(engine);
	people_clear(&people);
	hub_place_clear(&place);
	return st;
}
