/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/handlers.h"

#include "model/addr.h"
#include "report/answer_out.h"
#include "store/answer.h"
#include "store/control.h"
#include "store/engine.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Everybody that a question may name, and who asks. Texts point into the control data's lists. */
struct people {
	struct control_sensor *sensors;
	struct control_member *members;
	struct roster_sensor *roster_sensors;
	struct roster_member *roster_members;
	uint32_t *own;
	struct roster roster;
	struct viewer viewer;
};

static void people_clear(struct people *p)
{
	free(p->sensors);
	free(p->members);
	free(p->roster_sensors);
	free(p->roster_members);
	free(p->own);
}

static void fill_sensors(struct people *p, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct control_sensor *s = &p->sensors[i];

		p->roster_sensors[i] =
		        (struct roster_sensor){.number = s->number,
		                               .member = s->member,
		                               .name = s->name,
		                               .since_s = s->created,
		                               .until_s = s->ended,
		                               .withdrawn = s->state == CONTROL_SENSOR_WITHDRAWN};
		if (p->viewer.member && s->member == p->viewer.member)
			p->own[p->viewer.sensor_count++] = s->number;
	}
	p->viewer.sensors = p->own;
	p->roster.sensors = p->roster_sensors;
	p->roster.sensor_count = count;
}

static void fill_members(struct people *p, size_t count)
{
	for (size_t i = 0; i < count; i++)
		p->roster_members[i] = (struct roster_member){.number = p->members[i].id,
		                                              .name = p->members[i].name,
		                                              .profile = p->members[i].profile};
	p->roster.members = p->roster_members;
	p->roster.member_count = count;
}

static enum status people_load(struct people *p, const struct request *rq, struct trouble *t)
{
	struct control *control = rq->serve->control;
	size_t sensors = 0, members = 0;
	enum status st = control_sensors(control, 0, &p->sensors, &sensors, t);

	if (!st)
		st = control_members(control, &p->members, &members, t);
	if (st)
		return st;
	p->roster_sensors = calloc(sensors + 1, sizeof(*p->roster_sensors));
	p->roster_members = calloc(members + 1, sizeof(*p->roster_members));
	p->own = calloc(sensors + 1, sizeof(*p->own));
	if (!p->roster_sensors || !p->roster_members || !p->own)
		return trouble_set(t, STATUS_NO_MEMORY, NULL, 0, "out of memory");
	p->viewer = (struct viewer){.role = rq->caller.role,
	                            .member = rq->caller.member,
	                            .others = rq->serve->options.others};
	fill_sensors(p, sensors);
	fill_members(p, members);
	return STATUS_OK;
}

/* This thread's connection to the store, opened when first needed. */
static enum status engine_of(struct serve *s, unsigned thread, struct trouble *t)
{
	if (s->engines[thread])
		return STATUS_OK;
	if (!s->options.store)
		return trouble_set(t, STATUS_UNAVAILABLE, NULL, 0, "this hub has no store");
	return engine_open(&s->engines[thread], s->options.store, t);
}

/* The form that writes the answer, and what CSV has no place for: how complete the data were. */
struct tap {
	struct answer_sink form;
	struct reply *reply;
};

static enum status tap_begin(void *state, const struct answer_head *head)
{
	const struct answer_sink *form = &((struct tap *)state)->form;

	return form->begin(form->state, head);
}

static enum status tap_table(void *state, const struct answer_table *table)
{
	const struct answer_sink *form = &((struct tap *)state)->form;

	return form->table(form->state, table);
}

static enum status tap_row(void *state, const struct answer_cell *cells)
{
	const struct answer_sink *form = &((struct tap *)state)->form;

	return form->row(form->state, cells);
}

static enum status tap_end(void *state, const struct answer_tail *tail)
{
	struct tap *tap = state;
	const struct answer_complete *c = &tail->complete;

