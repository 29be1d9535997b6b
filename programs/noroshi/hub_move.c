/* SPDX-License-Identifier: Apache-2.0 */
#include "hub.h"
#include "hub_conf_edit.h"
#include "hub_store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct move_settings {
	struct hub_common common;
	const char *to, *user, *password_file, *database, *cluster, *authority;
};

#define AT(field) offsetof(struct move_settings, field)

static const struct option rows[] = {
        {"to", "URL", "The ClickHouse server, as http://host:8123 or https://host:8443.",
         OPTION_TEXT, AT(to), 0, 0},
        {"user", "NAME", "The server's user.", OPTION_TEXT, AT(user), 0, 0},
        {"password-file", "FILE", "A file with the user's password on its first line.", OPTION_TEXT,
         AT(password_file), 0, 0},
        {"database", "NAME", "The server's database, which must be there. Its default one else.",
         OPTION_TEXT, AT(database), 0, 0},
        {"cluster", "NAME",
         "The name of the server's cluster, for replicated and distributed tables.", OPTION_TEXT,
         AT(cluster), 0, 0},
        {"authority", "FILE",
         "A PEM file with who signs the server's certificate. The system's else.", OPTION_TEXT,
         AT(authority), 0, 0},
        HUB_DIR_ROW,
        HUB_HELP_ROW,
};

const struct option_table hub_move_options = {
        .command = "hub move",
        .synopsis = "--to URL [OPTION]...",
        .about = "Moves the observations to a ClickHouse server. While the hub works it copies the "
                 "days that are over; run again with the hub stopped it copies the rest, compares, "
                 "and changes hub.conf. Sensors keep what they see meanwhile. It may be stopped "
                 "at any point and run again.",
        .rows = rows,
        .count = sizeof(rows) / sizeof(rows[0]),
};

struct move {
	struct hub_session *s;
	struct hub_store from;
	struct hub_place place; /* the same hub, with the other store */
	char password_file[PATH_MAX], authority[PATH_MAX];
	struct engine *engine;
	struct observations *to;
};

static const char *or_null(const char *text)
{
	return text && *text ? text : NULL;
}

/* hub.conf wants paths that mean the same from everywhere. */
static enum status full_path(const char *path, char out[PATH_MAX], const char **result,
                             struct trouble *t)
{
	*result = NULL;
	if (!or_null(path))
		return STATUS_OK;
	if (!realpath(path, out))
		return trouble_set(t, status_of_errno(errno), path, 0, "cannot read: %s",
		                   strerror(errno));
	*result = out;
	return STATUS_OK;
}

static enum status set_place(struct move *m, struct trouble *t)
{
	const struct move_settings *settings = (const struct move_settings *)m->s->common;
	struct hub_settings *place = &m->place.settings;
	enum status st;

	m->place = m->from.place;
	m->place.ini = NULL; /* stays the other's */
	m->place.password[0] = '\0';
	place->store_url = settings->to;
	place->store_user = settings->user;
	place->store_database = settings->database;
	place->store_cluster = settings->cluster;
	st = full_path(settings->password_file, m->password_file, &place->store_password_file, t);
	if (!st)
		st = full_path(settings->authority, m->authority, &place->store_authority, t);
	return st ? st : hub_place_password(&m->place, t);
}

static enum status open_target(struct move *m, struct trouble *t)
{
	enum status st = set_place(m, t);

	if (!st)
		st = hub_store_engine(&m->engine, &m->place, NULL, 10, t);
	if (!st)
		st = observations_open(&m->to,
		                       &(struct observations_config){
		                               .engine = m->engine,
		                               .log = &m->from.log,
		                               .cluster = or_null(m->place.settings.store_cluster)},
		                       t);
	return st;
}

static enum status is_empty(struct move *m, bool *empty, struct trouble *t)
{
	struct observations_health health;
	enum status st = observations_health(m->to, &health, t);

	*empty = true;
	for (size_t i = 0; i < health.table_count && !st; i++)
		*empty &= health.tables[i].rows == 0;
	return st;
}

/* Rows of another hub, or of another time of this one, would stay among ours: the first run
 * wants an empty database, and notes where it goes. */
static enum status begin(struct move *m, struct trouble *t)
{
	const struct hub_settings *place = &m->place.settings;
	char target[512], known[512];
	bool empty = false;
	enum status st;

