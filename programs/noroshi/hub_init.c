/* SPDX-License-Identifier: Apache-2.0 */
#include "hub.h"
#include "hub_admin.h"
#include "hub_certify.h"
#include "hub_folder.h"
#include "hub_settings.h"
#include "owner.h"

#include "base/token.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct init_settings {
	struct hub_common common;
	struct text_list names;
	const char *listen;
};

#define AT(field) offsetof(struct init_settings, field)

static const struct option rows[] = {
        {"name", "NAME",
         "A DNS name or an IP address under which sensors reach the hub; may be given several "
         "times, and the first is the one that invitations name. This machine's name unless given.",
         OPTION_LIST, AT(names), 0, 0},
        {"listen", "ADDR:PORT",
         "Where the hub listens; goes into hub.conf. [::]:7443 unless given.", OPTION_TEXT,
         AT(listen), 0, 0},
        {"json", NULL, "Print JSON.", OPTION_FLAG, AT(common.json), 0, 0},
        HUB_HELP_ROW,
};

const struct option_table hub_init_options = {
        .command = "hub init",
        .synopsis = "[--name NAME]... [--listen ADDR:PORT] DIR",
        .about = "Makes the state directory of a hub: its certificate authority, its server's "
                 "certificate, its control data, a commented hub.conf, and the first "
                 "administrator's token, which is printed this once.",
        .rows = rows,
        .count = sizeof(rows) / sizeof(rows[0]),
};

/* What init makes, to be taken away again when it fails half way. */
static const char *const made_files[] = {"control.db",    "control.db-wal", "control.db-shm",
                                         "authority.key", "authority.pem",  "hub.key",
                                         "hub.pem",       "hub.conf"};
static const char *const made_folders[] = {"journal", "observations"};

static enum status make_folders(struct hub_session *s, struct trouble *t)
{
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(made_folders) / sizeof(made_folders[0]); i++) {
		hub_path(s, made_folders[i], path);
		if (mkdir(path, 0700) != 0)
			return trouble_set(t, status_of_errno(errno), path, 0, "cannot make it: %s",
			                   strerror(errno));
	}
	return STATUS_OK;
}

static void take_away(struct hub_session *s, bool existed)
{
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(made_files) / sizeof(made_files[0]); i++) {
		hub_path(s, made_files[i], path);
		unlink(path);
	}
	for (size_t i = 0; i < sizeof(made_folders) / sizeof(made_folders[0]); i++) {
		hub_path(s, made_folders[i], path);
		rmdir(path);
	}
	if (!existed)
		rmdir(s->dir);
}

/* The sample; only where the hub listens is said. */
static void print_config(struct outfile *file, const char *sample, const char *listen)
{
	static const char key[] = "\n#listen = ";
	const char *at = listen ? strstr(sample, key) : NULL;

	if (!at) {
		outfile_text(file, sample);
		return;
	}
	outfile_write(file, sample, (size_t)(at + 1 - sample));
	outfile_printf(file, "listen = %s", listen);
	outfile_text(file, at + 1 + strcspn(at + 1, "\n"));
}

static enum status write_config(struct hub_session *s, const char *listen, struct trouble *t)
{
	struct outfile *file = NULL;
	char path[PATH_MAX], *sample = NULL;
	size_t n;
	FILE *text = open_memstream(&sample, &n);
	enum status st;

	hub_path(s, "hub.conf", path);
	if (!text)
		return trouble_set(t, STATUS_NO_MEMORY, path, 0, "out of memory");
	config_sample(&hub_config, &hub_defaults, text);
	st = fclose(text) ? trouble_set(t, STATUS_NO_MEMORY, path, 0, "out of memory")
	                  : outfile_open_private(&file, path, t);
	if (!st) {
		print_config(file, sample, listen);
		st = outfile_commit(file, t);
	}
	free(sample);
	return st;
}

/* The keys and certificates, then the configuration. */
static enum status make_keys(struct hub_session *s, const struct text_list *names,
                             struct pki_authority **authority, struct trouble *t)
{
	char key[PATH_MAX], certificate[PATH_MAX];
	enum status st = pki_authority_make(authority, "noroshi hub authority", s->actor.now, t);

