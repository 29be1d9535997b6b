/* SPDX-License-Identifier: Apache-2.0 */
#include "hub_certify.h"

#include "hub.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct certificate_settings {
	struct hub_common common;
	struct text_list names;
};

static const struct option rows[] = {
        {"name", "NAME",
         "A DNS name or an IP address under which sensors reach the hub; may be given several "
         "times. The names that it has unless given.",
         OPTION_LIST, offsetof(struct certificate_settings, names), 0, 0},
        HUB_DIR_ROW,
        HUB_HELP_ROW,
};

const struct option_table hub_certificate_options = {
        .command = "hub certificate",
        .synopsis = "[--name NAME]...",
        .about = "Makes a new certificate for the hub's server, with the key that it has: before "
                 "the old one ends, or for other names. The hub takes it when it starts again.",
        .rows = rows,
        .count = sizeof(rows) / sizeof(rows[0]),
};

static enum status take_key(struct hub_session *s, bool new_key, struct pki_key **key,
                            struct trouble *t)
{
	char path[PATH_MAX];
	enum status st;

	hub_path(s, "hub.key", path);
	if (!new_key)
		return pki_key_load(key, path, t);
	st = pki_key_make(key, t);
	return st ? st : pki_key_save(*key, path, t);
}

enum status hub_certify(struct hub_session *s, const struct pki_authority *authority,
                        const struct text_list *names, bool new_key, struct trouble *t)
{
	struct pki_key *key = NULL;
	struct outfile *file;
	char pem[PKI_PEM_MAX], path[PATH_MAX];
	enum status st;

	if (names->count > PKI_SERVER_NAMES)
		return trouble_set(t, STATUS_USAGE, NULL, 0, "more than %d names",
		                   (int)PKI_SERVER_NAMES);
	st = take_key(s, new_key, &key, t);
	if (!st)
		st = pki_issue_server(authority, key, names->items, names->count, PKI_SERVER_DAYS,
		                      s->actor.now, pem, NULL, t);
	pki_key_free(key);
	hub_path(s, "hub.pem", path);
	if (!st)
		st = outfile_open_private(&file, path, t);
	if (st)
		return st == STATUS_FORMAT ? STATUS_USAGE : st;
	outfile_text(file, pem);
	return outfile_commit(file, t);
}

enum status hub_certify_note(struct hub_session *s, const struct text_list *names,
                             struct trouble *t)
{
	char joined[4096];
	size_t used = 0;

	joined[0] = '\0';
	for (size_t i = 0; i < names->count; i++) {
		used += (size_t)snprintf(joined + used, sizeof(joined) - used, "%s%s", i ? " " : "",
		                         names->items[i]);
		if (used >= sizeof(joined))
			return trouble_set(t, STATUS_USAGE, NULL, 0, "the names are too long");
	}
	return control_setting_set(s->control, "names", joined, &s->actor, t);
}

/* The names of now, as pointers into text. */
static enum status read_names(struct hub_session *s, char *text, size_t size, const char **items,
                              struct text_list *out, struct trouble *t)
{
	enum status st = control_setting(s->control, "names", text, size, t);

	*out = (struct text_list){.items = items};
	for (char *at = text; !st && *at && out->count < PKI_SERVER_NAMES;) {
		size_t n = strcspn(at, " ");
		bool last = at[n] == '\0';

		at[n] = '\0';
		items[out->count++] = at;
		at += last ? n : n + 1;
	}
	return st;
}

static enum status certify(struct hub_session *s, struct trouble *t)
{
	const struct certificate_settings *settings =
	        (const struct certificate_settings *)s->common;
	struct pki_authority *authority = NULL;
	struct text_list names = settings->names;
	const char *items[PKI_SERVER_NAMES];
	char key[PATH_MAX], certificate[PATH_MAX], text[4096];
	enum status st = STATUS_OK;

	if (names.count == 0)
		st = read_names(s, text, sizeof(text), items, &names, t);
	hub_path(s, "authority.key", key);
	hub_path(s, "authority.pem", certificate);
	if (!st)
		st = pki_authority_load(&authority, key, certificate, t);
	if (!st)
		st = hub_certify(s, authority, &names, false, t);
	if (!st && settings->names.count)
		st = hub_certify_note(s, &names, t);
	if (!st)
		st = control_audit_add(s->control, &s->actor, "certificate", "of the hub's server",
		                       t);
	pki_authority_free(authority);
	return st;
}

static int run(int argc, char **argv)
{
	static const struct hub_task task = {.table = &hub_certificate_options, .work = certify};
	struct certificate_settings settings = {0};
	int result = hub_task_run(&task, argc, argv, &settings.common);

	text_list_clear(&settings.names);
	return result;
}

const struct command command_hub_certificate = {"certificate",
                                                "a new certificate for the hub's server", run};
