/* SPDX-License-Identifier: Apache-2.0 */
#include "store/control_inner.h"

#include <assert.h>
#include <string.h>

#define SENSOR_COLUMNS                                                     \
	"s.number, s.member, s.name, m.name, s.state, s.created, s.ended," \
	" coalesce((SELECT max(e.not_after) FROM certificates e"           \
	"   WHERE e.sensor = s.number AND e.revoked = 0), 0),"             \
	" coalesce(h.last_contact, 0), coalesce(h.last_window, 0),"        \
	" coalesce(h.addresses, 0.0), coalesce(h.words, ''), coalesce(h.version, '')"

#define SENSOR_TABLES                                       \
	" FROM sensors s JOIN members m ON m.id = s.member" \
	" LEFT JOIN health h ON h.sensor = s.number "

static const char *const states[CONTROL_SENSOR_STATES] = {
        [CONTROL_SENSOR_ACTIVE] = "active",
        [CONTROL_SENSOR_REVOKED] = "revoked",
        [CONTROL_SENSOR_WITHDRAWN] = "withdrawn",
};

const char *control_sensor_state_name(enum control_sensor_state state)
{
	assert((unsigned)state < CONTROL_SENSOR_STATES);
	return states[state];
}

static void read_sensor(struct query *q, void *item)
{
	struct control_sensor *s = item;
	uint64_t state;

	s->number = row_u32(q);
	s->member = row_u32(q);
	row_text(q, s->name, sizeof(s->name));
	row_text(q, s->member_name, sizeof(s->member_name));
	state = row_u64(q);
	s->state = state < CONTROL_SENSOR_STATES ? (enum control_sensor_state)state
	                                         : CONTROL_SENSOR_REVOKED;
	s->created = row_u32(q);
	s->ended = row_u32(q);
	s->certificate_end = row_u32(q);
	s->last_contact = row_u32(q);
	s->last_window = row_u32(q);
	s->addresses = row_real(q);
	row_text(q, s->health, sizeof(s->health));
	row_text(q, s->version, sizeof(s->version));
}

/* The one row of a bound query. */
static enum status take_one(struct query *q, struct control_sensor *out, struct trouble *t)
{
	bool found = query_row(q);
	enum status st;

	memset(out, 0, sizeof(*out));
	if (found)
		read_sensor(q, out);
	st = query_end(q, t);
	return st || found ? st : trouble_set(t, STATUS_NOT_FOUND, NULL, 0, "no such sensor");
}

enum status control_sensor_by_serial(struct control *c, const char *serial,
                                     struct control_sensor *out, struct trouble *t)
{
	static const char sql[] = "SELECT k.revoked, " SENSOR_COLUMNS SENSOR_TABLES
	                          "JOIN certificates k ON k.sensor = s.number WHERE k.serial = ?";
	struct query q;
	bool found, revoked = false;
	enum status st;

	memset(out, 0, sizeof(*out));
	control_lock(c);
	q = query_open(c, sql);
	query_text(&q, serial);
	found = query_row(&q);
	if (found) {
		revoked = row_u64(&q) != 0;
		read_sensor(&q, out);
	}
	st = query_end(&q, t);
	control_unlock(c);
	if (!st && !found)
		st = trouble_set(t, STATUS_DENIED, NULL, 0, "no such certificate");
	else if (!st && out->state != CONTROL_SENSOR_ACTIVE)
		st = trouble_set(t, STATUS_DENIED, NULL, 0, "sensor %u is %s", out->number,
		                 states[out->state]);
	else if (!st && revoked)
		st = trouble_set(t, STATUS_DENIED, NULL, 0, "a revoked certificate of sensor %u",
		                 out->number);
	return st;
}

enum status control_read_sensor(struct control *c, uint32_t number, struct control_sensor *out,
                                struct trouble *t)
{
	static const char sql[] = "SELECT " SENSOR_COLUMNS SENSOR_TABLES "WHERE s.number = ?";
	struct query q = query_open(c, sql);

	query_u64(&q, number);
	return take_one(&q, out, t);
}

enum status control_sensor_by_number(struct control *c, uint32_t number, struct control_sensor *out,
                                     struct trouble *t)
{
	enum status st;

	control_lock(c);
	st = control_read_sensor(c, number, out, t);
	control_unlock(c);
	if (st == STATUS_NOT_FOUND)
		trouble_set(t, st, NULL, 0, "no sensor %u", number);
	return st;
}

enum status control_sensor_by_name(struct control *c, const char *name, struct control_sensor *out,
                                   struct trouble *t)
{
	static const char sql[] = "SELECT " SENSOR_COLUMNS SENSOR_TABLES
	                          "WHERE s.name = ? ORDER BY s.state > 0, s.number DESC LIMIT 1";
	struct query q;
	enum status st;

	control_lock(c);
	q = query_open(c, sql);
	query_text(&q, name);
	st = take_one(&q, out, t);
	control_unlock(c);
	if (st == STATUS_NOT_FOUND)
		trouble_set(t, st, NULL, 0, "no sensor '%.80s'", name);
	return st;
}

enum status control_sensors(struct control *c, uint32_t member, struct control_sensor **out,
                            size_t *count, struct trouble *t)
{
	static const char sql[] = "SELECT " SENSOR_COLUMNS SENSOR_TABLES
	                          "WHERE ?1 = 0 OR s.member = ?1 ORDER BY s.number";
	struct query q;
	void *items;
	enum status st;

	control_lock(c);
	q = query_open(c, sql);
	query_u64(&q, member);
	st = query_list(&q, read_sensor, sizeof(**out), &items, count, t);
	control_unlock(c);
	*out = items;
	return st;
}

static enum status end_sensor(struct control *c, uint32_t number, enum control_sensor_state state,
                              uint32_t now, struct trouble *t)
{
	static const char sensors[] = "UPDATE sensors SET state = ?, ended = CASE ended WHEN 0"
	                              " THEN ? ELSE ended END WHERE number = ?";
	static const char certificates[] =
	        "UPDATE certificates SET revoked = ? WHERE sensor = ? AND revoked = 0";
	static const char invitations[] =
	        "UPDATE invitations SET used = ? WHERE replaces = ? AND used = 0";
	static const char *const rest[] = {certificates, invitations};
	struct query q = query_open(c, sensors);
	enum status st;

	query_u64(&q, state);
	query_u64(&q, now);
	query_u64(&q, number);
	st = query_change(&q, NULL, t);
	for (size_t i = 0; i < 2 && !st; i++) {
		q = query_open(c, rest[i]);
		query_u64(&q, now);
		query_u64(&q, number);
		st = query_change(&q, NULL, t);
	}
	return st;
}

enum status control_sensor_end(struct control *c, uint32_t number, enum control_sensor_state state,
                               const struct control_actor *by, struct trouble *t)
{
	enum status st = control_begin(c, t);
	struct control_sensor now;

	assert(state > CONTROL_SENSOR_ACTIVE && state < CONTROL_SENSOR_STATES);
	if (st)
		return st;
	st = control_read_sensor(c, number, &now, t);
	if (!st && now.state >= state)
		st = trouble_set(t, STATUS_CONFLICT, NULL, 0, "sensor %u is %s already", number,
		                 states[now.state]);
	if (!st)
		st = end_sensor(c, number, state, by->now, t);
	if (!st)
		st = control_record(c, by,
		                    state == CONTROL_SENSOR_REVOKED ? "sensor-revoke"
		                                                    : "sensor-withdraw",
		                    t, "sensor=%u name=%s", number, now.name);
	return control_end(c, st, t);
}
