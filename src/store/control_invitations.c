/* SPDX-License-Identifier: Apache-2.0 */
#include "store/control_inner.h"

#include <assert.h>
#include <string.h>

enum { DAY_S = 86400, KEPT_S = 30 * DAY_S }; /* an invitation that ended is kept for a month */

/* --- made --- */

/* STATUS_NOT_FOUND unless it may get a new key under this invitation; STATUS_CONFLICT where an
 * invitation to a new sensor has a name that is taken. */
static enum status check_name(struct control *c, const struct control_invitation *i,
                              struct trouble *t)
{
	static const char sql[] = "SELECT number, member FROM sensors WHERE name = ? AND state = 0";
	struct query q = query_open(c, sql);
	uint32_t number = 0, member = 0;
	enum status st;

	query_text(&q, i->name);
	if (query_row(&q)) {
		number = row_u32(&q);
		member = row_u32(&q);
	}
	st = query_end(&q, t);
	if (!st && i->replaces && (i->replaces != number || i->member != member))
		st = trouble_set(t, STATUS_NOT_FOUND, NULL, 0,
		                 "no active sensor '%s' of that member to replace", i->name);
	else if (!st && !i->replaces && number)
		st = trouble_set(t, STATUS_CONFLICT, NULL, 0,
		                 "there is an active sensor '%s' already", i->name);
	return st;
}

/* An open one for the same name ends; what ended long ago goes. */
static enum status make_room(struct control *c, const char *name, uint32_t now, struct trouble *t)
{
	static const char open[] = "UPDATE invitations SET used = ? WHERE name = ? AND used = 0";
	static const char old[] = "DELETE FROM invitations WHERE expires < ?";
	struct query q = query_open(c, open);
	enum status st;

	query_u64(&q, now);
	query_text(&q, name);
	st = query_change(&q, NULL, t);
	if (st)
		return st;
	q = query_open(c, old);
	query_u64(&q, now > KEPT_S ? now - KEPT_S : 0);
	return query_change(&q, NULL, t);
}

static enum status insert_invitation(struct control *c, const struct control_invitation *i,
                                     uint32_t now, struct trouble *t)
{
	static const char sql[] = "INSERT INTO invitations (hash, name, member, replaces, created,"
	                          " expires) VALUES (?, ?, ?, ?, ?, ?)";
	struct query q = query_open(c, sql);

	query_hash(&q, i->hash);
	query_text(&q, i->name);
	query_u64(&q, i->member);
	if (i->replaces)
		query_u64(&q, i->replaces);
	else
		query_null(&q);
	query_u64(&q, now);
	query_u64(&q, i->expires);
	return query_change(&q, NULL, t);
}

enum status control_invitation_add(struct control *c, const struct control_invitation *invitation,
                                   const struct control_actor *by, struct trouble *t)
{
	char member[SLUG_MAX] = "";
	enum status st;

	if (!slug_valid(invitation->name))
		return trouble_set(t, STATUS_FORMAT, NULL, 0,
		                   "'%.80s' is no name: up to 63 of a-z, 0-9 and -",
		                   invitation->name);
	st = control_begin(c, t);
	if (st)
		return st;
	st = control_need_member(c, invitation->member, member, t);
	if (!st)
		st = check_name(c, invitation, t);
	if (!st)
		st = make_room(c, invitation->name, by->now, t);
	if (!st)
		st = insert_invitation(c, invitation, by->now, t);
	if (!st)
		st = control_record(c, by, "invite", t, "name=%s member=%s%s", invitation->name,
		                    member, invitation->replaces ? " replaces its key" : "");
	return control_end(c, st, t);
}

/* --- used --- */

struct found {
	char name[SLUG_MAX];
	uint32_t member, replaces;
};

static enum status refuse(struct trouble *t)
{
	return trouble_set(t, STATUS_DENIED, NULL, 0,
	                   "the invitation is not good: wrong, used or expired");
}

static enum status find_open(struct control *c, const uint8_t hash[SHA256_BYTES], uint32_t now,
                             struct found *out, struct trouble *t)
{
	static const char sql[] =
	        "SELECT i.name, i.member, i.replaces FROM invitations i"
	        " JOIN members m ON m.id = i.member AND m.removed = 0"
	        " LEFT JOIN sensors s ON s.name = i.name AND s.state = 0"
	        " WHERE i.hash = ? AND i.used = 0 AND i.expires > ? AND s.number IS i.replaces";
	struct query q = query_open(c, sql);
	bool found;
	enum status st;

	query_hash(&q, hash);
	query_u64(&q, now);
	found = query_row(&q);
	if (found) {
		row_text(&q, out->name, sizeof(out->name));
		out->member = row_u32(&q);
		out->replaces = row_u32(&q);
	}
	st = query_end(&q, t);
	return st || found ? st : refuse(t);
}

static enum status revoke_certificates(struct control *c, uint32_t number, uint32_t now,
                                       struct trouble *t)
{
	static const char sql[] =
	        "UPDATE certificates SET revoked = ? WHERE sensor = ? AND revoked = 0";
	struct query q = query_open(c, sql);

	query_u64(&q, now);
	query_u64(&q, number);
	return query_change(&q, NULL, t);
}

