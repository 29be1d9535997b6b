/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/handlers.h"

#include "store/control.h"

#include <stdlib.h>
#include <string.h>

/* Does the sensor fit the question's filters? */
static bool is_asked_for(const struct request *rq, const struct control_sensor *s)
{
	const char *member = target_find(&rq->target, "member");
	const char *state = target_find(&rq->target, "state");

	if (member && strcmp(member, s->member_name) != 0)
		return false;
	return !state || strcmp(state, "all") == 0 ||
	       strcmp(state, control_sensor_state_name(s->state)) == 0;
}

void handle_sensors(struct request *rq, unsigned thread)
{
	struct control_sensor *sensors;
	struct trouble t = {0};
	struct json_out *j;
	size_t count;
	enum status st = control_sensors(rq->serve->control, 0, &sensors, &count, &t);

	(void)thread;
	if (st) {
		answer_failure(rq, st, &t);
		return;
	}
	j = reply_json(&rq->reply, 200);
	if (j) {
		json_object_open(j, NULL);
		json_array_open(j, "sensors");
		for (size_t i = 0; i < count; i++) {
			if (caller_sees(&rq->caller, &sensors[i]) && is_asked_for(rq, &sensors[i]))
				write_sensor(j, NULL, &sensors[i]);
		}
		json_array_close(j);
		json_object_close(j);
	}
	free(sensors);
}

void handle_sensor_one(struct request *rq, unsigned thread)
{
	struct control_sensor sensor;
	struct trouble t = {0};
	struct json_out *j;
	enum status st = control_sensor_by_number(rq->serve->control, rq->number, &sensor, &t);

	(void)thread;
	if (st && st != STATUS_NOT_FOUND) {
		answer_failure(rq, st, &t);
	} else if (st || !caller_sees(&rq->caller, &sensor)) {
		/* Another's sensor answers as one that nobody has. */
		reply_error(&rq->reply, 404, "there is no sensor %u", rq->number);
	} else if ((j = reply_json(&rq->reply, 200))) {
		write_sensor(j, NULL, &sensor);
	}
}

static void write_member(struct json_out *j, const struct control_member *m)
{
	json_object_open(j, NULL);
	json_u64(j, "number", m->id);
	json_string(j, "name", m->name);
	json_string(j, "title", m->title);
	write_time(j, "created", m->created);
	write_time(j, "removed", m->removed);
	json_u64(j, "sensors", m->sensors);
	json_bool(j, "shared", m->profile.shared);
	json_u64(j, "min_sensors", m->profile.min_sensors);
	json_u64(j, "min_sources", m->profile.min_sources);
	json_object_close(j);
}

void handle_members(struct request *rq, unsigned thread)
{
	struct control_member *members;
	struct trouble t = {0};
	struct json_out *j;
	size_t count;
	enum status st = control_members(rq->serve->control, &members, &count, &t);

	(void)thread;
	if (st) {
		answer_failure(rq, st, &t);
		return;
	}
	j = reply_json(&rq->reply, 200);
	if (j) {
		json_object_open(j, NULL);
		json_array_open(j, "members");
		for (size_t i = 0; i < count; i++) {
			if (caller_sees_all(&rq->caller) || members[i].id == rq->caller.member)
				write_member(j, &members[i]);
		}
		json_array_close(j);
		json_object_close(j);
	}
	free(members);
}
