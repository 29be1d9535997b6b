/* SPDX-License-Identifier: Apache-2.0 */
#include "hub.h"
#include "hub_admin.h"

#include <stdlib.h>
#include <string.h>

struct sensors_settings {
	struct hub_common common;
	const char *member;
};

static const struct option list_rows[] = {
        {"member", "NAME", "Only this member's.", OPTION_TEXT,
         offsetof(struct sensors_settings, member), 0, 0},
        HUB_DIR_ROW,
        HUB_JSON_ROW,
        HUB_HELP_ROW,
};

static const struct option revoke_rows[] = {HUB_DIR_ROW, HUB_HELP_ROW};

static const struct option_table list_options = {
        .command = "hub sensors",
        .synopsis = "[--member NAME] [--json]",
        .about = "Lists the sensors, how they are, and until when their certificates last.",
        .rows = list_rows,
        .count = sizeof(list_rows) / sizeof(list_rows[0]),
};

static const struct option_table revoke_options = {
        .command = "hub revoke",
        .synopsis = "SENSOR",
        .about = "Ends a sensor, by name or number: from now on nothing of it is taken, whatever "
                 "certificate it has. What it handed in stays, and its number is not given again.",
        .rows = revoke_rows,
        .count = sizeof(revoke_rows) / sizeof(revoke_rows[0]),
};

static void print_json(struct hub_session *s, const struct control_sensor *all, size_t count)
{
	struct json_out j;

	json_init(&j, s->out, 2);
	json_array_open(&j, NULL);
	for (size_t i = 0; i < count; i++) {
		const struct control_sensor *x = &all[i];

		json_object_open(&j, NULL);
		json_u64(&j, "sensor", x->number);
		json_string(&j, "name", x->name);
		json_string(&j, "member", x->member_name);
		json_string(&j, "state", control_sensor_state_name(x->state));
		hub_json_time(&j, "created", x->created);
		hub_json_time(&j, "ended", x->ended);
		hub_json_time(&j, "certificate_end", x->certificate_end);
		hub_json_time(&j, "last_contact", x->last_contact);
		hub_json_time(&j, "last_window", x->last_window);
		json_double(&j, "addresses", x->addresses, 15);
		json_string(&j, "health", x->health);
		json_string(&j, "version", x->version);
		json_object_close(&j);
	}
	json_array_close(&j);
}

static void print_text(struct hub_session *s, const struct control_sensor *all, size_t count)
{
	static const char *const heading[] = {"NUMBER",
	                                      "NAME",
	                                      "MEMBER",
	                                      "STATE",
	                                      "LAST CONTACT",
	                                      "LAST WINDOW",
	                                      "CERTIFICATE UNTIL",
	                                      "VERSION",
	                                      "HEALTH"};
	struct hub_table table = {.columns = sizeof(heading) / sizeof(heading[0])};
	char time[TIME_TEXT_MAX];

	for (size_t i = 0; i < table.columns; i++)
		hub_table_add(&table, heading[i]);
	for (size_t i = 0; i < count; i++) {
		const struct control_sensor *x = &all[i];

		hub_table_number(&table, x->number);
		hub_table_add(&table, x->name);
		hub_table_add(&table, x->member_name);
		hub_table_add(&table, control_sensor_state_name(x->state));
		hub_time(x->last_contact, time);
		hub_table_add(&table, time);
		hub_time(x->last_window, time);
		hub_table_add(&table, time);
		hub_time(x->certificate_end, time);
		hub_table_add(&table, time);
		hub_table_add(&table, x->version);
		hub_table_add(&table, x->health);
	}
	hub_table_print(&table, s->out);
}

static enum status list(struct hub_session *s, struct trouble *t)
{
	const struct sensors_settings *settings = (const struct sensors_settings *)s->common;
	struct control_sensor *all;
	size_t count;
	uint32_t member;
	enum status st = hub_member_id(s, settings->member, &member, t);

	if (!st)
		st = control_sensors(s->control, member, &all, &count, t);
	if (st)
		return st;
	if (s->common->json)
		print_json(s, all, count);
	else
		print_text(s, all, count);
	free(all);
	return STATUS_OK;
}

/* Names may be all digits: a name goes before a number. */
enum status hub_sensor_find(struct hub_session *s, const char *text, struct control_sensor *out,
                            struct trouble *t)
{
	enum status st = control_sensor_by_name(s->control, text, out, t);
	bool is_number = strspn(text, "0123456789") == strlen(text) && strlen(text) < 10;

	if (st == STATUS_NOT_FOUND && is_number)
		st = control_sensor_by_number(s->control, (uint32_t)strtoul(text, NULL, 10), out,
		                              t);
	return st;
}

static enum status revoke(struct hub_session *s, struct trouble *t)
{
	struct control_sensor sensor;
	enum status st = hub_sensor_find(s, s->operands->items[0], &sensor, t);

	return st ? st
	          : control_sensor_end(s->control, sensor.number, CONTROL_SENSOR_REVOKED, &s->actor,
	                               t);
}

static int run_list(int argc, char **argv)
{
	static const struct hub_task task = {&list_options, 0, 0, NULL, false, list};
	struct sensors_settings settings = {0};

	return hub_task_run(&task, argc, argv, &settings.common);
}

static int run_revoke(int argc, char **argv)
{
	static const struct hub_task task = {&revoke_options, 1, 1, "a sensor", false, revoke};
	struct hub_common common = {0};

	return hub_task_run(&task, argc, argv, &common);
}

const struct command command_hub_sensors = {"sensors", "list the sensors and how they are",
                                            run_list};
const struct command command_hub_revoke = {"revoke", "take nothing more from a sensor", run_revoke};
