/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/handlers.h"

#include "base/token.h"
#include "store/control.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* What is needed to certify a sensor's key. */
struct certify {
	const struct serve *serve;
	const char *request;
	size_t request_bytes;
	uint64_t now;
	char pem[PKI_PEM_MAX];
};

static enum status certify(void *state, uint32_t number, const char *name,
                           struct control_certificate *out, struct trouble *t)
{
	struct certify *c = state;
	const struct serve_options *o = &c->serve->options;
	struct pki_facts facts;
	enum status st = pki_issue_sensor(o->authority, c->request, c->request_bytes, number, name,
	                                  o->certificate_days, c->now, c->pem, &facts, t);

	if (st)
		return st;
	memcpy(out->serial, facts.serial, sizeof(out->serial));
	out->not_after = (uint32_t)facts.not_after;
	return STATUS_OK;
}

static void answer_enrolled(struct request *rq, const struct certify *c,
                            const struct control_sensor *sensor)
{
	struct json_out *j = reply_json(&rq->reply, 200);

	if (!j)
		return;
	json_object_open(j, NULL);
	json_u64(j, "sensor", sensor->number);
	json_string(j, "name", sensor->name);
	json_string(j, "member", sensor->member_name);
	json_string(j, "certificate", c->pem);
	json_string(j, "authority", pki_authority_pem(rq->serve->options.authority));
	write_time(j, "time", c->now);
	json_object_close(j);
	log_note(rq->serve->options.log, "sensor-joined", "sensor=%u name=%s member=%s from=%s",
	         sensor->number, sensor->name, sensor->member_name, rq->connection->from);
}

static void enrol(struct request *rq, const char *text, const char *csr)
{
	struct certify c = {.serve = rq->serve,
	                    .request = csr,
	                    .request_bytes = strlen(csr),
	                    .now = (uint64_t)time(NULL)};
	struct control_sensor sensor;
	struct token_text token;
	struct trouble t = {0};
	enum status st = STATUS_DENIED;

	if (token_invitation_parse(text, &token) == STATUS_OK)
		st = control_invitation_redeem(rq->serve->changes, token.hash, (uint32_t)c.now,
		                               certify, &c, &sensor, &t);
	secret_wipe(&token, sizeof(token));
	if (st == STATUS_OK)
		answer_enrolled(rq, &c, &sensor);
	else if (st == STATUS_DENIED)
		auth_fail(rq, 403, "the invitation is unknown, used or past its time");
	else if (st == STATUS_FORMAT)
		reply_error(&rq->reply, 422, "the request for a certificate is not good: %s",
		            t.text);
	else
		answer_failure(rq, st, &t);
}

void handle_enrol(struct request *rq, unsigned thread)
{
	const char *token = NULL, *csr = NULL, *version = "";
	const struct body_field fields[] = {
	        {"token", BODY_TEXT, true, 1, 256, &token},
	        {"csr", BODY_TEXT, true, 1, PKI_PEM_MAX - 1, &csr},
	        {"version", BODY_TEXT, false, 0, HEALTH_VERSION_MAX - 1, &version},
	};
	struct body *body = read_body(rq, fields, sizeof(fields) / sizeof(fields[0]));

	(void)thread;
	if (body)
		enrol(rq, token, csr);
	body_free(body);
}

static void renew(struct request *rq, const char *csr)
{
	struct certify c = {.serve = rq->serve,
	                    .request = csr,
	                    .request_bytes = strlen(csr),
	                    .now = (uint64_t)time(NULL)};
	char who[CALLER_TEXT_MAX];
	struct control_actor by = {.who = who, .now = (uint32_t)c.now};
	struct control_certificate made;
	struct trouble t = {0};
	struct json_out *j;
	enum status st = certify(&c, rq->caller.sensor, rq->caller.name, &made, &t);

	caller_text(&rq->caller, who);
	if (st == STATUS_FORMAT) {
		reply_error(&rq->reply, 422, "the request for a certificate is not good: %s",
		            t.text);
		return;
	}
	if (!st)
		st = control_certificate_add(rq->serve->changes, rq->caller.sensor, &made, &by, &t);
	if (st == STATUS_DENIED) {
		reply_error(&rq->reply, 403, "this sensor is revoked");
	} else if (st == STATUS_LIMIT) {
		rq->reply.retry_after_s = 86400;
		reply_error(&rq->reply, 429, "this sensor had too many certificates today");
	} else if (st) {
		answer_failure(rq, st, &t);
	} else if ((j = reply_json(&rq->reply, 200))) {
		json_object_open(j, NULL);
		json_string(j, "certificate", c.pem);
		json_object_close(j);
	}
}

void handle_renew(struct request *rq, unsigned thread)
{
	const char *csr = NULL;
	const struct body_field field = {"csr", BODY_TEXT, true, 1, PKI_PEM_MAX - 1, &csr};
	struct body *body = read_body(rq, &field, 1);

	(void)thread;
	if (body)
		renew(rq, csr);
	body_free(body);
}

static void answer_acknowledged(struct request *rq, enum intake_verdict verdict,
                                const struct intake_answer *answer)
{
	struct json_out *j = reply_json(&rq->reply, 200);
	char boot[17];

	if (!j)
		return;
	snprintf(boot, sizeof(boot), "%016" PRIx64, answer->boot_id);
	json_object_open(j, NULL);
	json_object_open(j, "acknowledged");
	json_string(j, "boot", boot);
	json_u64(j, "sequence", answer->sequence);
	json_object_close(j);
	json_bool(j, "repeat", verdict == INTAKE_REPEAT);
	json_bool(j, "provisional", verdict == INTAKE_PROVISIONAL);
	json_object_close(j);
}

void handle_batch(struct request *rq, unsigned thread)
{
	const struct serve_options *o = &rq->serve->options;
	struct intake_answer answer = {0};
	enum intake_verdict verdict;

	(void)thread;
	if (!o->submit) {
		rq->reply.retry_after_s = 60;
		reply_error(&rq->reply, 503, "this hub takes no batches now");
		return;
	}
	verdict = o->submit(o->intake, rq->caller.sensor, (const uint8_t *)rq->body, rq->body_size,
	                    &answer);
	switch (verdict) {
	case INTAKE_ACKNOWLEDGED:
	case INTAKE_REPEAT:
	case INTAKE_PROVISIONAL:
		answer_acknowledged(rq, verdict, &answer);
		break;
	case INTAKE_MALFORMED:
		reply_error(&rq->reply, 400, "%s", answer.why);
		break;
	case INTAKE_REFUSED:
		reply_error(&rq->reply, 422, "%s", answer.why);
		break;
	case INTAKE_LATER:
		rq->reply.retry_after_s = answer.retry_after_s ? answer.retry_after_s : 1;
		reply_error(&rq->reply, 503, "%s", answer.why);
		break;
	}
}