	snprintf(target, sizeof(target), "%.400s %.100s", place->store_url,
	         place->store_database ? place->store_database : "");
	st = control_setting(m->s->control, "move-to", known, sizeof(known), t);
	if (!st && strcmp(known, target) == 0)
		return STATUS_OK;
	if (st && st != STATUS_NOT_FOUND && st != STATUS_LIMIT)
		return st;
	st = is_empty(m, &empty, t);
	if (!st && !empty)
		st = trouble_set(t, STATUS_CONFLICT, place->store_url, 0,
		                 "its tables hold rows already; name an empty --database");
	return st ? st : control_setting_set(m->s->control, "move-to", target, &m->s->actor, t);
}

static enum status copy_closed(struct move *m, struct trouble *t)
{
	enum status st = observations_copy(m->from.observations, m->to, m->s->actor.now / 86400, t);

	if (!st)
		outfile_printf(
		        m->s->out,
		        "The days that are over are at %s.\n"
		        "Next: stop the hub, run this again for the rest, and start the hub: "
		        "it will use the server.\n",
		        m->place.settings.store_url);
	return st;
}

static enum status change_config(struct move *m, struct trouble *t)
{
	const struct hub_settings *p = &m->place.settings;
	const struct conf_change changes[] = {{"store", "url", p->store_url},
	                                      {"store", "user", p->store_user},
	                                      {"store", "password-file", p->store_password_file},
	                                      {"store", "database", p->store_database},
	                                      {"store", "cluster", p->store_cluster},
	                                      {"store", "authority", p->store_authority}};
	char path[PATH_MAX];

	hub_path(m->s, "hub.conf", path);
	return conf_edit(path, path, changes, sizeof(changes) / sizeof(changes[0]), t);
}

static enum status copy_rest(struct move *m, struct trouble *t)
{
	char detail[CONTROL_DETAIL_MAX];
	enum status st = hub_store_drain(&m->from, m->s, t);

	if (!st)
		st = observations_copy(m->from.observations, m->to, UINT32_MAX, t);
	snprintf(detail, sizeof(detail), "to %.200s", m->place.settings.store_url);
	if (!st)
		st = control_audit_add(m->s->control, &m->s->actor, "hub-move", detail, t);
	if (!st)
		st = change_config(m, t);
	if (!st)
		outfile_printf(m->s->out,
		               "All observations are at %s, and hub.conf says so: start the hub.\n"
		               "%s%s%s",
		               m->place.settings.store_url,
		               hub_place_is_embedded(&m->from.place)
		                       ? "What they were copied from is still in "
		                       : "",
		               hub_place_is_embedded(&m->from.place) ? m->from.place.data : "",
		               hub_place_is_embedded(&m->from.place)
		                       ? "; remove it when the hub works.\n"
		                       : "");
	return st;
}

static enum status check_usage(const struct move_settings *settings, struct trouble *t)
{
	if (!settings->to ||
	    (strncmp(settings->to, "http://", 7) != 0 && strncmp(settings->to, "https://", 8) != 0))
		return trouble_set(t, STATUS_USAGE, NULL, 0,
		                   "hub move wants --to http://host:8123 or https://host:8443");
	return STATUS_OK;
}

static enum status move(struct move *m, const struct move_settings *settings, struct trouble *t)
{
	const struct hub_settings *now;
	enum status st = hub_store_open(&m->from, m->s, t);

	if (st)
		return st;
	now = &m->from.place.settings;
	if (or_null(now->store_url) && strcmp(now->store_url, settings->to) == 0 &&
	    strcmp(or_null(now->store_database) ? now->store_database : "",
	           settings->database ? settings->database : "") == 0)
		return trouble_set(t, STATUS_CONFLICT, settings->to, 0,
		                   "the observations are there already");
	st = open_target(m, t);
	if (!st)
		st = begin(m, t);
	if (st)
		return st;
	return hub_store_is_still(&m->from) ? copy_rest(m, t) : copy_closed(m, t);
}

static enum status work(struct hub_session *s, struct trouble *t)
{
	const struct move_settings *settings = (const struct move_settings *)s->common;
	struct move *m;
	enum status st = check_usage(settings, t);

	if (st)
		return st;
	m = calloc(1, sizeof(*m));
	if (!m)
		return trouble_set(t, STATUS_NO_MEMORY, NULL, 0, "out of memory");
	m->from.hold = -1;
	m->s = s;
	st = move(m, settings, t);
	observations_close(m->to);
	engine_free(m->engine);
	hub_store_close(&m->from);
	secret_wipe(m->place.password, sizeof(m->place.password));
	free(m);
	return st;
}

static int run(int argc, char **argv)
{
	static const struct hub_task task = {&hub_move_options, 0, 0, NULL, false, work};
	struct move_settings settings = {0};

	return hub_task_run(&task, argc, argv, &settings.common);
}

const struct command command_hub_move = {"move", "move the observations to a server", run};
