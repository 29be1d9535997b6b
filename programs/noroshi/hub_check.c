/* SPDX-License-Identifier: Apache-2.0 */
#include "hub_check.h"

#include "hub.h"
#include "hub_store.h"
#include "intake/journal.h"

#include <stdio.h>

struct check_settings {
	struct hub_common common;
	bool repair;
	bool *wrong; /* filled in: something is, and stays so */
};

static const struct option rows[] = {
        {"repair", NULL,
         "Make rollups that differ from the rows anew. The hub must stand still; what waits in its "
         "journal goes into the store first. Damaged rows are told, never dropped.",
         OPTION_FLAG, offsetof(struct check_settings, repair), 0, 0},
        HUB_DIR_ROW,
        HUB_JSON_ROW,
        HUB_HELP_ROW,
};

const struct option_table hub_check_options = {
        .command = "hub check",
        .synopsis = "[--repair] [OPTION]...",
        .about = "Looks for damage: in the control data, the certificates, the journal and the "
                 "observations. Exits with 1 where something is wrong and was not repaired.",
        .rows = rows,
        .count = sizeof(rows) / sizeof(rows[0]),
};

static void print_json(struct hub_checker *c, const char *part, const char *where, const char *day,
                       const char *text, bool repaired)
{
	json_object_open(&c->json, NULL);
	json_string(&c->json, "part", part);
	json_string(&c->json, "where", where);
	json_string(&c->json, "day", day);
	json_string(&c->json, "text", text);
	json_bool(&c->json, "repaired", repaired);
	json_object_close(&c->json);
}

void hub_check_found(struct hub_checker *c, const char *part, const char *where, uint32_t day,
                     const char *text, bool repaired)
{
	char time[TIME_TEXT_MAX];

	time_text((uint64_t)day * 86400 * NS_PER_SECOND, 0, time);
	time[10] = '\0'; /* the day alone */
	c->found++;
	c->left += !repaired;
	if (c->session->common->json)
		print_json(c, part, where, day ? time : NULL, text, repaired);
	else
		outfile_printf(c->session->out, "%s: %s%s%s%s%s%s\n", part, where ? where : "",
		               where && day ? " " : "", day ? time : "", where || day ? ": " : "",
		               text, repaired ? " (repaired)" : "");
}

void hub_check_failed(struct hub_checker *c, const char *part, const struct trouble *t)
{
	hub_check_found(c, part, t->file[0] ? t->file : NULL, 0, t->text, false);
}

static void found_control(void *state, const char *sentence)
{
	hub_check_found(state, "control", NULL, 0, sentence, false);
}

static void check_control(struct hub_checker *c)
{
	struct trouble t = {0};
	uint64_t before = c->found;

	if (control_check(c->session->control, found_control, c, &t) && c->found == before)
		hub_check_failed(c, "control", &t);
}

static void found_journal(void *state, const char *file, const char *text)
{
	hub_check_found(state, "journal", file, 0, text, false);
}

static void check_journal(struct hub_checker *c, struct journal_found *found)
{
	struct trouble t = {0};
	char path[PATH_MAX];
	enum status st;

	hub_path(c->session, "journal", path);
	st = journal_check(path, found_journal, c, found, &t);
	if (st && st != STATUS_NOT_FOUND) /* the hub never ran */
		hub_check_failed(c, "journal", &t);
}

static void found_observations(void *state, const struct observations_finding *f)
{
	hub_check_found(state, "observations", f->table, f->day, f->text, f->repaired);
}

static void check_store(struct hub_checker *c, bool repair, bool *still)
{
	const struct observations_finder finder = {c, found_observations};
	struct trouble t = {0};
	struct hub_store store;
	uint64_t before = c->found;
	enum status st = hub_store_open(&store, c->session, &t);

	*still = hub_store_is_still(&store);
	if (!st && repair) {
		st = hub_store_want_still(&store, "--repair", &t);
		if (!st)
			st = hub_store_drain(&store, c->session, &t);
	}
	if (!st)
		st = observations_check(store.observations, repair, &finder, &t);
	if (st && c->found == before)
		hub_check_failed(c, "observations", &t);
	hub_store_close(&store);
}

static void print_end(struct hub_checker *c, const struct journal_found *journal, bool still)
{
	struct outfile *out = c->session->out;

	if (c->session->common->json) {
		json_array_close(&c->json);
		json_bool(&c->json, "well", c->left == 0);
		json_bool(&c->json, "hub_running", !still);
		json_u64(&c->json, "journal_segments", journal->segments);
		json_u64(&c->json, "journal_rows", journal->rows);
		json_object_close(&c->json);
		return;
	}
	outfile_printf(out, "%llu found, %llu of them left; %llu segments wait in the journal\n",
	               (unsigned long long)c->found, (unsigned long long)c->left,
	               (unsigned long long)journal->segments);
	if (c->left && !still)
		outfile_text(out, "The hub is running: what it stored meanwhile may show as a "
		                  "difference. Stop it and check again to be sure.\n");
}

static enum status work(struct hub_session *s, struct trouble *t)
{
	const struct check_settings *settings = (const struct check_settings *)s->common;
	struct hub_checker c = {.session = s};
	struct journal_found journal = {0};
	bool still = true;

	(void)t;
	if (s->common->json) {
		json_init(&c.json, s->out, 2);
		json_object_open(&c.json, NULL);
		json_array_open(&c.json, "findings");
	}
	check_control(&c);
	hub_check_certificates(&c);
	check_journal(&c, &journal);
	check_store(&c, settings->repair, &still);
	print_end(&c, &journal, still);
	*settings->wrong = c.left != 0;
	return STATUS_OK;
}

static int run(int argc, char **argv)
{
	static const struct hub_task task = {&hub_check_options, 0, 0, NULL, false, work};
	bool wrong = false;
	struct check_settings settings = {.wrong = &wrong};
	int result = hub_task_run(&task, argc, argv, &settings.common);

	return result ? result : wrong ? EXIT_NOTHING : 0;
}

const struct command command_hub_check = {"check", "look for damage, and repair what can be", run};
