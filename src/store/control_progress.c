/* SPDX-License-Identifier: Apache-2.0 */
#include "store/control_inner.h"

/* A later sequence of a boot that is known; *changed 0 where it is not. */
static enum status move_on(struct control *c, const struct control_progress *p, uint64_t *changed,
                           struct trouble *t)
{
	static const char sql[] =
	        "UPDATE progress SET sequence = max(sequence, ?), time = max(time, ?)"
	        " WHERE sensor = ? AND boot = ?";
	struct query q = query_open(c, sql);

	query_u64(&q, p->sequence);
	query_u64(&q, p->time);
	query_u64(&q, p->sensor);
	query_u64(&q, p->boot);
	return query_change(&q, changed, t);
}

static enum status begin_boot(struct control *c, const struct control_progress *p,
                              struct trouble *t)
{
	static const char put[] = "INSERT INTO progress (sequence, time, sensor, boot)"
	                          " VALUES (?, ?, ?, ?)";
	static const char trim[] =
	        "DELETE FROM progress WHERE rowid IN (SELECT rowid FROM progress WHERE sensor = ?"
	        " ORDER BY time DESC, rowid DESC LIMIT -1 OFFSET ?)";
	struct query q = query_open(c, put);
	enum status st;

	query_u64(&q, p->sequence);
	query_u64(&q, p->time);
	query_u64(&q, p->sensor);
	query_u64(&q, p->boot);
	st = query_change(&q, NULL, t);
	if (st == STATUS_CONFLICT)
		return trouble_set(t, st, NULL, 0, "no sensor %u", p->sensor);
	if (st)
		return st;
	q = query_open(c, trim);
	query_u64(&q, p->sensor);
	query_u64(&q, CONTROL_BOOTS_MAX);
	return query_change(&q, NULL, t);
}

static enum status advance_one(struct control *c, const struct control_progress *p,
                               struct trouble *t)
{
	uint64_t changed = 0;
	enum status st;

	if (p->sequence > CONTROL_SEQUENCE_MAX)
		return trouble_set(t, STATUS_LIMIT, NULL, 0, "sensor %u: sequence number too high",
		                   p->sensor);
	st = move_on(c, p, &changed, t);
	return st || changed ? st : begin_boot(c, p, t);
}

static enum status put_segment(struct control *c, uint64_t segment, struct trouble *t)
{
	static const char sql[] = "INSERT OR IGNORE INTO segments (number) VALUES (?)";
	struct query q;

	if (segment > CONTROL_SEQUENCE_MAX)
		return trouble_set(t, STATUS_LIMIT, NULL, 0, "segment number too high");
	q = query_open(c, sql);
	query_u64(&q, segment);
	return query_change(&q, NULL, t);
}

enum status control_progress_advance(struct control *c, const struct control_progress *p,
                                     size_t count, uint64_t segment, struct trouble *t)
{
	enum status st = control_begin(c, t);

	if (st)
		return st;
	for (size_t i = 0; i < count && !st; i++)
		st = advance_one(c, &p[i], t);
	if (!st)
		st = put_segment(c, segment, t);
	return control_end(c, st, t);
}

static void read_progress(struct query *q, void *item)
{
	struct control_progress *p = item;

	p->sensor = row_u32(q);
	p->boot = row_u64(q);
	p->sequence = row_u64(q);
	p->time = row_u32(q);
}

enum status control_progress_all(struct control *c, struct control_progress **out, size_t *count,
                                 struct trouble *t)
{
	static const char sql[] =
	        "SELECT sensor, boot, sequence, time FROM progress ORDER BY sensor, time, rowid";
	struct query q;
	void *items;
	enum status st;

	control_lock(c);
	q = query_open(c, sql);
	st = query_list(&q, read_progress, sizeof(**out), &items, count, t);
	control_unlock(c);
	*out = items;
	return st;
}

/* Segments below the floor are done and forgotten. */
#define FLOOR \
	"coalesce((SELECT CAST(value AS INTEGER) FROM settings WHERE key = 'segment-floor'), 0)"

enum status control_segment_done(struct control *c, uint64_t segment, bool *done, struct trouble *t)
{
	static const char sql[] =
	        "SELECT ?1 < " FLOOR " OR EXISTS (SELECT 1 FROM segments WHERE number = ?1)";
	struct query q;
	enum status st;

	control_lock(c);
	q = query_open(c, sql);
	query_u64(&q, segment);
	*done = query_row(&q) && row_u64(&q) != 0;
	st = query_end(&q, t);
	control_unlock(c);
	return st;
}

enum status control_segment_last(struct control *c, uint64_t *segment, struct trouble *t)
{
	static const char sql[] = "SELECT max(coalesce((SELECT max(number) FROM segments), 0),"
	                          " " FLOOR " - 1, 0)";
	struct query q;
	enum status st;

	control_lock(c);
	q = query_open(c, sql);
	*segment = query_row(&q) ? row_u64(&q) : 0;
	st = query_end(&q, t);
	control_unlock(c);
	return st;
}

static enum status raise_floor(struct control *c, uint64_t below, struct trouble *t)
{
	static const char put[] =
	        "INSERT INTO settings (key, value) VALUES ('segment-floor', CAST(?1 AS TEXT))"
	        " ON CONFLICT (key) DO UPDATE SET value = excluded.value"
	        " WHERE CAST(value AS INTEGER) < ?1";
	static const char drop[] = "DELETE FROM segments WHERE number < ?";
	struct query q = query_open(c, put);
	enum status st;

	query_u64(&q, below);
	st = query_change(&q, NULL, t);
	if (st)
		return st;
	q = query_open(c, drop);
	query_u64(&q, below);
	return query_change(&q, NULL, t);
}

enum status control_segments_forget(struct control *c, uint64_t below, struct trouble *t)
{
	enum status st;

	if (below > CONTROL_SEQUENCE_MAX)
		return trouble_set(t, STATUS_LIMIT, NULL, 0, "segment number too high");
	st = control_begin(c, t);
	return st ? st : control_end(c, raise_floor(c, below, t), t);
}

enum status control_health_update(struct control *c, const struct control_health *items,
                                  size_t count, struct trouble *t)
{
	static const char sql[] =
	        "INSERT INTO health (sensor, last_contact, last_window, addresses, words, version)"
	        " SELECT ?1, ?2, ?3, ?4, ?5, ?6 WHERE EXISTS (SELECT 1 FROM sensors"
	        " WHERE number = ?1) ON CONFLICT (sensor) DO UPDATE SET"
	        " last_contact = ?2, last_window = ?3, addresses = ?4, words = ?5, version = ?6";
	enum status st = control_begin(c, t);

	if (st)
		return st;
	for (size_t i = 0; i < count && !st; i++) {
		struct query q = query_open(c, sql);

		query_u64(&q, items[i].sensor);
		query_u64(&q, items[i].last_contact);
		query_u64(&q, items[i].last_window);
		query_real(&q, items[i].addresses);
		query_text(&q, items[i].words);
		query_text(&q, items[i].version);
		st = query_change(&q, NULL, t);
	}
	return control_end(c, st, t);
}