/* The sensor's number: a new one, or that of the one that gets a new key. */
static enum status take_number(struct control *c, const struct found *f, uint32_t now,
                               uint32_t *number, struct trouble *t)
{
	static const char sql[] = "INSERT INTO sensors (name, member, created) VALUES (?, ?, ?)";
	struct query q;
	enum status st;

	*number = f->replaces;
	if (f->replaces)
		return revoke_certificates(c, f->replaces, now, t);
	q = query_open(c, sql);
	query_text(&q, f->name);
	query_u64(&q, f->member);
	query_u64(&q, now);
	st = query_change(&q, NULL, t);
	*number = (uint32_t)sqlite3_last_insert_rowid(c->db);
	return st;
}

static enum status insert_certificate(struct control *c, uint32_t sensor,
                                      const struct control_certificate *certificate, uint32_t now,
                                      struct trouble *t)
{
	static const char put[] = "INSERT INTO certificates (serial, sensor, issued, not_after)"
	                          " VALUES (?, ?, ?, ?)";
	/* One whose serial is unknown is refused like a revoked one. */
	static const char trim[] =
	        "DELETE FROM certificates WHERE sensor = ?1 AND serial NOT IN (SELECT serial"
	        " FROM certificates WHERE sensor = ?1"
	        " ORDER BY serial = ?3 DESC, revoked > 0, issued DESC, not_after DESC LIMIT ?2)";
	struct query q = query_open(c, put);
	enum status st;

	query_text(&q, certificate->serial);
	query_u64(&q, sensor);
	query_u64(&q, now);
	query_u64(&q, certificate->not_after);
	st = query_change(&q, NULL, t);
	if (st)
		return st;
	q = query_open(c, trim);
	query_u64(&q, sensor);
	query_u64(&q, CONTROL_CERTIFICATES_MAX);
	query_text(&q, certificate->serial);
	return query_change(&q, NULL, t);
}

static enum status use_up(struct control *c, const uint8_t hash[SHA256_BYTES], uint32_t sensor,
                          uint32_t now, struct trouble *t)
{
	static const char sql[] = "UPDATE invitations SET used = ?, sensor = ? WHERE hash = ?";
	struct query q = query_open(c, sql);

	query_u64(&q, now);
	query_u64(&q, sensor);
	query_hash(&q, hash);
	return query_change(&q, NULL, t);
}

/* All of it within the transaction that control_invitation_redeem() holds. */
static enum status redeem(struct control *c, const uint8_t hash[SHA256_BYTES], uint32_t now,
                          control_issue *issue, void *state, struct control_sensor *out,
                          struct trouble *t)
{
	struct control_certificate certificate = {0};
	char who[CONTROL_WHO_MAX];
	struct control_actor by;
	struct found f = {0};
	uint32_t number = 0;
	enum status st = find_open(c, hash, now, &f, t);

	if (!st)
		st = take_number(c, &f, now, &number, t);
	if (!st)
		st = issue(state, number, f.name, &certificate, t);
	if (!st)
		st = insert_certificate(c, number, &certificate, now, t);
	if (!st)
		st = use_up(c, hash, number, now, t);
	by = control_sensor_actor(number, now, who);
	if (!st)
		st = control_record(c, &by, f.replaces ? "sensor-rejoin" : "sensor-join", t,
		                    "name=%s member=%u serial=%s", f.name, f.member,
		                    certificate.serial);
	if (!st)
		st = control_read_sensor(c, number, out, t);
	return st;
}

enum status control_invitation_redeem(struct control *c, const uint8_t hash[SHA256_BYTES],
                                      uint32_t now, control_issue *issue, void *state,
                                      struct control_sensor *out, struct trouble *t)
{
	enum status st = control_begin(c, t);

	memset(out, 0, sizeof(*out));
	if (st)
		return st;
	st = control_end(c, redeem(c, hash, now, issue, state, out, t), t);
	if (st)
		memset(out, 0, sizeof(*out));
	return st;
}

/* --- renewed --- */

/* When the oldest of as many as are kept was issued; 0 while there are fewer. */
static enum status oldest_kept(struct control *c, uint32_t sensor, uint32_t *issued,
                               struct trouble *t)
{
	static const char sql[] = "SELECT issued FROM certificates WHERE sensor = ?"
	                          " ORDER BY issued DESC LIMIT 1 OFFSET ?";
	struct query q = query_open(c, sql);

	query_u64(&q, sensor);
	query_u64(&q, CONTROL_CERTIFICATES_MAX - 1);
	*issued = query_row(&q) ? row_u32(&q) : 0;
	return query_end(&q, t);
}

enum status control_certificate_add(struct control *c, uint32_t sensor,
                                    const struct control_certificate *certificate,
                                    const struct control_actor *by, struct trouble *t)
{
	enum status st = control_begin(c, t);
	struct control_sensor now;
	uint32_t issued = 0;

	if (st)
		return st;
	st = control_read_sensor(c, sensor, &now, t);
	if (st == STATUS_NOT_FOUND || (!st && now.state != CONTROL_SENSOR_ACTIVE))
		st = trouble_set(t, STATUS_DENIED, NULL, 0, "sensor %u is not active", sensor);
	if (!st)
		st = oldest_kept(c, sensor, &issued, t);
	if (!st && issued && by->now < issued + (uint64_t)DAY_S)
		st = trouble_set(t, STATUS_LIMIT, NULL, 0,
		                 "sensor %u had %d certificates within a day", sensor,
		                 (int)CONTROL_CERTIFICATES_MAX);
	if (!st)
		st = insert_certificate(c, sensor, certificate, by->now, t);
	if (!st)
		st = control_record(c, by, "certificate", t, "sensor=%u serial=%s", sensor,
		                    certificate->serial);
	return control_end(c, st, t);
}
