/* SPDX-License-Identifier: Apache-2.0 */
#include "hub.h"
#include "hub_admin.h"

#include "base/pki.h"
#include "base/token.h"

#include <stdio.h>
#include <string.h>

struct invite_settings {
	struct hub_common common;
	const char *sensor, *member, *url;
	uint64_t expires_ns;
	bool replace;
};

#define AT(field) offsetof(struct invite_settings, field)
#define DAY_NS    (UINT64_C(86400) * NS_PER_SECOND)

static const struct option rows[] = {
        {"sensor", "NAME", "The name of the sensor to be: up to 63 of a-z, 0-9 and hyphens.",
         OPTION_TEXT, AT(sensor), 0, 0},
        {"member", "NAME", "The member that owns it.", OPTION_TEXT, AT(member), 0, 0},
        {"expires", "TIME", "How long the invitation is good, such as 90m or 7d; 24h unless given.",
         OPTION_DURATION, AT(expires_ns), 60 * NS_PER_SECOND, 366 * DAY_NS},
        {"replace", NULL,
         "The sensor exists and gets a new key, because its disk died or its key may be known: "
         "the old key ends when the invitation is used. Its number and its data stay.",
         OPTION_FLAG, AT(replace), 0, 0},
        {"url", "URL",
         "How the sensor reaches the hub, where this is not the hub's first name and the port in "
         "hub.conf.",
         OPTION_TEXT, AT(url), 0, 0},
        HUB_DIR_ROW,
        HUB_JSON_ROW,
        HUB_HELP_ROW,
};

const struct option_table hub_invite_options = {
        .command = "hub invite",
        .synopsis = "--sensor NAME --member NAME [OPTION]...",
        .about = "Prints the one line to run on the machine that is to be a sensor. The invitation "
                 "works once; a later one for the same name ends it.",
        .rows = rows,
        .count = sizeof(rows) / sizeof(rows[0]),
};

static enum status draw(struct hub_session *s, struct token_text *token, struct trouble *t)
{
	struct pki_authority *authority;
	char path[PATH_MAX];
	enum status st;

	hub_path(s, "authority.pem", path);
	st = pki_authority_load(&authority, NULL, path, t);
	if (st)
		return st;
	st = token_invitation_make(pki_authority_facts(authority)->fingerprint, token, t);
	pki_authority_free(authority);
	return st;
}

static enum status find_replaced(struct hub_session *s, struct control_invitation *i,
                                 struct trouble *t)
{
	struct control_sensor sensor;
	enum status st = control_sensor_by_name(s->control, i->name, &sensor, t);

	i->replaces = sensor.number;
	return st;
}

static void show(struct hub_session *s, const struct control_invitation *i, const char *url,
                 const struct token_text *token)
{
	struct json_out j;
	char until[TIME_TEXT_MAX];

	hub_time(i->expires, until);
	if (!s->common->json) {
		outfile_printf(s->out, "noroshi sensor join %s %s\n", url, token->text);
		fprintf(stderr, "noroshi: run this on the sensor, once, until %s\n", until);
		return;
	}
	json_init(&j, s->out, 2);
	json_object_open(&j, NULL);
	json_string(&j, "sensor", i->name);
	json_string(&j, "url", url);
	json_string(&j, "token", token->text);
	json_string(&j, "expires", until);
	json_object_close(&j);
}

static enum status invite(struct hub_session *s, struct trouble *t)
{
	const struct invite_settings *wish = (const struct invite_settings *)s->common;
	struct control_invitation i = {0};
	struct token_text token = {0};
	char url[512];
	enum status st;

	if (!wish->sensor || !wish->member)
		return trouble_set(t, STATUS_USAGE, NULL, 0,
		                   "an invitation needs --sensor and --member");
	if (strlen(wish->sensor) >= sizeof(i.name))
		return trouble_set(t, STATUS_USAGE, NULL, 0, "a name has at most %d characters",
		                   SLUG_MAX - 1);
	memcpy(i.name, wish->sensor, strlen(wish->sensor));
	i.expires = s->actor.now + (uint32_t)(wish->expires_ns / NS_PER_SECOND);
	st = hub_member_id(s, wish->member, &i.member, t);
	if (!st && wish->replace)
		st = find_replaced(s, &i, t);
	if (!st && wish->url)
		snprintf(url, sizeof(url), "%s", wish->url);
	else if (!st)
		st = hub_url(s, url, sizeof(url), t);
	if (!st)
		st = draw(s, &token, t);
	memcpy(i.hash, token.hash, sizeof(i.hash));
	if (!st)
		st = control_invitation_add(s->control, &i, &s->actor, t);
	if (!st)
		show(s, &i, url, &token);
	secret_wipe(&token, sizeof(token));
	return st;
}

static int run(int argc, char **argv)
{
	static const struct hub_task task = {&hub_invite_options, 0, 0, NULL, false, invite};
	struct invite_settings settings = {.expires_ns = DAY_NS};

	return hub_task_run(&task, argc, argv, &settings.common);
}

const struct command command_hub_invite = {"invite", "let a new sensor join", run};
