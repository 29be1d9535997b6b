/* SPDX-License-Identifier: Apache-2.0 */
#include "store/control_inner.h"

#include <string.h>

/* 30-detection section 9: five sensors in a cell. */
#define BUILT_IN_SENSORS 5
#define BUILT_IN_SOURCES 5
#define TEXT_OF(number)  #number
#define DIGITS_OF(macro) TEXT_OF(macro)

/* A member's own profile, else the default, else what is built in. */
#define MEMBER_SELECT                                                                              \
	"SELECT m.id, m.name, m.title, m.created, m.removed,"                                      \
	" (SELECT count(*) FROM sensors s WHERE s.member = m.id AND s.state = 0),"                 \
	" p.member IS NOT NULL, coalesce(p.shared, d.shared, 1),"                                  \
	" coalesce(p.min_sensors, d.min_sensors, " DIGITS_OF(                                      \
	        BUILT_IN_SENSORS) "),"                                                             \
	                          " coalesce(p.min_sources, d.min_sources, " DIGITS_OF(            \
	                                  BUILT_IN_SOURCES) ")"                                    \
	                                                    " FROM members m LEFT JOIN profiles "  \
	                                                    "p ON p.member = m.id"                 \
	                                                    " LEFT JOIN profiles d ON d.member = " \
	                                                    "0 "

static void read_member(struct query *q, void *item)
{
	struct control_member *m = item;

	m->id = row_u32(q);
	row_text(q, m->name, sizeof(m->name));
	row_text(q, m->title, sizeof(m->title));
	m->created = row_u32(q);
	m->removed = row_u32(q);
	m->sensors = row_u32(q);
	m->own_profile = row_u64(q) != 0;
	m->profile.shared = row_u64(q) != 0;
	m->profile.min_sensors = row_u32(q);
	m->profile.min_sources = row_u32(q);
}

enum status control_need_member(struct control *c, uint32_t id, char name[SLUG_MAX],
                                struct trouble *t)
{
	static const char sql[] = "SELECT name FROM members WHERE id = ? AND removed = 0";
	struct query q = query_open(c, sql);
	bool found;
	enum status st;

	query_u64(&q, id);
	found = query_row(&q);
	if (found)
		row_text(&q, name, SLUG_MAX);
	st = query_end(&q, t);
	return st || found ? st : trouble_set(t, STATUS_NOT_FOUND, c->path, 0, "no member %u", id);
}

enum status control_member_add(struct control *c, const char *name, const char *title,
                               const struct control_actor *by, uint32_t *id, struct trouble *t)
{
	static const char sql[] = "INSERT INTO members (name, title, created) VALUES (?, ?, ?)";
	enum status st;
	struct query q;

	if (!slug_valid(name))
		return trouble_set(t, STATUS_FORMAT, NULL, 0,
		                   "'%.80s' is no name: up to 63 of a-z, 0-9 and -", name);
	if (strlen(title) >= CONTROL_TITLE_MAX)
		return trouble_set(t, STATUS_FORMAT, NULL, 0, "a title has at most %d bytes",
		                   CONTROL_TITLE_MAX - 1);
	st = control_begin(c, t);
	if (st)
		return st;
	q = query_open(c, sql);
	query_text(&q, name);
	query_text(&q, title);
	query_u64(&q, by->now);
	st = query_change(&q, NULL, t);
	if (st == STATUS_CONFLICT)
		trouble_set(t, st, NULL, 0, "there is a member '%s' already", name);
	*id = (uint32_t)sqlite3_last_insert_rowid(c->db);
	if (!st)
		st = control_record(c, by, "member-add", t, "member=%u name=%s", *id, name);
	return control_end(c, st, t);
}

/* What ends with a member: its tokens, and invitations that are still open. */
static enum status end_with_member(struct control *c, uint32_t id, uint32_t now, struct trouble *t)
{
	static const char tokens[] =
	        "UPDATE tokens SET revoked = ? WHERE member = ? AND revoked = 0";
	static const char invitations[] =
	        "UPDATE invitations SET used = ? WHERE member = ? AND used = 0";
	static const char member[] = "UPDATE members SET removed = ? WHERE id = ?";
	static const char *const all[] = {tokens, invitations, member};
	enum status st = STATUS_OK;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]) && !st; i++) {
		struct query q = query_open(c, all[i]);

		query_u64(&q, now);
		query_u64(&q, id);
		st = query_change(&q, NULL, t);
	}
	return st;
}

static enum status count_active(struct control *c, uint32_t member, uint64_t *count,
                                struct trouble *t)
{
	static const char sql[] = "SELECT count(*) FROM sensors WHERE member = ? AND state = 0";
	struct query q = query_open(c, sql);

