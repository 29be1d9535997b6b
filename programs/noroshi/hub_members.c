/* SPDX-License-Identifier: Apache-2.0 */
#include "hub.h"
#include "hub_admin.h"

#include <stdlib.h>

struct member_settings {
	struct hub_common common;
	const char *title;
};

static const struct option add_rows[] = {
        {"title", "TEXT", "What people call it, such as the organisation's name.", OPTION_TEXT,
         offsetof(struct member_settings, title), 0, 0},
        HUB_DIR_ROW,
        HUB_HELP_ROW,
};

static const struct option list_rows[] = {HUB_DIR_ROW, HUB_JSON_ROW, HUB_HELP_ROW};
static const struct option remove_rows[] = {HUB_DIR_ROW, HUB_HELP_ROW};

const struct option_table hub_member_add_options = {
        .command = "hub member add",
        .synopsis = "[--title TEXT] NAME",
        .about = "Makes a member: an organisation that owns sensors. Names are up to 63 of a-z, "
                 "0-9 and hyphens.",
        .rows = add_rows,
        .count = sizeof(add_rows) / sizeof(add_rows[0]),
};

static const struct option_table list_options = {
        .command = "hub member list",
        .synopsis = "[--json]",
        .about = "Lists the members and what each shares.",
        .rows = list_rows,
        .count = sizeof(list_rows) / sizeof(list_rows[0]),
};

static const struct option_table remove_options = {
        .command = "hub member remove",
        .synopsis = "NAME",
        .about = "Ends a membership, and with it the member's tokens and open invitations. Its "
                 "sensors must be revoked before; what they saw stays.",
        .rows = remove_rows,
        .count = sizeof(remove_rows) / sizeof(remove_rows[0]),
};

static enum status add(struct hub_session *s, struct trouble *t)
{
	const struct member_settings *settings = (const struct member_settings *)s->common;
	uint32_t id;

	return control_member_add(s->control, s->operands->items[0],
	                          settings->title ? settings->title : "", &s->actor, &id, t);
}

static enum status remove_member(struct hub_session *s, struct trouble *t)
{
	uint32_t id;
	enum status st = hub_member_id(s, s->operands->items[0], &id, t);

	return st ? st : control_member_remove(s->control, id, &s->actor, t);
}

static void print_json(struct hub_session *s, const struct control_member *all, size_t count)
{
	struct json_out j;

	json_init(&j, s->out, 2);
	json_array_open(&j, NULL);
	for (size_t i = 0; i < count; i++) {
		const struct control_member *m = &all[i];

		json_object_open(&j, NULL);
		json_u64(&j, "member", m->id);
		json_string(&j, "name", m->name);
		json_string(&j, "title", m->title);
		json_u64(&j, "sensors", m->sensors);
		hub_json_time(&j, "created", m->created);
		hub_json_time(&j, "removed", m->removed);
		json_object_open(&j, "profile");
		json_bool(&j, "own", m->own_profile);
		json_bool(&j, "shared", m->profile.shared);
		json_u64(&j, "min_sensors", m->profile.min_sensors);
		json_u64(&j, "min_sources", m->profile.min_sources);
		json_object_close(&j);
		json_object_close(&j);
	}
	json_array_close(&j);
}

static void print_text(struct hub_session *s, const struct control_member *all, size_t count)
{
	static const char *const heading[] = {"NAME",        "SENSORS",     "SHARES",
	                                      "MIN-SENSORS", "MIN-SOURCES", "TITLE"};
	struct hub_table table = {.columns = sizeof(heading) / sizeof(heading[0])};

	for (size_t i = 0; i < table.columns; i++)
		hub_table_add(&table, heading[i]);
	for (size_t i = 0; i < count; i++) {
		const struct control_member *m = &all[i];

		if (m->removed)
			continue;
		hub_table_add(&table, m->name);
		hub_table_number(&table, m->sensors);
		hub_table_add(&table, m->profile.shared ? "yes" : "no");
		hub_table_number(&table, m->profile.min_sensors);
		hub_table_number(&table, m->profile.min_sources);
		hub_table_add(&table, m->title);
	}
	hub_table_print(&table, s->out);
}

static enum status list(struct hub_session *s, struct trouble *t)
{
	struct control_member *all;
	size_t count;
	enum status st = control_members(s->control, &all, &count, t);

	if (st)
		return st;
	if (s->common->json)
		print_json(s, all, count);
	else
		print_text(s, all, count);
	free(all);
	return STATUS_OK;
}

static int run_add(int argc, char **argv)
{
	static const struct hub_task task = {&hub_member_add_options, 1, 1, "a name", false, add};
	struct member_settings settings = {0};

	return hub_task_run(&task, argc, argv, &settings.common);
}

static int run_list(int argc, char **argv)
{
	static const struct hub_task task = {&list_options, 0, 0, NULL, false, list};
	struct hub_common common = {0};

	return hub_task_run(&task, argc, argv, &common);
}

static int run_remove(int argc, char **argv)
{
	static const struct hub_task task = {&remove_options, 1, 1, "a name", false, remove_member};
	struct hub_common common = {0};

	return hub_task_run(&task, argc, argv, &common);
}

static const struct command command_add = {"add", "make a member", run_add};
static const struct command command_list = {"list", "list the members", run_list};
static const struct command command_remove = {"remove", "end a membership", run_remove};
static const struct command *const commands[] = {&command_add, &command_list, &command_remove};

static int run(int argc, char **argv)
{
	return hub_dispatch("hub member", commands, sizeof(commands) / sizeof(commands[0]), argc,
	                    argv);
}

const struct command command_hub_member = {"member", "add, list or remove members", run};
