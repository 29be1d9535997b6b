/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/handlers.h"

#include "base/timefmt.h"
#include "store/control.h"

#include <string.h>

void write_time(struct json_out *j, const char *key, uint64_t seconds)
{
	char text[TIME_TEXT_MAX];

	if (seconds == 0) {
		json_null(j, key);
		return;
	}
	time_text(seconds * NS_PER_SECOND, 0, text);
	json_string(j, key, text);
}

/* The words of a health text as an array. */
static void write_words(struct json_out *j, const char *key, const char *words)
{
	char word[CONTROL_WORDS_MAX];

	json_array_open(j, key);
	for (const char *at = words; *at;) {
		size_t n = strcspn(at, " ");

		if (n > 0) {
			memcpy(word, at, n);
			word[n] = '\0';
			json_string(j, NULL, word);
		}
		at += n + (at[n] == ' ');
	}
	json_array_close(j);
}

void write_sensor(struct json_out *j, const char *key, const struct control_sensor *s)
{
	json_object_open(j, key);
	json_u64(j, "number", s->number);
	json_string(j, "name", s->name);
	json_string(j, "member", s->member_name);
	json_string(j, "state", control_sensor_state_name(s->state));
	write_time(j, "created", s->created);
	write_time(j, "ended", s->ended);
	write_time(j, "certificate_end", s->certificate_end);
	write_time(j, "last_contact", s->last_contact);
	write_time(j, "last_window", s->last_window);
	if (s->last_window)
		json_double(j, "addresses", s->addresses, 9);
	else
		json_null(j, "addresses");
	write_words(j, "health", s->health);
	json_string(j, "version", s->version[0] ? s->version : NULL);
	json_object_close(j);
}

bool caller_sees_all(const struct caller *c)
{
	return c->known && (c->role == ROLE_ADMINISTRATOR || c->role == ROLE_ANALYST);
}

bool caller_sees(const struct caller *c, const struct control_sensor *s)
{
	return caller_sees_all(c) || (c->known && c->member && c->member == s->member);
}

void answer_failure(struct request *rq, enum status st, const struct trouble *t)
{
	log_trouble(rq->serve->options.log, LOG_LEVEL_ERROR, "request-failed", t);
	reply_trouble(&rq->reply, st);
}

struct body *read_body(struct request *rq, const struct body_field *fields, size_t count)
{
	char wrong[160];
	struct body *body;
	enum body_verdict verdict =
	        body_read(&body, rq->body, rq->body_size, fields, count, wrong, sizeof(wrong));

	if (verdict != BODY_GOOD)
		reply_error(&rq->reply, verdict == BODY_BROKEN ? 400 : 422, "%s", wrong);
	return body;
}
