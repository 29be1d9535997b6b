/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/handlers.h"

#include "base/token.h"
#include "store/control.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { HOURS_DEFAULT = 24, HOURS_MAX = 720 };

void handle_revoke(struct request *rq, unsigned thread)
{
	char who[CALLER_TEXT_MAX];
	struct control_actor by = {.who = who, .now = (uint32_t)time(NULL)};
	struct control_sensor sensor;
	struct trouble t = {0};
	struct json_out *j;
	enum status st;

	(void)thread;
	caller_text(&rq->caller, who);
	st = control_sensor_end(rq->serve->changes, rq->number, CONTROL_SENSOR_REVOKED, &by, &t);
	if (!st)
		st = control_sensor_by_number(rq->serve->changes, rq->number, &sensor, &t);
	if (st == STATUS_NOT_FOUND) {
		reply_error(&rq->reply, 404, "there is no sensor %u", rq->number);
	} else if (st == STATUS_CONFLICT) {
		reply_error(&rq->reply, 409, "sensor %u is revoked already", rq->number);
	} else if (st) {
		answer_failure(rq, st, &t);
	} else {
		log_note(rq->serve->options.log, "sensor-revoked", "sensor=%u who=%s", rq->number,
		         who);
		if ((j = reply_json(&rq->reply, 200)))
			write_sensor(j, NULL, &sensor);
	}
}

static void answer_invitation(struct request *rq, const struct token_text *token,
                              const struct control_invitation *invitation, const char *member)
{
	struct json_out *j = reply_json(&rq->reply, 201);

	if (!j)
		return;
	json_object_open(j, NULL);
	json_string(j, "token", token->text);
	json_string(j, "sensor", invitation->name);
	json_string(j, "member", member);
	write_time(j, "expires", invitation->expires);
	json_object_close(j);
}

/* The number of the active sensor that is to get a new key. */
static enum status find_replaced(struct request *rq, struct control_invitation *invitation,
                                 struct trouble *t)
{
	struct control_sensor sensor;
	enum status st = control_sensor_by_name(rq->serve->changes, invitation->name, &sensor, t);

	if (!st && (sensor.state != CONTROL_SENSOR_ACTIVE || sensor.member != invitation->member))
		st = STATUS_NOT_FOUND;
	if (!st)
		invitation->replaces = sensor.number;
	return st;
}

static enum status add_invitation(struct request *rq, struct control_invitation *invitation,
                                  struct token_text *token, struct trouble *t)
{
	char who[CALLER_TEXT_MAX];
	struct control_actor by = {.who = who, .now = (uint32_t)time(NULL)};
	const struct pki_facts *facts = pki_authority_facts(rq->serve->options.authority);
	enum status st = token_invitation_make(facts->fingerprint, token, t);

	caller_text(&rq->caller, who);
	memcpy(invitation->hash, token->hash, sizeof(invitation->hash));
	return st ? st : control_invitation_add(rq->serve->changes, invitation, &by, t);
}

static void invite(struct request *rq, const char *name, const char *member_name, uint64_t hours,
                   bool replace)
{
	struct control_invitation invitation = {.expires = (uint32_t)time(NULL) +
	                                                   (uint32_t)hours * 3600};
	struct control_member member;
	struct token_text token = {0};
	struct trouble t = {0};
	enum status st = control_member_by_name(rq->serve->changes, member_name, &member, &t);

	snprintf(invitation.name, sizeof(invitation.name), "%s", name);
	invitation.member = member.id;
	if (!st && replace)
		st = find_replaced(rq, &invitation, &t);
	if (!st)
		st = add_invitation(rq, &invitation, &token, &t);
	if (st == STATUS_OK)
		answer_invitation(rq, &token, &invitation, member.name);
	else if (st == STATUS_NOT_FOUND)
		reply_error(&rq->reply, 422, "no such member, or no such sensor of it to replace");
	else if (st == STATUS_FORMAT)
		reply_error(&rq->reply, 422, "the name is not one a sensor can have");
	else if (st == STATUS_CONFLICT)
		reply_error(&rq->reply, 409, "an active sensor has this name");
	else
		answer_failure(rq, st, &t);
	secret_wipe(&token, sizeof(token));
}

void handle_invite(struct request *rq, unsigned thread)
{
	const char *name = NULL, *member = NULL;
	uint64_t hours = HOURS_DEFAULT;
	bool replace = false;
	const struct body_field fields[] = {
	        {"sensor", BODY_TEXT, true, 1, SLUG_MAX - 1, &name},
	        {"member", BODY_TEXT, true, 1, SLUG_MAX - 1, &member},
	        {"hours", BODY_COUNT, false, 1, HOURS_MAX, &hours},
	        {"replace", BODY_FLAG, false, 0, 0, &replace},
	};
	struct body *body = read_body(rq, fields, sizeof(fields) / sizeof(fields[0]));

	(void)thread;
	if (body)
		invite(rq, name, member, hours, replace);
	body_free(body);
}
