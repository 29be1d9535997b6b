/* SPDX-License-Identifier: Apache-2.0 */
#include "hub_admin.h"
#include "owner.h"

#include "base/timefmt.h"
#include "hub_settings.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void complain(const struct trouble *t)
{
	char text[1024];

	trouble_print(t, text, sizeof(text));
	fprintf(stderr, "noroshi: %s\n", text);
}

static void find_place(struct hub_session *s)
{
	const char *dir = s->common->dir ? s->common->dir : getenv("NOROSHI_HUB");

	snprintf(s->dir, sizeof(s->dir), "%s", dir && *dir ? dir : "/var/lib/noroshi-hub");
}

/* The account that runs the command: who became root may still be asked by name. */
static void find_actor(struct hub_session *s)
{
	const struct passwd *account = getpwuid(getuid());

	if (account)
		snprintf(s->who, sizeof(s->who), "cli:%s", account->pw_name);
	else
		snprintf(s->who, sizeof(s->who), "cli:%u", (unsigned)getuid());
	s->actor = (struct control_actor){.who = s->who, .now = (uint32_t)time(NULL)};
}

void hub_path(const struct hub_session *s, const char *name, char out[PATH_MAX])
{
	if (snprintf(out, PATH_MAX, "%s/%s", s->dir, name) >= PATH_MAX)
		out[0] = '\0'; /* opens as nothing */
}

static enum status open_control(struct hub_session *s, struct trouble *t)
{
	char path[PATH_MAX];
	enum status st;

	hub_path(s, "control.db", path);
	st = control_open(&s->control, path, t);
	if (st == STATUS_NOT_FOUND)
		trouble_set(t, st, s->dir, 0,
		            "no hub here: name its directory with --dir, or make it with "
		            "'noroshi hub init'");
	return st;
}

static enum status work(const struct hub_task *task, struct hub_session *s, struct trouble *t)
{
	enum status st = outfile_open(&s->out, "-", t);

	if (!st && !task->no_control)
		st = owner_become(s->dir, t);
	if (!st && !task->no_control)
		st = open_control(s, t);
	if (!st)
		st = task->work(s, t);
	control_close(s->control);
	if (st)
		outfile_abandon(s->out);
	else
		st = outfile_commit(s->out, t);
	return st;
}

static int run(const struct hub_task *task, struct hub_session *s)
{
	struct trouble t = {0};
	enum status st;

	find_place(s);
	find_actor(s);
	st = work(task, s, &t);
	if (!st)
		return 0;
	complain(&t);
	return st == STATUS_USAGE ? EXIT_USAGE : EXIT_NOTHING;
}

int hub_task_run(const struct hub_task *task, int argc, char **argv, struct hub_common *settings)
{
	struct text_list operands = {0};
	struct hub_session s = {.common = settings, .operands = &operands};
	struct trouble t = {0};
	int result = EXIT_USAGE;

	if (options_parse(task->table, argc, argv, settings, &operands, &t)) {
		complain(&t);
	} else if (settings->help) {
		options_help(task->table, stdout);
		result = 0;
	} else if (operands.count < task->operands_min) {
		fprintf(stderr, "noroshi: %s needs %s; see --help\n", task->table->command,
		        task->needs);
	} else if (operands.count > task->operands_max) {
		fprintf(stderr, "noroshi: '%s' is one too many for %s; see --help\n",
		        operands.items[task->operands_max], task->table->command);
	} else {
		result = run(task, &s);
	}
	text_list_clear(&operands);
	return result;
}

static int usage(const char *name, const struct command *const *commands, size_t count, FILE *out,
                 int status)
{
	fprintf(out, "usage: noroshi %s COMMAND [OPTION]...\n\n", name);
	for (size_t i = 0; i < count; i++)
		fprintf(out, "  %-12s %s\n", commands[i]->name, commands[i]->help);
	fprintf(out, "\n'noroshi %s COMMAND --help' lists a command's options.\n", name);
	return status;
}

int hub_dispatch(const char *name, const struct command *const *commands, size_t count, int argc,
                 char **argv)
{
	if (argc < 2)
		return usage(name, commands, count, stderr, EXIT_USAGE);
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)
		return usage(name, commands, count, stdout, 0);
	for (size_t i = 0; i < count; i++) {
		if (strcmp(argv[1], commands[i]->name) == 0)
			return commands[i]->run(argc - 1, argv + 1);
	}
	fprintf(stderr, "noroshi: '%s' is not a command of '%s'\n", argv[1], name);
	return usage(name, commands, count, stderr, EXIT_USAGE);
}

/* The digits behind the last colon. */
static const char *port_of(const char *listen)
{
	const char *colon = strrchr(listen, ':');

	return colon && colon[1] && strspn(colon + 1, "0123456789") == strlen(colon + 1) ? colon + 1
	                                                                                 : NULL;
}

static enum status read_port(struct hub_session *s, char out[16], struct trouble *t)
{
	struct hub_settings settings = hub_defaults;
	struct ini *ini = NULL;
	char path[PATH_MAX];
	const char *port;
	enum status st;

	hub_path(s, "hub.conf", path);
	st = config_read(&ini, path, &hub_config, &settings, t);
	if (st)
		return st;
	port = port_of(settings.listen);
	if (port)
		snprintf(out, 16, "%s", port);
	else
		st = trouble_set(t, STATUS_FORMAT, path, 0, "listen = %.80s names no port",
		                 settings.listen);
	ini_free(ini);
	return st;
}

enum status hub_url(struct hub_session *s, char *out, size_t size, struct trouble *t)
{
	char names[4096], port[16];
	enum status st = control_setting(s->control, "names", names, sizeof(names), t);
	const char *colon;

	if (!st)
		st = read_port(s, port, t);
	if (st)
		return st;
	names[strcspn(names, " ")] = '\0';
	colon = strchr(names, ':');
	snprintf(out, size, "https://%s%s%s:%s", colon ? "[" : "", names, colon ? "]" : "", port);
	return STATUS_OK;
}

enum status hub_member_id(struct hub_session *s, const char *name, uint32_t *id, struct trouble *t)
{
	struct control_member m;
	enum status st;

	*id = 0;
	if (!name)
		return STATUS_OK;
	st = control_member_by_name(s->control, name, &m, t);
	if (st == STATUS_NOT_FOUND)
		trouble_set(t, st, NULL, 0, "no member '%.80s'; 'noroshi hub member add' makes one",
		            name);
	*id = m.id;
	return st;
}

void hub_time(uint32_t seconds, char out[TIME_TEXT_MAX])
{
	if (seconds)
		time_text(seconds * NS_PER_SECOND, 0, out);
	else
		snprintf(out, TIME_TEXT_MAX, "-");
}

void hub_json_time(struct json_out *j, const char *key, uint32_t seconds)
{
	char text[TIME_TEXT_MAX];

	hub_time(seconds, text);
	json_string(j, key, seconds ? text : NULL);
}