	snprintf(tap->reply->complete, sizeof(tap->reply->complete),
	         "windows=%" PRIu64 ", expected=%" PRIu64 ", dropped=%" PRIu64 ", cut=?%d",
	         c->present, c->expected, c->dropped, tail->cut);
	return tap->form.end(tap->form.state, tail);
}

/* Write the answer in its form onto out. */
static enum status run(struct request *rq, unsigned thread, const struct answer_request *request,
                       enum answer_form form, struct outfile *out, struct trouble *t)
{
	struct tap tap = {.reply = &rq->reply};
	const struct answer_sink sink = {&tap, tap_begin, tap_table, tap_row, tap_end};
	struct answer_style style = {.width = 80};
	struct answer_out *writer;
	enum status st = answer_out_new(&writer, form, style, out, &tap.form);

	if (st)
		return trouble_set(t, st, NULL, 0, "%s", status_text(st));
	st = answer_run(rq->serve->engines[thread], request, &sink, t);
	answer_out_free(writer);
	if (!st && outfile_status(out) == STATUS_FULL)
		st = trouble_set(t, STATUS_LIMIT, NULL, 0, "the answer is too long");
	return st;
}

static enum status open_and_run(struct request *rq, unsigned thread, const struct query *query,
                                const struct people *people, struct trouble *t)
{
	const char *format = target_find(&rq->target, "format");
	bool csv = format && strcmp(format, "csv") == 0;
	struct answer_request request = {.query = query,
	                                 .viewer = &people->viewer,
	                                 .roster = &people->roster,
	                                 .now_s = (uint64_t)time(NULL),
	                                 .keep = rq->serve->options.keep,
	                                 .stop = &rq->serve->stopping};
	struct outfile *out;
	enum status st = engine_of(rq->serve, thread, t);

	if (st)
		return st;
	out = reply_open(&rq->reply, 200, csv ? "text/csv; charset=utf-8" : "application/json",
	                 rq->serve->options.answer_bytes_max);
	if (!out)
		return trouble_set(t, STATUS_NO_MEMORY, NULL, 0, "out of memory");
	st = run(rq, thread, &request, csv ? FORM_CSV : FORM_JSON, out, t);
	if (!st && csv)
		rq->reply.disposition = "attachment; filename=\"noroshi.csv\"";
	return st;
}

static void answer_question(struct request *rq, unsigned thread, const struct query *query)
{
	struct people people = {0};
	struct trouble t = {0};
	enum status st = people_load(&people, rq, &t);

	if (!st)
		st = open_and_run(rq, thread, query, &people, &t);
	if (st == STATUS_USAGE)
		reply_error(&rq->reply, 422, "%s", t.text);
	else if (st == STATUS_LIMIT)
		reply_error(&rq->reply, 422,
		            "this takes more than the hub allows; ask for less: %s", t.text);
	else if (st)
		answer_failure(rq, st, &t);
	people_clear(&people);
}

static void ask(struct request *rq, unsigned thread, const char *text)
{
	struct query_error error;
	struct query *query = malloc(sizeof(*query));

	if (!query)
		reply_trouble(&rq->reply, STATUS_NO_MEMORY);
	else if (query_parse(text, query, &error))
		reply_error(&rq->reply, 400, "column %u: %s", error.column, error.text);
	else
		answer_question(rq, thread, query);
	free(query);
}

void handle_query(struct request *rq, unsigned thread)
{
	ask(rq, thread, target_find(&rq->target, "q"));
}

void handle_source(struct request *rq, unsigned thread)
{
	const char *last = target_find(&rq->target, "last");
	char text[256], address[ADDR_TEXT_MAX];
	struct addr addr;

	if (addr_parse(rq->word, &addr)) {
		reply_error(&rq->reply, 404, "that is no address");
		return;
	}
	addr_text(&addr, address);
	snprintf(text, sizeof(text), "source %s last %s", address, last ? last : "7d");
	ask(rq, thread, text);
}
