/* SPDX-License-Identifier: Apache-2.0 */
#include "model/event.h"

#include "base/hash.h"
#include "base/timefmt.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t mix_text(uint64_t h, const char *text)
{
	for (; *text; text++)
		h = hash_u64(h ^ (uint8_t)*text, 0x6576656e74);
	return hash_u64(h, 1);
}

uint64_t event_id(const char *detector, const char *subject, uint64_t start_s)
{
	return hash_u64(mix_text(mix_text(0, detector), subject) ^ start_s, 2);
}

void event_id_text(const struct event *e, char out[EVENT_ID_MAX])
{
	snprintf(out, EVENT_ID_MAX, "%s-%016" PRIx64, e->detector, e->id);
}

void event_init(struct event *e, const char *detector, const char *what, const char *subject,
                uint64_t start_s)
{
	*e = (struct event){.id = event_id(detector, subject, start_s),
	                    .state = EVENT_PROVISIONAL,
	                    .start_s = start_s,
	                    .end_s = start_s};
	snprintf(e->detector, sizeof(e->detector), "%s", detector);
	snprintf(e->what, sizeof(e->what), "%s", what);
	snprintf(e->subject, sizeof(e->subject), "%s", subject);
}

/* The fact of this name, a new one, or NULL where there is no room. */
static struct event_fact *fact_of(struct event *e, const char *name)
{
	struct event_fact *f = e->facts;

	for (unsigned i = 0; i < e->fact_count; i++, f++) {
		if (strcmp(f->name, name) == 0)
			return f;
	}
	if (e->fact_count == EVENT_FACTS)
		return NULL;
	e->fact_count++;
	snprintf(f->name, sizeof(f->name), "%s", name);
	return f;
}

void event_number(struct event *e, const char *name, double number)
{
	struct event_fact *f = fact_of(e, name);

	if (!f)
		return;
	f->number = number;
	f->text[0] = 0;
}

void event_text(struct event *e, const char *name, const char *text)
{
	struct event_fact *f = fact_of(e, name);

	if (f)
		snprintf(f->text, sizeof(f->text), "%s", text);
}

void event_reason(struct event *e, const char *fmt, ...)
{
	va_list args;

	if (e->reason_count == EVENT_REASONS)
		return;
	va_start(args, fmt);
	vsnprintf(e->reasons[e->reason_count++], EVENT_TEXT_MAX, fmt, args);
	va_end(args);
}

void event_forget_reasons(struct event *e)
{
	e->reason_count = 0;
}

const char *event_state_name(enum event_state state)
{
	static const char *const names[] = {
#define EVENT_STATE(id, name) name,
#include "model/event_state.def"
#undef EVENT_STATE
	};

	assert((unsigned)state < EVENT_STATE_COUNT);
	return names[state];
}

bool event_is_over(const struct event *e)
{
	return e->state == EVENT_WITHDRAWN || e->state == EVENT_CLOSED;
}

static void write_time(struct json_out *j, const char *key, uint64_t seconds)
{
	char text[TIME_TEXT_MAX];

	time_text(seconds * NS_PER_SECOND, 0, text);
	json_string(j, key, text);
}

static void write_evidence(struct json_out *j, const struct event *e)
{
	json_object_open(j, "evidence");
	for (unsigned i = 0; i < e->fact_count; i++) {
		const struct event_fact *f = &e->facts[i];

		if (f->text[0])
			json_string(j, f->name, f->text);
		else
			json_double(j, f->name, f->number, 6);
	}
	json_object_close(j);
}

static void write_members(struct json_out *j, const struct event *e)
{
	char text[ADDR_TEXT_MAX];

	json_array_open(j, "members");
	for (size_t i = 0; i < e->member_count; i++) {
		addr_text(&e->members[i], text);
		json_string(j, NULL, text);
	}
	json_array_close(j);
}

void event_write(struct json_out *j, const struct event *e)
{
	char id[EVENT_ID_MAX];

	event_id_text(e, id);
	json_object_open(j, NULL);
	json_string(j, "id", id);
	json_string(j, "detector", e->detector);
	json_string(j, "what", e->what);
	json_string(j, "subject", e->subject);
	json_string(j, "state", event_state_name(e->state));
	json_u64(j, "serial", e->serial);
	write_time(j, "start", e->start_s);
	write_time(j, "end", e->end_s);
	write_time(j, "noticed", e->noticed_s);
	write_time(j, "changed", e->changed_s);
	json_string(j, "title", e->title);
	json_double(j, "confidence", e->confidence, 3);
	json_array_open(j, "reasons");
	for (unsigned i = 0; i < e->reason_count; i++)
		json_string(j, NULL, e->reasons[i]);
	json_array_close(j);
	json_string(j, "wrong_if", e->wrong_if);
	write_evidence(j, e);
	write_members(j, e);
	json_object_close(j);
}

enum status event_copy(struct event *out, const struct event *e)
{
	struct addr *members = NULL;

	if (e->member_count) {
		members = calloc(e->member_count, sizeof(*members));
		if (!members)
			return STATUS_NO_MEMORY;
		memcpy(members, e->members, e->member_count * sizeof(*members));
	}
	*out = *e;
	out->members = members;
	return STATUS_OK;
}

void event_clear(struct event *e)
{
	if (!e)
		return;
	free((void *)e->members);
	e->members = NULL;
	e->member_count = 0;
}
