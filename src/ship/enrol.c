/* SPDX-License-Identifier: Apache-2.0 */
#include "ship/enrol.h"

#include "base/outfile.h"
#include "base/token.h"
#include "ship/hub_answer.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	URL_MAX = 512,
	ENROL_TOTAL_MS = 30000,
	SLACK_S = 60, /* a certificate made just now may begin this long after our clock */
};

enum status enrol_files_in(const char *folder, struct enrol_files *out)
{
	int n = snprintf(out->key, sizeof(out->key), "%s/sensor.key", folder);
	int m = snprintf(out->certificate, sizeof(out->certificate), "%s/sensor.pem", folder);
	int k = snprintf(out->authority, sizeof(out->authority), "%s/authority.pem", folder);

	return n < PATH_MAX && m < PATH_MAX && k < PATH_MAX ? STATUS_OK : STATUS_LIMIT;
}

enum status enrol_check_url(const char *url, struct trouble *t)
{
	static const char scheme[] = "https://";
	const char *host = url + sizeof(scheme) - 1;

	if (strncmp(url, scheme, sizeof(scheme) - 1) != 0 || !*host || strlen(url) > URL_MAX / 2 ||
	    strpbrk(host, "/?#@ \t\r\n\"\\"))
		return trouble_set(t, STATUS_USAGE, NULL, 0,
		                   "'%.200s' is no hub: it is named as https://HOST:PORT", url);
	return STATUS_OK;
}

static enum status write_file(const char *path, const char *text, struct trouble *t)
{
	struct outfile *file;
	enum status st = outfile_open(&file, path, t);

	if (st)
		return st;
	outfile_text(file, text);
	return outfile_commit(file, t);
}

enum status enrol_facts(const struct enrol_files *files, struct pki_facts *out, struct trouble *t)
{
	char pem[PKI_PEM_MAX];
	FILE *in = fopen(files->certificate, "re");
	size_t n;

	if (!in)
		return trouble_set(t, status_of_errno(errno), files->certificate, 0,
		                   "cannot read the certificate: %s; has this sensor joined?",
		                   strerror(errno));
	n = fread(pem, 1, sizeof(pem), in);
	fclose(in);
	if (pki_facts_read(pem, n, out, NULL))
		return trouble_set(t, STATUS_FORMAT, files->certificate, 0, "not a certificate");
	return STATUS_OK;
}

/* --- one exchange with the hub --- */

/* {"csr": ..., more} as a body; the caller frees it. */
static char *make_body(const char *csr, const char *token)
{
	json_t *root = token ? json_pack("{s:s, s:s, s:s}", "token", token, "csr", csr, "version",
	                                 NOROSHI_VERSION)
	                     : json_pack("{s:s}", "csr", csr);
	char *body = root ? json_dumps(root, JSON_COMPACT) : NULL;

	json_decref(root);
	return body;
}

static enum status post(struct http_client *client, const char *url, const char *path,
                        const char *body, struct http_response *r, struct trouble *t)
{
	static const struct http_header headers[] = {{"Content-Type", "application/json"}};
	char whole[URL_MAX];
	struct http_request request = {.url = whole,
	                               .headers = headers,
	                               .header_count = 1,
	                               .body = body,
	                               .body_bytes = strlen(body),
	                               .total_ms = ENROL_TOTAL_MS};

	snprintf(whole, sizeof(whole), "%s%s", url, path);
	return http_client_perform(client, &request, r, t);
}

/* The hub said no: which, for the person. */
static enum status refused(const struct http_response *r, const char *url, struct trouble *t)
{
	char why[HUB_WHY_MAX];

	hub_error_text(r, why, sizeof(why));
	if (r->status == 403)
		return trouble_set(t, STATUS_DENIED, url, 0,
		                   "the hub does not take it: %s; ask for a new invitation", why);
	if (r->status == 429 || r->status >= 500)
		return trouble_set(t, STATUS_UNAVAILABLE, url, 0, "the hub is busy: %s", why);
	return trouble_set(t, STATUS_FORMAT, url, 0, "the hub answers: %s", why);
}

/* --- joining --- */

static enum status own_key(const struct enrol_files *files, struct pki_key **key, struct trouble *t)
{
	enum status st;

	if (access(files->key, F_OK) == 0)
		return pki_key_load(key, files->key, t);
	st = pki_key_make(key, t);
	if (!st)
		st = pki_key_save(*key, files->key, t);
	return st;
}

