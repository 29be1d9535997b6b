/* SPDX-License-Identifier: Apache-2.0 */
/* Joining a hub: what is checked before the token goes out, and what is not believed. */
#include "base/token.h"
#include "faulty_hub.h"
#include "ship/hub_answer.h"
#include "tap.h"

#include <jansson.h>

static uint64_t now(void)
{
	return (uint64_t)time(NULL);
}

static struct token_text invitation(const struct pki_authority *a)
{
	struct token_text token;
	struct trouble t;

	must(token_invitation_make(pki_authority_facts(a)->fingerprint, &token, &t), &t);
	return token;
}

/* What the hub will answer to an invitation. */
static void prepare_answer(struct hub *h, unsigned sensor, const char *name, const char *authority)
{
	char pem[PKI_PEM_MAX], *text;
	json_t *root;

	issue(h, 0, pem);
	root = json_pack("{s:i, s:s, s:s, s:s, s:s, s:s}", "sensor", sensor, "name", name, "member",
	                 "alpha", "certificate", pem, "authority", authority, "time",
	                 "2026-01-01T00:00:00Z");
	text = json_dumps(root, 0);
	write_text(h, "enrol.json", text);
	free(text);
	json_decref(root);
}

static enum status join(struct hub *h, const char *token, uint64_t when, struct enrol_joined *out,
                        struct trouble *t)
{
	*t = (struct trouble){0};
	return enrol_join(h->url, token, &h->files, when, out, t);
}

static void check_join(struct hub *h)
{
	struct token_text token = invitation(h->authority);
	struct enrol_joined joined;
	struct pki_facts facts;
	struct trouble t;
	char want[256];

	prepare_answer(h, SENSOR, "north", pki_authority_pem(h->authority));
	unlink(h->files.certificate);
	unlink(h->files.authority);
	must(join(h, token.text, now(), &joined, &t), &t);
	snprintf(want, sizeof(want), "enrol %s True", token.text);
	CHECK_STR(hub_line(h), want);
	CHECK_U64(joined.sensor, SENSOR);
	CHECK_STR(joined.name, "north");
	CHECK_STR(joined.member, "alpha");
	CHECK(joined.not_after > now() + 89 * 86400 && llabs(joined.clock_ahead_s) < 60);
	must(enrol_facts(&h->files, &facts, &t), &t);
	CHECK_U64(facts.sensor, SENSOR);
	CHECK(access(h->files.authority, R_OK) == 0);
	CHECK(join(h, token.text, now(), &joined, &t) == STATUS_CONFLICT);
	CHECK(strstr(t.text, "has joined a hub already") != NULL);
	CHECK_STR(t.file, h->files.certificate);
}

/* Nothing is written, and the reason is told. */
static void expect_failure(struct hub *h, const char *token, uint64_t when, enum status want,
                           const char *text)
{
	struct enrol_joined joined;
	struct trouble t;
	enum status st;

	unlink(h->files.certificate);
	st = join(h, token, when, &joined, &t);
	if (!CHECK(st == want) || !CHECK(strstr(t.text, text) != NULL))
		printf("# status %d: %s\n", st, t.text);
	CHECK(access(h->files.certificate, F_OK) != 0);
}

/* Another hub answers there: the token must not be seen by it. */
static void check_other_hub(struct hub *h)
{
	struct pki_authority *other;
	struct token_text token;
	struct trouble t;
	const char *line;

	must(pki_authority_make(&other, "another", now(), &t), &t);
	token = invitation(other);
	expect_failure(h, token.text, now(), STATUS_DENIED, "");
	token = invitation(h->authority);
	expect_failure(h, token.text, now(), STATUS_DENIED, "told to say 403");
	do /* the first broke off; only the second was sent */
		line = hub_line(h);
	while (strncmp(line, "broken", 6) == 0);
	CHECK(strncmp(line, "enrol ", 6) == 0 && strstr(line, token.text));
	pki_authority_free(other);
}

