/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/handlers.h"

#include "serve/openapi.h"
#include "store/control.h"

#include <stdlib.h>
#include <time.h>

void handle_healthz(struct request *rq, unsigned thread)
{
	struct json_out *j = reply_json(&rq->reply, 200);

	(void)thread;
	if (!j)
		return;
	json_object_open(j, NULL);
	json_string(j, "status", "ok");
	json_object_close(j);
}

void handle_openapi(struct request *rq, unsigned thread)
{
	struct json_out *j = reply_json(&rq->reply, 200);

	(void)thread;
	if (j)
		openapi_write(routes, j);
}

void handle_metrics(struct request *rq, unsigned thread)
{
	const struct serve_options *o = &rq->serve->options;
	struct outfile *out;

	(void)thread;
	if (!o->metrics) {
		reply_error(&rq->reply, 503, "this hub counts nothing");
		return;
	}
	out = reply_open(&rq->reply, 200, "text/plain; version=0.0.4; charset=utf-8", REPLY_LIMIT);
	if (out)
		metrics_print(o->metrics, out);
}

static void write_caller(struct json_out *j, const struct caller *c)
{
	json_object_open(j, "caller");
	json_string(j, "name", c->name);
	json_string(j, "role", role_name(c->role));
	if (c->member)
		json_u64(j, "member", c->member);
	else
		json_null(j, "member");
	json_object_close(j);
}

static void write_sensor_count(struct json_out *j, const struct caller *c,
                               const struct control_sensor *sensors, size_t count)
{
	uint64_t active = 0, well = 0, ill = 0, unheard = 0;

	for (size_t i = 0; i < count; i++) {
		const struct control_sensor *s = &sensors[i];

		if (s->state != CONTROL_SENSOR_ACTIVE || !caller_sees(c, s))
			continue;
		active++;
		if (s->health[0])
			ill++;
		else if (s->last_window)
			well++;
		else
			unheard++;
	}
	json_object_open(j, "sensors");
	json_u64(j, "active", active);
	json_u64(j, "well", well);
	json_u64(j, "ill", ill);
	json_u64(j, "unheard", unheard);
	json_object_close(j);
}

static void write_intake(struct json_out *j, const struct request *rq)
{
	const struct metrics *m = rq->serve->options.metrics;

	if (!m || !caller_sees_all(&rq->caller)) {
		json_null(j, "intake");
		return;
	}
	json_object_open(j, "intake");
	json_u64(j, "frames", metrics_get(m, METRIC_INTAKE_FRAMES));
	json_u64(j, "rows", metrics_get(m, METRIC_INTAKE_ROWS));
	json_u64(j, "rows_stored", metrics_get(m, METRIC_STORE_ROWS));
	json_u64(j, "repeats", metrics_get(m, METRIC_INTAKE_REPEATS));
	json_u64(j, "refused",
	         metrics_get(m, METRIC_INTAKE_REFUSED) + metrics_get(m, METRIC_INTAKE_MALFORMED));
	json_u64(j, "journal_bytes", metrics_get(m, METRIC_JOURNAL_BYTES));
	json_u64(j, "store_failures", metrics_get(m, METRIC_STORE_FAILURES));
	json_object_close(j);
}

void handle_status(struct request *rq, unsigned thread)
{
	struct serve *s = rq->serve;
	struct control_sensor *sensors = NULL;
	char hub[CONTROL_HUB_ID_MAX];
	struct trouble t = {0};
	struct json_out *j;
	size_t count = 0;
	enum status st = control_hub_id(s->control, hub, &t);

	(void)thread;
	if (!st)
		st = control_sensors(s->control, 0, &sensors, &count, &t);
	if (st) {
		answer_failure(rq, st, &t);
		return;
	}
	j = reply_json(&rq->reply, 200);
	if (j) {
		json_object_open(j, NULL);
		json_string(j, "version", NOROSHI_VERSION);
		json_string(j, "hub", hub);
		write_time(j, "time", (uint64_t)time(NULL));
		write_time(j, "started", (uint64_t)s->started);
		write_caller(j, &rq->caller);
		write_sensor_count(j, &rq->caller, sensors, count);
		write_intake(j, rq);
		json_object_close(j);
	}
	free(sensors);
}