/* What the hub answered to an invitation, as texts of a document that stays the caller's. */
struct answer {
	json_t *root;
	json_int_t sensor;
	const char *name, *member, *certificate, *authority;
};

static enum status read_answer(const struct http_response *r, const char *url, struct answer *a,
                               struct trouble *t)
{
	a->root = json_loadb(r->body, r->body_bytes, 0, NULL);
	if (!a->root ||
	    json_unpack(a->root, "{s:I, s:s, s:s, s:s, s:s}", "sensor", &a->sensor, "name",
	                &a->name, "member", &a->member, "certificate", &a->certificate, "authority",
	                &a->authority) != 0 ||
	    a->sensor < 1 || a->sensor > UINT32_MAX || strlen(a->name) >= ENROL_NAME_MAX ||
	    strlen(a->member) >= ENROL_NAME_MAX)
		return trouble_set(t, STATUS_FORMAT, url, 0,
		                   "the hub's answer is not that of a noroshi hub");
	return STATUS_OK;
}

/* The certificate is for our key, from the authority of the token, and says what the answer says.
 */
static enum status check_answer(const struct answer *a, const struct pki_key *key,
                                const uint8_t pin[SHA256_BYTES], uint64_t now_s,
                                struct pki_facts *facts, struct trouble *t)
{
	struct pki_authority *authority = NULL;
	uint8_t own[SHA256_BYTES];
	enum status st = pki_authority_parse(&authority, a->authority, strlen(a->authority), t);

	if (!st && memcmp(pki_authority_facts(authority)->fingerprint, pin, SHA256_BYTES) != 0)
		st = trouble_set(t, STATUS_DENIED, NULL, 0,
		                 "the hub gave another authority than the invitation's");
	if (!st)
		st = pki_check(authority, a->certificate, strlen(a->certificate), PKI_USE_SENSOR,
		               now_s + SLACK_S, facts, t);
	if (!st)
		st = pki_key_fingerprint(key, own, t);
	if (!st && (memcmp(own, facts->fingerprint, SHA256_BYTES) != 0 ||
	            facts->sensor != (uint32_t)a->sensor || strcmp(facts->name, a->name) != 0))
		st = trouble_set(t, STATUS_FORMAT, NULL, 0,
		                 "the certificate that the hub gave is not ours");
	pki_authority_free(authority);
	return st;
}

/* A clock that is off is the likely reason where a certificate does not hold. */
static void hint_at_clock(int64_t ahead_s, struct trouble *t)
{
	size_t used = t ? strlen(t->text) : 0;

	if (t && llabs(ahead_s) > PKI_BACKDATE_S)
		snprintf(t->text + used, sizeof(t->text) - used,
		         "; this machine's clock is %lld s %s the hub's: set it", llabs(ahead_s),
		         ahead_s > 0 ? "ahead of" : "behind");
}

static enum status take_answer(const struct http_response *r, const char *url,
                               const struct enrol_files *files, const struct pki_key *key,
                               const uint8_t pin[SHA256_BYTES], uint64_t now_s,
                               struct enrol_joined *out, struct trouble *t)
{
	struct answer a = {0};
	struct pki_facts facts;
	enum status st = r->status == 200 ? read_answer(r, url, &a, t) : refused(r, url, t);

	if (!st)
		st = check_answer(&a, key, pin, now_s, &facts, t);
	if (!st)
		st = write_file(files->authority, a.authority, t);
	if (!st)
		st = write_file(files->certificate, a.certificate, t);
	if (!st) {
		out->sensor = (uint32_t)a.sensor;
		out->not_after = facts.not_after;
		snprintf(out->name, sizeof(out->name), "%s", a.name);
		snprintf(out->member, sizeof(out->member), "%s", a.member);
	}
	json_decref(a.root);
	return st;
}

