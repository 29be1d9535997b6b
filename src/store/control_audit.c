/* SPDX-License-Identifier: Apache-2.0 */
#include "store/control_inner.h"

#include <stdarg.h>
#include <stdio.h>

struct control_actor control_sensor_actor(uint32_t number, uint32_t now, char who[CONTROL_WHO_MAX])
{
	snprintf(who, CONTROL_WHO_MAX, "sensor:%u", number);
	return (struct control_actor){.who = who, .now = now};
}

enum status control_record(struct control *c, const struct control_actor *by, const char *what,
                           struct trouble *t, const char *fmt, ...)
{
	static const char sql[] = "INSERT INTO audit (time, who, what, detail) VALUES (?, ?, ?, ?)";
	char detail[CONTROL_DETAIL_MAX];
	struct query q = query_open(c, sql);
	va_list args;

	va_start(args, fmt);
	vsnprintf(detail, sizeof(detail), fmt, args);
	va_end(args);
	query_u64(&q, by->now);
	query_text(&q, by->who);
	query_text(&q, what);
	query_text(&q, detail);
	return query_change(&q, NULL, t);
}

enum status control_audit_add(struct control *c, const struct control_actor *by, const char *what,
                              const char *detail, struct trouble *t)
{
	enum status st = control_begin(c, t);

	if (st)
		return st;
	return control_end(c, control_record(c, by, what, t, "%s", detail), t);
}

static void read_audit(struct query *q, void *item)
{
	struct control_audit *a = item;

	a->id = row_u64(q);
	a->time = row_u32(q);
	row_text(q, a->who, sizeof(a->who));
	row_text(q, a->what, sizeof(a->what));
	row_text(q, a->detail, sizeof(a->detail));
}

enum status control_audits(struct control *c, uint64_t before, size_t limit,
                           struct control_audit **out, size_t *count, struct trouble *t)
{
	static const char sql[] = "SELECT id, time, who, what, detail FROM audit WHERE id < ?"
	                          " ORDER BY id DESC LIMIT ?";
	struct query q;
	void *items;
	enum status st;

	control_lock(c);
	q = query_open(c, sql);
	query_u64(&q, before && before < INT64_MAX ? before : INT64_MAX);
	query_u64(&q, limit < INT64_MAX ? limit : INT64_MAX);
	st = query_list(&q, read_audit, sizeof(**out), &items, count, t);
	control_unlock(c);
	*out = items;
	return st;
}

enum status control_audit_last(struct control *c, uint64_t *id, struct trouble *t)
{
	static const char sql[] = "SELECT coalesce(max(id), 0) FROM audit";
	struct query q;
	enum status st;

	control_lock(c);
	q = query_open(c, sql);
	*id = query_row(&q) ? row_u64(&q) : 0;
	st = query_end(&q, t);
	control_unlock(c);
	return st;
}
