/* SPDX-License-Identifier: Apache-2.0 */
#include "hub_check.h"

#include "base/pki.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
	DAY_S = 86400,
	SERVER_SOON_S = 30 * DAY_S,
	AUTHORITY_SOON_S = 365 * DAY_S, /* every sensor must join anew */
	TEXT_BYTES = 256,
};

static const char part[] = "certificates";

static void say_end(struct hub_checker *c, const char *file, uint64_t end, uint64_t soon,
                    const char *advice)
{
	char text[TEXT_BYTES], time[TIME_TEXT_MAX];
	uint64_t now = c->session->actor.now;

	if (end >= now + soon)
		return;
	time_text(end * NS_PER_SECOND, 0, time);
	snprintf(text, sizeof(text), "%s %s; %s", end < now ? "ended" : "ends", time, advice);
	hub_check_found(c, part, file, 0, text, false);
}

/* The file's first bytes. */
static enum status read_pem(const char *path, char out[PKI_PEM_MAX], size_t *n, struct trouble *t)
{
	FILE *file = fopen(path, "re");

	if (!file)
		return trouble_set(t, status_of_errno(errno), path, 0, "cannot read: %s",
		                   strerror(errno));
	*n = fread(out, 1, PKI_PEM_MAX - 1, file);
	out[*n] = '\0';
	fclose(file);
	return STATUS_OK;
}

/* The server's key must be the one that its certificate names. */
static enum status check_pair(struct hub_checker *c, const struct pki_facts *facts,
                              struct trouble *t)
{
	uint8_t fingerprint[SHA256_BYTES];
	struct pki_key *key = NULL;
	char path[PATH_MAX];
	enum status st;

	hub_path(c->session, "hub.key", path);
	st = pki_key_load(&key, path, t);
	if (!st)
		st = pki_key_fingerprint(key, fingerprint, t);
	pki_key_free(key);
	if (!st && memcmp(fingerprint, facts->fingerprint, SHA256_BYTES) != 0)
		st = trouble_set(t, STATUS_FORMAT, path, 0,
		                 "the certificate in hub.pem is of another key; 'noroshi hub "
		                 "certificate' makes one for this");
	return st;
}

static void check_server(struct hub_checker *c, const struct pki_authority *authority)
{
	char path[PATH_MAX], pem[PKI_PEM_MAX];
	struct pki_facts facts = {0};
	struct trouble t = {0};
	size_t n = 0;
	enum status st;

	hub_path(c->session, "hub.pem", path);
	st = read_pem(path, pem, &n, &t);
	if (!st)
		st = pki_facts_read(pem, n, &facts, &t);
	if (st) {
		hub_check_failed(c, part, &t);
		return;
	}
	say_end(c, path, facts.not_after, SERVER_SOON_S,
	        "'noroshi hub certificate' makes a new one, which the hub takes at its next start");
	/* What has ended was told; for the rest the time does not matter. */
	if (pki_check(authority, pem, n, PKI_USE_SERVER,
	              facts.not_after < c->session->actor.now ? facts.not_after
	                                                      : c->session->actor.now,
	              NULL, &t))
		hub_check_failed(c, part, &t);
	else if (check_pair(c, &facts, &t))
		hub_check_failed(c, part, &t);
}

static void check_sensors(struct hub_checker *c)
{
	struct control_sensor *all = NULL;
	struct trouble t = {0};
	size_t count = 0;
	char name[SLUG_MAX + 16];

	if (control_sensors(c->session->control, 0, &all, &count, &t)) {
		hub_check_failed(c, part, &t);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		if (all[i].state != CONTROL_SENSOR_ACTIVE)
			continue;
		snprintf(name, sizeof(name), "sensor %s", all[i].name);
		say_end(c, name, all[i].certificate_end, 0,
		        "'noroshi hub invite --replace' lets the sensor join again");
	}
	free(all);
}

/* Keys and tokens lie there: it is the owner's alone. */
static void check_folder(struct hub_checker *c)
{
	struct stat info;

	if (stat(c->session->dir, &info) == 0 && (info.st_mode & 077) != 0)
		hub_check_found(c, part, c->session->dir, 0,
		                "others than its owner may look into the state directory; "
		                "chmod 700 takes that away",
		                false);
}

void hub_check_certificates(struct hub_checker *c)
{
	char key[PATH_MAX], certificate[PATH_MAX];
	struct pki_authority *authority = NULL;
	struct trouble t = {0};

	check_folder(c);
	hub_path(c->session, "authority.key", key);
	hub_path(c->session, "authority.pem", certificate);
	if (pki_authority_load(&authority, key, certificate, &t)) {
		hub_check_failed(c, part, &t);
	} else {
		say_end(c, certificate, pki_authority_facts(authority)->not_after, AUTHORITY_SOON_S,
		        "every sensor will have to join a hub with a new authority");
		check_server(c, authority);
	}
	pki_authority_free(authority);
	check_sensors(c);
}