/* The hub of this token, before the token is sent. */
static enum status enrol_with(const char *url, const char *token, const uint8_t pin[SHA256_BYTES],
                              const struct pki_key *key, const struct enrol_files *files,
                              uint64_t now_s, struct enrol_joined *out, struct trouble *t)
{
	struct http_client_options options = {.authority_pin = pin};
	struct http_client *client = NULL;
	struct http_response r = {0};
	char csr[PKI_PEM_MAX], *body = NULL;
	enum status st = pki_request_make(key, "sensor", csr, t);

	if (!st)
		st = http_client_open(&client, &options, t);
	if (!st && !(body = make_body(csr, token)))
		st = trouble_set(t, STATUS_NO_MEMORY, NULL, 0, "out of memory");
	if (!st)
		st = post(client, url, "/v1/sensor/enrol", body, &r, t);
	if (!st) {
		uint64_t date = hub_date(&r);

		out->clock_ahead_s = date ? (int64_t)(now_s - date) : 0;
		st = take_answer(&r, url, files, key, pin, now_s, out, t);
		if (st)
			hint_at_clock(out->clock_ahead_s, t);
		http_response_clear(&r);
	}
	if (body)
		secret_wipe(body, strlen(body));
	free(body);
	http_client_free(client);
	return st;
}

enum status enrol_join(const char *url, const char *token, const struct enrol_files *files,
                       uint64_t now_s, struct enrol_joined *out, struct trouble *t)
{
	struct token_text parsed;
	struct pki_key *key = NULL;
	enum status st = enrol_check_url(url, t);

	*out = (struct enrol_joined){0};
	if (st)
		return st;
	if (token_invitation_parse(token, &parsed))
		return trouble_set(t, STATUS_USAGE, NULL, 0,
		                   "that is no invitation: it is nrs1. and two more parts, as "
		                   "'noroshi hub invite' prints it");
	if (access(files->certificate, F_OK) == 0)
		return trouble_set(t, STATUS_CONFLICT, files->certificate, 0,
		                   "this sensor has joined a hub already; to join anew, move this "
		                   "file away");
	st = own_key(files, &key, t);
	if (!st)
		st = enrol_with(url, parsed.text, parsed.fingerprint, key, files, now_s, out, t);
	secret_wipe(&parsed, sizeof(parsed));
	pki_key_free(key);
	return st;
}

/* --- renewing --- */

bool enrol_due(const struct pki_facts *certificate, uint64_t now_s)
{
	uint64_t life = certificate->not_after - certificate->not_before;

	return now_s >= certificate->not_after - life / 3;
}

static enum status take_renewed(const struct http_response *r, const struct enrol_files *files,
                                const struct pki_key *key, uint64_t now_s, struct pki_facts *out,
                                struct trouble *t)
{
	json_t *root = json_loadb(r->body, r->body_bytes, 0, NULL);
	struct pki_authority *authority = NULL;
	uint8_t own[SHA256_BYTES];
	const char *pem;
	enum status st = STATUS_OK;

	if (!root || json_unpack(root, "{s:s}", "certificate", &pem) != 0)
		st = trouble_set(t, STATUS_FORMAT, NULL, 0, "the hub's answer has no certificate");
	if (!st)
		st = pki_authority_load(&authority, NULL, files->authority, t);
	if (!st)
		st = pki_check(authority, pem, strlen(pem), PKI_USE_SENSOR, now_s + SLACK_S, out,
		               t);
	if (!st)
		st = pki_key_fingerprint(key, own, t);
	if (!st && memcmp(own, out->fingerprint, SHA256_BYTES) != 0)
		st = trouble_set(t, STATUS_FORMAT, NULL, 0,
		                 "the certificate that the hub gave is not for our key");
	if (!st)
		st = write_file(files->certificate, pem, t);
	pki_authority_free(authority);
	json_decref(root);
	return st;
}

enum status enrol_renew(struct http_client *client, const char *url,
                        const struct enrol_files *files, uint64_t now_s, struct pki_facts *out,
                        struct trouble *t)
{
	struct http_response r = {0};
	struct pki_key *key = NULL;
	char csr[PKI_PEM_MAX], *body = NULL;
	enum status st = pki_key_load(&key, files->key, t);

	if (!st)
		st = pki_request_make(key, "sensor", csr, t);
	if (!st && !(body = make_body(csr, NULL)))
		st = trouble_set(t, STATUS_NO_MEMORY, NULL, 0, "out of memory");
	if (!st)
		st = post(client, url, "/v1/sensor/renew", body, &r, t);
	if (!st) {
		st = r.status == 200 ? take_renewed(&r, files, key, now_s, out, t)
		                     : refused(&r, url, t);
		http_response_clear(&r);
	}
	free(body);
	pki_key_free(key);
	return st;
}