	hub_path(s, "authority.key", key);
	hub_path(s, "authority.pem", certificate);
	if (!st)
		st = pki_authority_save(*authority, key, certificate, t);
	return st ? st : hub_certify(s, *authority, names, true, t);
}

static enum status make_control(struct hub_session *s, const struct text_list *names,
                                struct token_text *token, struct trouble *t)
{
	struct control_token first = {.role = ROLE_ADMINISTRATOR, .name = "first"};
	char path[PATH_MAX];
	uint32_t id;
	enum status st;

	hub_path(s, "control.db", path);
	st = control_create(&s->control, path, s->actor.now, t);
	if (!st)
		st = hub_certify_note(s, names, t);
	if (!st)
		st = token_access_make(token, t);
	memcpy(first.hash, token->hash, sizeof(first.hash));
	return st ? st : control_token_add(s->control, &first, &s->actor, &id, t);
}

static void print_made(struct hub_session *s, const struct pki_authority *authority,
                       const struct token_text *token, const char *url)
{
	char fingerprint[2 * SHA256_BYTES + 1];
	struct json_out j;

	hex_encode(pki_authority_facts(authority)->fingerprint, SHA256_BYTES, fingerprint);
	if (!s->common->json) {
		outfile_printf(
		        s->out,
		        "The hub's state is in %s, for its owner alone.\n"
		        "Sensors will find it at %s.\n"
		        "Its authority's key has the fingerprint\n  sha256:%s\n\n"
		        "The first administrator's token, which is shown this once:\n  %s\n\n"
		        "Next: noroshi hub member add --dir %s NAME\n",
		        s->dir, url, fingerprint, token->text, s->dir);
		return;
	}
	json_init(&j, s->out, 2);
	json_object_open(&j, NULL);
	json_string(&j, "directory", s->dir);
	json_string(&j, "url", url);
	json_string(&j, "fingerprint", fingerprint);
	json_string(&j, "token", token->text);
	json_object_close(&j);
}

static enum status make_all(struct hub_session *s, const struct init_settings *settings,
                            const struct text_list *names, struct trouble *t)
{
	struct pki_authority *authority = NULL;
	struct token_text token = {0};
	char url[512];
	enum status st = make_folders(s, t);

	if (!st)
		st = make_keys(s, names, &authority, t);
	if (!st)
		st = write_config(s, settings->listen, t);
	if (!st)
		st = make_control(s, names, &token, t);
	if (!st)
		st = hub_url(s, url, sizeof(url), t);
	if (!st)
		print_made(s, authority, &token, url);
	secret_wipe(&token, sizeof(token));
	pki_authority_free(authority);
	return st;
}

static enum status init(struct hub_session *s, struct trouble *t)
{
	const struct init_settings *settings = (const struct init_settings *)s->common;
	char host[HOST_NAME_MAX + 1];
	const char *host_name = host;
	struct text_list own = {.items = &host_name, .count = 1};
	const struct text_list *names = settings->names.count ? &settings->names : &own;
	bool existed;
	enum status st;

	snprintf(s->dir, sizeof(s->dir), "%s", s->operands->items[0]);
	if (gethostname(host, sizeof(host)) != 0)
		snprintf(host, sizeof(host), "localhost");
	st = owner_become(s->dir, t);
	if (!st)
		st = folder_make(s->dir, &existed, t);
	if (st)
		return st;
	st = make_all(s, settings, names, t);
	if (st) {
		control_close(s->control);
		s->control = NULL;
		take_away(s, existed);
	}
	return st;
}

static int run(int argc, char **argv)
{
	static const struct hub_task task = {
	        .table = &hub_init_options,
	        .operands_min = 1,
	        .operands_max = 1,
	        .needs = "a directory",
	        .no_control = true,
	        .work = init,
	};
	struct init_settings settings = {0};
	int result = hub_task_run(&task, argc, argv, &settings.common);

	text_list_clear(&settings.names);
	return result;
}

const struct command command_hub_init = {"init", "make a hub's state directory", run};