static void check_answers(struct hub *h)
{
	struct token_text token = invitation(h->authority);
	struct pki_authority *other;
	struct trouble t;

	must(pki_authority_make(&other, "another", now(), &t), &t);
	prepare_answer(h, SENSOR, "north", pki_authority_pem(other));
	expect_failure(h, token.text, now(), STATUS_DENIED,
	               "another authority than the invitation's");
	prepare_answer(h, SENSOR + 1, "north", pki_authority_pem(h->authority));
	expect_failure(h, token.text, now(), STATUS_FORMAT, "is not ours");
	prepare_answer(h, SENSOR, "south", pki_authority_pem(h->authority));
	expect_failure(h, token.text, now(), STATUS_FORMAT, "is not ours");
	write_text(h, "enrol.json", "{\"sensor\": \"seven\"}");
	expect_failure(h, token.text, now(), STATUS_FORMAT, "not that of a noroshi hub");
	/* Our clock is a day behind: the new certificate is not valid yet. */
	prepare_answer(h, SENSOR, "north", pki_authority_pem(h->authority));
	expect_failure(h, token.text, now() - 86400, STATUS_DENIED, "s behind the hub's: set it");
	pki_authority_free(other);
}

/* A certificate for a key that is not the one here. */
static void check_other_key(struct hub *h)
{
	struct token_text token = invitation(h->authority);
	struct pki_key *key;
	struct trouble t;

	prepare_answer(h, SENSOR, "north", pki_authority_pem(h->authority));
	unlink(h->files.key);
	expect_failure(h, token.text, now(), STATUS_FORMAT, "is not ours");
	must(pki_key_load(&key, h->files.key, &t),
	     &t); /* a new one was made, for its owner alone */
	pki_key_free(key);
}

static void check_usage(struct hub *h)
{
	struct token_text token = invitation(h->authority);
	struct enrol_joined joined;
	struct trouble t;

	CHECK(join(h, "nrs1.abc", now(), &joined, &t) == STATUS_USAGE);
	CHECK(join(h, "", now(), &joined, &t) == STATUS_USAGE);
	CHECK(enrol_join("http://h:1", token.text, &h->files, now(), &joined, &t) == STATUS_USAGE);
	CHECK(enrol_join("https://", token.text, &h->files, now(), &joined, &t) == STATUS_USAGE);
	CHECK(enrol_join("https://h/x", token.text, &h->files, now(), &joined, &t) == STATUS_USAGE);
	CHECK(enrol_check_url("https://[::1]:8443", &t) == STATUS_OK);
	hub_stop(h);
	expect_failure(h, token.text, now(), STATUS_UNAVAILABLE, "");
}

static struct hub_answer read_answer(int status, const char *body, const char *headers)
{
	char text[256], lines[256];
	struct http_response r = {.status = status, .body = text, .headers = lines};
	struct hub_answer a;

	r.body_bytes = (size_t)snprintf(text, sizeof(text), "%s", body);
	r.header_bytes = (size_t)snprintf(lines, sizeof(lines), "%s", headers);
	hub_answer_read(&r, 0xab, 9, &a);
	return a;
}

static void check_hub_answers(void)
{
	static const char good[] =
	        "{\"acknowledged\":{\"boot\":\"00000000000000ab\",\"sequence\":9}}";
	struct hub_answer a = read_answer(200, good, "Date: Thu, 01 Jan 2026 00:00:10 GMT\n");

	CHECK(a.verdict == HUB_TAKEN && !a.repeat && a.date_s == 1767225610);
	a = read_answer(200, good, "Date: yesterday\n");
	CHECK(a.verdict == HUB_TAKEN && a.date_s == 0);
	a = read_answer(200, "{\"acknowledged\":{\"boot\":\"ab\",\"sequence\":9}}", "");
	CHECK(a.verdict == HUB_LATER);
	a = read_answer(200, "{\"acknowledged\":{\"boot\":\"00000000000000ab\",\"sequence\":8}}",
	                "");
	CHECK(a.verdict == HUB_LATER);
	a = read_answer(200, "<html>", "");
	CHECK(a.verdict == HUB_LATER);
	a = read_answer(503, "{\"error\":{\"detail\":\"a\\nb\"}}", "Retry-After: 99999\n");
	CHECK(a.verdict == HUB_LATER && a.retry_after_s == HUB_RETRY_MAX_S);
	CHECK_STR(a.why, "a b");
	a = read_answer(503, "busy", "Retry-After: soon\n");
	CHECK(a.retry_after_s == 0);
	CHECK_STR(a.why, "it answered 503 busy");
	CHECK(read_answer(422, "", "").verdict == HUB_REFUSED);
	CHECK(read_answer(403, "", "").verdict == HUB_STRANGER);
	CHECK(read_answer(302, "", "").verdict == HUB_LATER);
}

int main(void)
{
	struct hub h;

	check_hub_answers();
	hub_prepare(&h, 0);
	hub_start(&h, "ok 403");
	check_join(&h);
	check_other_hub(&h);
	check_answers(&h);
	check_other_key(&h);
	check_usage(&h);
	hub_clear(&h);
	return tap_done();
}