	query_u64(&q, member);
	*count = query_row(&q) ? row_u64(&q) : 0;
	return query_end(&q, t);
}

enum status control_member_remove(struct control *c, uint32_t id, const struct control_actor *by,
                                  struct trouble *t)
{
	enum status st = control_begin(c, t);
	char name[SLUG_MAX] = "";
	uint64_t active = 0;

	if (st)
		return st;
	st = control_need_member(c, id, name, t);
	if (!st)
		st = count_active(c, id, &active, t);
	if (!st && active)
		st = trouble_set(t, STATUS_CONFLICT, NULL, 0,
		                 "member '%s' has %llu active sensors: revoke them first", name,
		                 (unsigned long long)active);
	if (!st)
		st = end_with_member(c, id, by->now, t);
	if (!st)
		st = control_record(c, by, "member-remove", t, "member=%u name=%s", id, name);
	return control_end(c, st, t);
}

enum status control_member_by_name(struct control *c, const char *name, struct control_member *out,
                                   struct trouble *t)
{
	static const char sql[] = MEMBER_SELECT "WHERE m.name = ? AND m.removed = 0";
	struct query q;
	bool found;
	enum status st;

	memset(out, 0, sizeof(*out));
	control_lock(c);
	q = query_open(c, sql);
	query_text(&q, name);
	found = query_row(&q);
	if (found)
		read_member(&q, out);
	st = query_end(&q, t);
	control_unlock(c);
	return st || found ? st
	                   : trouble_set(t, STATUS_NOT_FOUND, NULL, 0, "no member '%.80s'", name);
}

enum status control_members(struct control *c, struct control_member **out, size_t *count,
                            struct trouble *t)
{
	static const char sql[] = MEMBER_SELECT "ORDER BY m.id";
	struct query q;
	void *items;
	enum status st;

	control_lock(c);
	q = query_open(c, sql);
	st = query_list(&q, read_member, sizeof(**out), &items, count, t);
	control_unlock(c);
	*out = items;
	return st;
}

static enum status put_profile(struct control *c, uint32_t member,
                               const struct sharing_profile *profile, struct trouble *t)
{
	static const char drop[] = "DELETE FROM profiles WHERE member = ?";
	static const char put[] = "INSERT INTO profiles (member, shared, min_sensors, min_sources)"
	                          " VALUES (?, ?, ?, ?)";
	struct query q = query_open(c, drop);
	enum status st;

	query_u64(&q, member);
	st = query_change(&q, NULL, t);
	if (st || !profile)
		return st;
	q = query_open(c, put);
	query_u64(&q, member);
	query_u64(&q, profile->shared);
	query_u64(&q, profile->min_sensors);
	query_u64(&q, profile->min_sources);
	return query_change(&q, NULL, t);
}

enum status control_profile_set(struct control *c, uint32_t member,
                                const struct sharing_profile *profile,
                                const struct control_actor *by, struct trouble *t)
{
	char name[SLUG_MAX] = "*";
	enum status st;

	if (profile && (profile->min_sensors == 0 || profile->min_sources == 0))
		return trouble_set(t, STATUS_FORMAT, NULL, 0,
		                   "a cell has at least one sensor and "
		                   "one source");
	st = control_begin(c, t);
	if (st)
		return st;
	if (member)
		st = control_need_member(c, member, name, t);
	if (!st)
		st = put_profile(c, member, profile, t);
	if (!st && profile)
		st = control_record(c, by, "profile", t,
		                    "member=%u name=%s shared=%s min-sensors=%u min-sources=%u",
		                    member, name, profile->shared ? "yes" : "no",
		                    profile->min_sensors, profile->min_sources);
	else if (!st)
		st = control_record(c, by, "profile", t, "member=%u name=%s default", member, name);
	return control_end(c, st, t);
}

enum status control_profile(struct control *c, uint32_t member, struct sharing_profile *out,
                            struct trouble *t)
{
	static const char sql[] = "SELECT shared, min_sensors, min_sources FROM profiles"
	                          " WHERE member IN (0, ?) ORDER BY member DESC LIMIT 1";
	struct query q;
	enum status st;

	*out = (struct sharing_profile){true, BUILT_IN_SENSORS, BUILT_IN_SOURCES};
	control_lock(c);
	q = query_open(c, sql);
	query_u64(&q, member);
	if (query_row(&q)) {
		out->shared = row_u64(&q) != 0;
		out->min_sensors = row_u32(&q);
		out->min_sources = row_u32(&q);
	}
	st = query_end(&q, t);
	control_unlock(c);
	return st;
}
