/* SPDX-License-Identifier: Apache-2.0 */
#include "hub.h"
#include "hub_admin.h"

#include <string.h>

struct profile_settings {
	struct hub_common common;
	const char *share;
	uint64_t min_sensors, min_sources; /* 0: as it is */
	bool reset;
};

#define AT(field) offsetof(struct profile_settings, field)

static const struct option rows[] = {
        {"share", "yes|no", "Whether other members see anything of these sensors.", OPTION_TEXT,
         AT(share), 0, 0},
        {"min-sensors", "N", "A figure that they see has at least so many sensors in it.",
         OPTION_COUNT, AT(min_sensors), 1, 1000000},
        {"min-sources", "N", "A figure that they see has at least so many sources in it.",
         OPTION_COUNT, AT(min_sources), 1, 1000000000},
        {"reset", NULL, "Back to the default.", OPTION_FLAG, AT(reset), 0, 0},
        HUB_DIR_ROW,
        HUB_JSON_ROW,
        HUB_HELP_ROW,
};

const struct option_table hub_profile_options = {
        .command = "hub profile",
        .synopsis = "[OPTION]... [MEMBER]",
        .about = "Shows or changes what the other members see of a member's sensors. Without a "
                 "member: the default of those that have no profile of their own.",
        .rows = rows,
        .count = sizeof(rows) / sizeof(rows[0]),
};

static enum status change(struct hub_session *s, const struct profile_settings *wish,
                          uint32_t member, struct trouble *t)
{
	struct sharing_profile profile;
	enum status st = control_profile(s->control, member, &profile, t);

	if (st)
		return st;
	if (wish->reset)
		return control_profile_set(s->control, member, NULL, &s->actor, t);
	if (wish->share && strcmp(wish->share, "yes") != 0 && strcmp(wish->share, "no") != 0)
		return trouble_set(t, STATUS_USAGE, NULL, 0, "--share: '%.80s' is not yes or no",
		                   wish->share);
	if (wish->share)
		profile.shared = wish->share[0] == 'y';
	if (wish->min_sensors)
		profile.min_sensors = (uint32_t)wish->min_sensors;
	if (wish->min_sources)
		profile.min_sources = (uint32_t)wish->min_sources;
	return control_profile_set(s->control, member, &profile, &s->actor, t);
}

static void show(struct hub_session *s, const char *name, const struct sharing_profile *profile)
{
	struct json_out j;

	if (!s->common->json) {
		outfile_printf(s->out,
		               "%s: shared %s, cells of at least %u sensors and %u sources\n",
		               name ? name : "(default)", profile->shared ? "yes" : "no",
		               profile->min_sensors, profile->min_sources);
		return;
	}
	json_init(&j, s->out, 2);
	json_object_open(&j, NULL);
	json_string(&j, "member", name);
	json_bool(&j, "shared", profile->shared);
	json_u64(&j, "min_sensors", profile->min_sensors);
	json_u64(&j, "min_sources", profile->min_sources);
	json_object_close(&j);
}

static enum status work(struct hub_session *s, struct trouble *t)
{
	const struct profile_settings *wish = (const struct profile_settings *)s->common;
	const char *name = s->operands->count ? s->operands->items[0] : NULL;
	struct sharing_profile profile;
	uint32_t member;
	enum status st = hub_member_id(s, name, &member, t);

	if (!st && (wish->share || wish->min_sensors || wish->min_sources || wish->reset))
		st = change(s, wish, member, t);
	if (!st)
		st = control_profile(s->control, member, &profile, t);
	if (!st)
		show(s, name, &profile);
	return st;
}

static int run(int argc, char **argv)
{
	static const struct hub_task task = {&hub_profile_options, 0, 1, NULL, false, work};
	struct profile_settings settings = {0};

	return hub_task_run(&task, argc, argv, &settings.common);
}

const struct command command_hub_profile = {"profile", "what a member shares with the others", run};
