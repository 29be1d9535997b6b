/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/inner.h"

#include "base/token.h"
#include "store/control.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

void caller_text(const struct caller *c, char out[CALLER_TEXT_MAX])
{
	if (!c->known)
		snprintf(out, CALLER_TEXT_MAX, "-");
	else if (c->role == ROLE_SENSOR)
		snprintf(out, CALLER_TEXT_MAX, "sensor:%u", c->sensor);
	else
		snprintf(out, CALLER_TEXT_MAX, "token:%s", c->name);
}

static void refuse(struct request *rq, unsigned status, const char *detail)
{
	rq->reply.authenticate = rq->route && rq->route->rights == RIGHT(SENSOR)
	                                 ? "Certificate realm=\"noroshi\""
	                                 : "Bearer realm=\"noroshi\"";
	reply_error(&rq->reply, status, "%s", detail);
}

void auth_fail(struct request *rq, unsigned status, const char *detail)
{
	const struct sockaddr *from = (const void *)&rq->connection->address;

	metrics_add(rq->serve->options.metrics, METRIC_AUTH_FAILED, 1);
	if (!limiter_fail(&rq->serve->limiter, from, watch_now_ms() / 1000)) {
		rq->reply.retry_after_s = LIMITER_REFILL_S;
		rq->reply.close = true;
		reply_error(&rq->reply, 429, "too many wrong credentials from this address");
		return;
	}
	log_warning(rq->serve->options.log, "auth-failed", "from=%s path=%s", rq->connection->from,
	            rq->path);
	refuse(rq, status, detail);
}

/* The certificate was good when the connection began: is it still, and is it not revoked? */
static bool check_sensor(struct request *rq)
{
	const struct peer *peer = &rq->connection->peer;
	uint64_t now = (uint64_t)time(NULL);
	struct control_sensor sensor;
	struct trouble t = {0};
	enum status st;

	if (peer->verdict == PEER_NONE) {
		refuse(rq, 401, "a sensor's certificate is needed");
		return false;
	}
	if (peer->verdict != PEER_GOOD || now < peer->facts.not_before ||
	    now > peer->facts.not_after) {
		char detail[192];

		snprintf(detail, sizeof(detail), "the certificate is not good: %s",
		         peer->wrong[0] ? peer->wrong : "its time is over");
		auth_fail(rq, 401, detail);
		return false;
	}
	st = control_sensor_by_serial(rq->serve->control, peer->facts.serial, &sensor, &t);
	if (st == STATUS_DENIED || (!st && sensor.number != peer->facts.sensor)) {
		metrics_add(rq->serve->options.metrics, METRIC_AUTH_FAILED, 1);
		reply_error(&rq->reply, 403, "this certificate is revoked or not known here");
		return false;
	}
	if (st) {
		log_trouble(rq->serve->options.log, LOG_LEVEL_ERROR, "control-failed", &t);
		reply_trouble(&rq->reply, st);
		return false;
	}
	rq->caller = (struct caller){.known = true,
	                             .role = ROLE_SENSOR,
	                             .member = sensor.member,
	                             .sensor = sensor.number};
	memcpy(rq->caller.name, sensor.name, sizeof(rq->caller.name));
	return true;
}

/* "Bearer TEXT" (RFC 6750); NULL for another scheme. */
static const char *bearer_text(const char *header)
{
	if (strncasecmp(header, "Bearer ", 7) != 0)
		return NULL;
	header += 7;
	return header + strspn(header, " ");
}

static bool check_token(struct request *rq, const char *header)
{
	const char *text = bearer_text(header);
	struct token_text token;
	struct control_token found;
	struct trouble t = {0};
	enum status st = STATUS_DENIED;

	if (text && token_access_parse(text, &token) == STATUS_OK)
		st = control_token_by_hash(rq->serve->control, token.hash, (uint32_t)time(NULL),
		                           &found, &t);
	secret_wipe(&token, sizeof(token));
	if (st == STATUS_DENIED) {
		auth_fail(rq, 401, "the token is unknown, revoked or past its time");
		return false;
	}
	if (st) {
		log_trouble(rq->serve->options.log, LOG_LEVEL_ERROR, "control-failed", &t);
		reply_trouble(&rq->reply, st);
		return false;
	}
	rq->caller = (struct caller){.known = true, .role = found.role, .member = found.member};
	memcpy(rq->caller.name, found.name, sizeof(rq->caller.name));
	return true;
}

/* Did a front hand this on for somebody? Then it is not from this machine. */
static bool is_forwarded(const struct request *rq)
{
	static const char *const names[] = {"Forwarded", "X-Forwarded-For", "X-Real-IP", "Via"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (MHD_lookup_connection_value(rq->http, MHD_HEADER_KIND, names[i]))
			return true;
	}
	return false;
}

/* /metrics for the Prometheus beside us, where the operator said so. */
static bool is_let_in(const struct request *rq)
{
	return rq->route->opens_locally && rq->serve->options.metrics_local &&
	       rq->connection->is_local && !is_forwarded(rq);
}

bool auth_check(struct request *rq)
{
	const char *header;

	if (rq->route->rights == 0)
		return true;
	if (rq->route->rights == RIGHT(SENSOR))
		return check_sensor(rq);
	header = MHD_lookup_connection_value(rq->http, MHD_HEADER_KIND,
	                                     MHD_HTTP_HEADER_AUTHORIZATION);
	if (!header && is_let_in(rq))
		return true;
	if (!header) {
		refuse(rq, 401, "an access token is needed");
		return false;
	}
	if (!check_token(rq, header))
		return false;
	if (rq->route->rights & 1u << rq->caller.role)
		return true;
	reply_error(&rq->reply, 403, "role %s may not do this", role_name(rq->caller.role));
	return false;
}
