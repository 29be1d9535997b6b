/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a sensor becomes one of a hub's: the key is made here and never leaves, the hub certifies it.
 *
 * The invitation (base/token.h) carries the fingerprint of the hub's authority. The connection is
 * held against it before the token is sent, so that whoever listens in between gets nothing. Files
 * appear whole or not at all, the certificate last: while it is not there, the sensor has
 * not joined, and the next attempt uses the key that is there. The program must ignore SIGPIPE.
 * Callers keep the memory; any thread.
 */
#ifndef SHIP_ENROL_H
#define SHIP_ENROL_H

#include "base/pki.h"
#include "base/status.h"
#include "net/http_client.h"

#include <limits.h>

struct enrol_files {
	char key[PATH_MAX];         /* sensor.key, 0600 */
	char certificate[PATH_MAX]; /* sensor.pem */
	char authority[PATH_MAX];   /* authority.pem */
};

/* The usual names in a folder. STATUS_LIMIT: its name is too long. */
MUST_USE enum status enrol_files_in(const char *folder, struct enrol_files *out);

enum { ENROL_NAME_MAX = 64 };

struct enrol_joined {
	uint32_t sensor;
	char name[ENROL_NAME_MAX], member[ENROL_NAME_MAX];
	uint64_t not_after;    /* of the certificate, seconds since 1970 */
	int64_t clock_ahead_s; /* of ours over the hub's; 0 where it did not say */
};

/* Use the invitation at the hub `url` (https://HOST:PORT). STATUS_CONFLICT: this folder has a
 * certificate already; STATUS_USAGE: no such URL or token; STATUS_DENIED: it is another hub, or the
 * hub refuses the token; STATUS_UNAVAILABLE: not reached; STATUS_FORMAT: the hub's answer is not
 * what it should be. */
MUST_USE enum status enrol_join(const char *url, const char *token, const struct enrol_files *files,
                                uint64_t now_s, struct enrol_joined *out, struct trouble *t);

/* Has the certificate a third of its life or less left? */
bool enrol_due(const struct pki_facts *certificate, uint64_t now_s);

/* A new certificate for the same key over a client that carries the old one; it replaces the file.
 */
MUST_USE enum status enrol_renew(struct http_client *client, const char *url,
                                 const struct enrol_files *files, uint64_t now_s,
                                 struct pki_facts *out, struct trouble *t);

/* The facts of the certificate file. */
MUST_USE enum status enrol_facts(const struct enrol_files *files, struct pki_facts *out,
                                 struct trouble *t);

/* STATUS_USAGE unless url is https://HOST[:PORT], without path, query or user. */
MUST_USE enum status enrol_check_url(const char *url, struct trouble *t);

#endif
