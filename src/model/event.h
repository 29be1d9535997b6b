/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An event: something that a detector noticed over time, with what it rests on.
 *
 * The same event is handed out again each time that it changes; the id says that it is the
 * same. It follows from detector, subject and first bin alone, so that a restart, or another
 * hub with the same rows, gives the same id. `serial` grows with each change. Plain data but
 * for the members, which belong to who hands the event out and are valid during the call;
 * event_copy() and event_clear() keep one. Times are seconds since 1970.
 */
#ifndef MODEL_EVENT_H
#define MODEL_EVENT_H

#include "base/json_out.h"
#include "base/status.h"
#include "model/addr.h"

#include <stddef.h>
#include <stdint.h>

enum {
	EVENT_ID_MAX = 48,
	EVENT_NAME_MAX = 24,
	EVENT_SUBJECT_MAX = 64,
	EVENT_TEXT_MAX = 160,
	EVENT_FACTS = 12,
	EVENT_REASONS = 4,
	EVENT_MEMBERS_MAX = 100000, /* more are counted, not listed */
};

enum event_state {
#define EVENT_STATE(id, name) EVENT_##id,
#include "model/event_state.def"
#undef EVENT_STATE
	EVENT_STATE_COUNT
};

/* A number or a text that the event rests on. */
struct event_fact {
	char name[EVENT_NAME_MAX]; /* of letters, digits and _ */
	double number;             /* where text is empty */
	char text[EVENT_SUBJECT_MAX];
};

struct event {
	uint64_t id;                     /* event_id() */
	char detector[EVENT_NAME_MAX];   /* "change" */
	char what[EVENT_NAME_MAX];       /* within the detector: "rise", "vanished" */
	char subject[EVENT_SUBJECT_MAX]; /* "23/tcp", "192.0.2.0/24", "all" */
	enum event_state state;
	uint32_t serial;            /* changes so far, from 1 */
	uint64_t start_s, end_s;    /* end: of the last bin that shows it */
	uint64_t noticed_s;         /* when the data could first say so; never moves */
	uint64_t changed_s;         /* when the data could say what this version says */
	char title[EVENT_TEXT_MAX]; /* one sentence for a person */
	double confidence;          /* 0 to 1 */
	char reasons[EVENT_REASONS][EVENT_TEXT_MAX]; /* for the confidence */
	unsigned reason_count;
	char wrong_if[EVENT_TEXT_MAX]; /* what it would have taken to be wrong */
	struct event_fact facts[EVENT_FACTS];
	unsigned fact_count;
	const struct addr *members; /* NULL: not about sources */
	size_t member_count;
};

/* Who takes events. A status other than OK stops the detectors. */
struct event_sink {
	void *state;
	enum status (*event)(void *state, const struct event *e);
};

uint64_t event_id(const char *detector, const char *subject, uint64_t start_s);

/* "change-0123456789abcdef". */
void event_id_text(const struct event *e, char out[EVENT_ID_MAX]);

/* A new event in state provisional; serial 0, so that the first change makes it 1. */
void event_init(struct event *e, const char *detector, const char *what, const char *subject,
                uint64_t start_s);

/* Facts and reasons; past the room for them they are left out, a fact of the same name is
 * replaced. */
void event_number(struct event *e, const char *name, double number);
void event_text(struct event *e, const char *name, const char *text);
void event_reason(struct event *e, const char *fmt, ...) PRINTF_LIKE(2, 3);
void event_forget_reasons(struct event *e);

const char *event_state_name(enum event_state state);

/* Whether nothing more is to come: withdrawn or closed. */
bool event_is_over(const struct event *e);

/* One object (docs/schema/event.schema.json). */
void event_write(struct json_out *j, const struct event *e);

/* *out gets its own members. */
MUST_USE enum status event_copy(struct event *out, const struct event *e);
void event_clear(struct event *e);

#endif
