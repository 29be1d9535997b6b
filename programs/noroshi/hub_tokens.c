/* SPDX-License-Identifier: Apache-2.0 */
#include "hub.h"
#include "hub_admin.h"

#include "base/token.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct token_settings {
	struct hub_common common;
	const char *role, *member;
	uint64_t expires_ns; /* 0: never */
};

#define AT(field) offsetof(struct token_settings, field)
#define DAY_NS    (UINT64_C(86400) * NS_PER_SECOND)

static const struct option add_rows[] = {
        {"role", "ROLE",
         "reader: what the sharing profiles show to outsiders; member: its own sensors in full "
         "too; analyst: all sensors in full; administrator: everything.",
         OPTION_TEXT, AT(role), 0, 0},
        {"member", "NAME", "Whose it is; a token of role member needs it.", OPTION_TEXT, AT(member),
         0, 0},
        {"expires", "TIME", "How long it is good, such as 90d; for ever unless given.",
         OPTION_DURATION, AT(expires_ns), 60 * NS_PER_SECOND, 3660 * DAY_NS},
        HUB_DIR_ROW,
        HUB_JSON_ROW,
        HUB_HELP_ROW,
};

static const struct option list_rows[] = {HUB_DIR_ROW, HUB_JSON_ROW, HUB_HELP_ROW};
static const struct option revoke_rows[] = {HUB_DIR_ROW, HUB_HELP_ROW};

const struct option_table hub_token_add_options = {
        .command = "hub token add",
        .synopsis = "--role ROLE [OPTION]... NAME",
        .about = "Makes an access token for the HTTP interface and prints it, this once.",
        .rows = add_rows,
        .count = sizeof(add_rows) / sizeof(add_rows[0]),
};

static const struct option_table list_options = {
        .command = "hub token list",
        .synopsis = "[--json]",
        .about = "Lists the tokens, without what is secret.",
        .rows = list_rows,
        .count = sizeof(list_rows) / sizeof(list_rows[0]),
};

static const struct option_table revoke_options = {
        .command = "hub token revoke",
        .synopsis = "NAME",
        .about = "Ends a token at once.",
        .rows = revoke_rows,
        .count = sizeof(revoke_rows) / sizeof(revoke_rows[0]),
};

static void show(struct hub_session *s, const struct control_token *token, const char *text)
{
	struct json_out j;

	if (!s->common->json) {
		outfile_printf(s->out, "%s\n", text);
		return;
	}
	json_init(&j, s->out, 2);
	json_object_open(&j, NULL);
	json_string(&j, "name", token->name);
	json_string(&j, "token", text);
	hub_json_time(&j, "expires", token->expires);
	json_object_close(&j);
}

static enum status fill(struct hub_session *s, const struct token_settings *wish,
                        struct control_token *token, struct trouble *t)
{
	const char *name = s->operands->items[0];

	if (!wish->role || role_parse(wish->role, &token->role) || token->role == ROLE_SENSOR)
		return trouble_set(t, STATUS_USAGE, NULL, 0,
		                   "--role is one of reader, member, analyst, administrator");
	if (token->role == ROLE_MEMBER && !wish->member)
		return trouble_set(t, STATUS_USAGE, NULL, 0, "a member's token needs --member");
	if (strlen(name) >= sizeof(token->name))
		return trouble_set(t, STATUS_USAGE, NULL, 0, "a name has at most %d characters",
		                   SLUG_MAX - 1);
	memcpy(token->name, name, strlen(name) + 1);
	if (wish->expires_ns)
		token->expires = s->actor.now + (uint32_t)(wish->expires_ns / NS_PER_SECOND);
	return hub_member_id(s, wish->member, &token->member, t);
}

static enum status add(struct hub_session *s, struct trouble *t)
{
	struct control_token token = {0};
	struct token_text text = {0};
	uint32_t id;
	enum status st = fill(s, (const struct token_settings *)s->common, &token, t);

	if (!st)
		st = token_access_make(&text, t);
	memcpy(token.hash, text.hash, sizeof(token.hash));
	if (!st)
		st = control_token_add(s->control, &token, &s->actor, &id, t);
	if (!st)
		show(s, &token, text.text);
	secret_wipe(&text, sizeof(text));
	return st;
}

static enum status revoke(struct hub_session *s, struct trouble *t)
{
	return control_token_revoke(s->control, s->operands->items[0], &s->actor, t);
}

static const char *state_of(const struct hub_session *s, const struct control_token *k)
{
	if (k->expires && k->expires <= s->actor.now && (!k->revoked || k->revoked == k->expires))
		return "expired";
	return k->revoked ? "revoked" : "in force";
}

static void print_json(struct hub_session *s, const struct control_token *all, size_t count)
{
	struct json_out j;

	json_init(&j, s->out, 2);
	json_array_open(&j, NULL);
	for (size_t i = 0; i < count; i++) {
		const struct control_token *k = &all[i];

		json_object_open(&j, NULL);
		json_string(&j, "name", k->name);
		json_string(&j, "role", role_name(k->role));
		json_string(&j, "member", k->member ? k->member_name : NULL);
		json_string(&j, "state", state_of(s, k));
		hub_json_time(&j, "created", k->created);
		hub_json_time(&j, "expires", k->expires);
		hub_json_time(&j, "last_used", k->last_used);
		json_object_close(&j);
	}
	json_array_close(&j);
}

static void print_text(struct hub_session *s, const struct control_token *all, size_t count)
{
	static const char *const heading[] = {"NAME",  "ROLE",    "MEMBER",
	                                      "STATE", "EXPIRES", "LAST USED"};
	struct hub_table table = {.columns = sizeof(heading) / sizeof(heading[0])};
	char time[TIME_TEXT_MAX];

	for (size_t i = 0; i < table.columns; i++)
		hub_table_add(&table, heading[i]);
	for (size_t i = 0; i < count; i++) {
		const struct control_token *k = &all[i];

		hub_table_add(&table, k->name);
		hub_table_add(&table, role_name(k->role));
		hub_table_add(&table, k->member_name);
		hub_table_add(&table, state_of(s, k));
		hub_time(k->expires, time);
		hub_table_add(&table, time);
		hub_time(k->last_used, time);
		hub_table_add(&table, time);
	}
	hub_table_print(&table, s->out);
}

static enum status list(struct hub_session *s, struct trouble *t)
{
	struct control_token *all;
	size_t count;
	enum status st = control_tokens(s->control, &all, &count, t);

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
	static const struct hub_task task = {&hub_token_add_options, 1, 1, "a name", false, add};
	struct token_settings settings = {0};

	return hub_task_run(&task, argc, argv, &settings.common);
}

static int run_list(int argc, char **argv)
{
	static const struct hub_task task = {&list_options, 0, 0, NULL, false, list};
	struct hub_common common = {0};

	return hub_task_run(&task, argc, argv, &common);
}

static int run_revoke(int argc, char **argv)
{
	static const struct hub_task task = {&revoke_options, 1, 1, "a name", false, revoke};
	struct hub_common common = {0};

	return hub_task_run(&task, argc, argv, &common);
}

static const struct command command_add = {"add", "make a token", run_add};
static const struct command command_list = {"list", "list the tokens", run_list};
static const struct command command_revoke = {"revoke", "end a token", run_revoke};
static const struct command *const commands[] = {&command_add, &command_list, &command_revoke};

static int run(int argc, char **argv)
{
	return hub_dispatch("hub token", commands, sizeof(commands) / sizeof(commands[0]), argc,
	                    argv);
}

const struct command command_hub_token = {"token", "add, list or revoke access tokens", run};
