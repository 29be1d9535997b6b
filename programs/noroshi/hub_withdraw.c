/* SPDX-License-Identifier: Apache-2.0 */
#include "hub.h"
#include "hub_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct withdraw_settings {
	struct hub_common common;
	const char *from, *to;
};

static const struct option rows[] = {
        {"from", "TIME",
         "Only what was seen from this time on (2026-03-03 or 2026-03-03T08:00:00Z), by the "
         "minute; "
         "the sensor goes on.",
         OPTION_TEXT, offsetof(struct withdraw_settings, from), 0, 0},
        {"to", "TIME", "Only what was seen before this time.", OPTION_TEXT,
         offsetof(struct withdraw_settings, to), 0, 0},
        HUB_DIR_ROW,
        HUB_JSON_ROW,
        HUB_HELP_ROW,
};

const struct option_table hub_withdraw_options = {
        .command = "hub withdraw",
        .synopsis = "[--from TIME] [--to TIME] SENSOR",
        .about = "Takes a sensor's rows out of the observations and all sums: those of a time, or "
                 "all, and then the sensor is ended as well. The hub must stand still. There is no "
                 "way back.",
        .rows = rows,
        .count = sizeof(rows) / sizeof(rows[0]),
};

/* A time, or a day's beginning, as seconds. */
static enum status parse_time(const char *text, const char *option, uint64_t *seconds,
                              struct trouble *t)
{
	char whole[TIME_TEXT_MAX];
	uint64_t ns;

	snprintf(whole, sizeof(whole), "%.10sT00:00:00Z", text);
	if (time_parse(text, &ns) && (strlen(text) != 10 || time_parse(whole, &ns)))
		return trouble_set(t, STATUS_USAGE, NULL, 0,
		                   "--%s: '%.40s' is no time like 2026-03-03T08:00:00Z", option,
		                   text);
	*seconds = ns / NS_PER_SECOND;
	return STATUS_OK;
}

static enum status parse_part(const struct withdraw_settings *s, struct observations_part *part,
                              struct trouble *t)
{
	uint64_t from = 0, to = (uint64_t)UINT32_MAX * 60;
	enum status st = STATUS_OK;

	if (s->from)
		st = parse_time(s->from, "from", &from, t);
	if (!st && s->to)
		st = parse_time(s->to, "to", &to, t);
	if (!st && from >= to)
		st = trouble_set(t, STATUS_USAGE, NULL, 0, "--from is not before --to");
	part->from_minute = (uint32_t)(from / 60 < UINT32_MAX ? from / 60 : UINT32_MAX);
	part->to_minute = (uint32_t)((to + 59) / 60 < UINT32_MAX ? (to + 59) / 60 : UINT32_MAX);
	return st;
}

/* Done before, and cut short? Then it goes on. */
static enum status end_sensor(struct hub_session *s, uint32_t number, struct trouble *t)
{
	enum status st =
	        control_sensor_end(s->control, number, CONTROL_SENSOR_WITHDRAWN, &s->actor, t);

	return st == STATUS_CONFLICT ? STATUS_OK : st;
}

static enum status note(struct hub_session *s, const struct observations_part *part,
                        uint64_t removed, struct trouble *t)
{
	char from[TIME_TEXT_MAX], to[TIME_TEXT_MAX], detail[CONTROL_DETAIL_MAX];
	const struct withdraw_settings *settings = (const struct withdraw_settings *)s->common;

	time_text((uint64_t)part->from_minute * 60 * NS_PER_SECOND, 0, from);
	time_text((uint64_t)part->to_minute * 60 * NS_PER_SECOND, 0, to);
	snprintf(detail, sizeof(detail), "sensor %u: %llu rows, from %s to %s", part->sensor,
	         (unsigned long long)removed, settings->from ? from : "the first",
	         settings->to ? to : "the last");
	return control_audit_add(s->control, &s->actor, "rows-withdraw", detail, t);
}

static void print_done(struct hub_session *s, const struct control_sensor *sensor, uint64_t removed)
{
	struct json_out j;

	if (!s->common->json) {
		outfile_printf(s->out, "%llu rows of sensor %s (%u) were taken out\n",
		               (unsigned long long)removed, sensor->name, sensor->number);
		return;
	}
	json_init(&j, s->out, 2);
	json_object_open(&j, NULL);
	json_u64(&j, "sensor", sensor->number);
	json_string(&j, "name", sensor->name);
	json_u64(&j, "rows", removed);
	json_object_close(&j);
}

/* A whole sensor stops counting at once; its rows go when the hub stands still. */
static enum status withdraw(struct hub_session *s, struct hub_store *store,
                            const struct control_sensor *sensor, struct observations_part *part,
                            struct trouble *t)
{
	const struct withdraw_settings *settings = (const struct withdraw_settings *)s->common;
	bool whole = !settings->from && !settings->to;
	uint64_t removed = 0;
	enum status st = whole ? end_sensor(s, sensor->number, t) : STATUS_OK;

	if (!st)
		st = hub_store_want_still(store,
		                          whole ? "the sensor is ended and questions leave it out; "
		                                  "to take its rows away"
		                                : "withdrawing rows",
		                          t);
	if (!st)
		st = hub_store_drain(store, s, t);
	if (!st)
		st = observations_withdraw(store->observations, part, &removed, t);
	if (!st)
		st = note(s, part, removed, t);
	if (!st)
		print_done(s, sensor, removed);
	return st;
}

static enum status work(struct hub_session *s, struct trouble *t)
{
	struct observations_part part = {0};
	struct control_sensor sensor;
	struct hub_store store;
	enum status st = parse_part((const struct withdraw_settings *)s->common, &part, t);

	if (!st)
		st = hub_sensor_find(s, s->operands->items[0], &sensor, t);
	if (st)
		return st;
	part.sensor = sensor.number;
	st = hub_store_open(&store, s, t);
	if (!st)
		st = withdraw(s, &store, &sensor, &part, t);
	hub_store_close(&store);
	return st;
}

static int run(int argc, char **argv)
{
	static const struct hub_task task = {&hub_withdraw_options, 1, 1, "a sensor", false, work};
	struct withdraw_settings settings = {0};

	return hub_task_run(&task, argc, argv, &settings.common);
}

const struct command command_hub_withdraw = {"withdraw", "take a sensor's rows out", run};
