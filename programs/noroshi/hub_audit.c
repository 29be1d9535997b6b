/* SPDX-License-Identifier: Apache-2.0 */
#include "hub.h"
#include "hub_admin.h"

#include <stdlib.h>

struct audit_settings {
	struct hub_common common;
	uint64_t limit, before;
};

static const struct option rows[] = {
        {"limit", "N", "How many lines; 100 unless given.", OPTION_COUNT,
         offsetof(struct audit_settings, limit), 1, 1000000},
        {"before", "ID", "Only lines with a lower id, to read on from a page's last.", OPTION_COUNT,
         offsetof(struct audit_settings, before), 1, INT64_MAX},
        HUB_DIR_ROW,
        HUB_JSON_ROW,
        HUB_HELP_ROW,
};

const struct option_table hub_audit_options = {
        .command = "hub audit",
        .synopsis = "[OPTION]...",
        .about = "Prints who did what and when, newest first.",
        .rows = rows,
        .count = sizeof(rows) / sizeof(rows[0]),
};

static void print_json(struct hub_session *s, const struct control_audit *lines, size_t count)
{
	struct json_out j;

	json_init(&j, s->out, 2);
	json_array_open(&j, NULL);
	for (size_t i = 0; i < count; i++) {
		json_object_open(&j, NULL);
		json_u64(&j, "id", lines[i].id);
		hub_json_time(&j, "time", lines[i].time);
		json_string(&j, "who", lines[i].who);
		json_string(&j, "what", lines[i].what);
		json_string(&j, "detail", lines[i].detail);
		json_object_close(&j);
	}
	json_array_close(&j);
}

static void print_text(struct hub_session *s, const struct control_audit *lines, size_t count)
{
	static const char *const heading[] = {"ID", "TIME", "WHO", "WHAT", "DETAIL"};
	struct hub_table table = {.columns = sizeof(heading) / sizeof(heading[0])};
	char time[TIME_TEXT_MAX];

	for (size_t i = 0; i < table.columns; i++)
		hub_table_add(&table, heading[i]);
	for (size_t i = 0; i < count; i++) {
		hub_table_number(&table, lines[i].id);
		hub_time(lines[i].time, time);
		hub_table_add(&table, time);
		hub_table_add(&table, lines[i].who);
		hub_table_add(&table, lines[i].what);
		hub_table_add(&table, lines[i].detail);
	}
	hub_table_print(&table, s->out);
}

static enum status work(struct hub_session *s, struct trouble *t)
{
	const struct audit_settings *settings = (const struct audit_settings *)s->common;
	struct control_audit *lines;
	size_t count;
	enum status st =
	        control_audits(s->control, settings->before, settings->limit, &lines, &count, t);

	if (st)
		return st;
	if (s->common->json)
		print_json(s, lines, count);
	else
		print_text(s, lines, count);
	free(lines);
	return STATUS_OK;
}

static int run(int argc, char **argv)
{
	static const struct hub_task task = {&hub_audit_options, 0, 0, NULL, false, work};
	struct audit_settings settings = {.limit = 100};

	return hub_task_run(&task, argc, argv, &settings.common);
}

const struct command command_hub_audit = {"audit", "who did what, and when", run};
