/* SPDX-License-Identifier: Apache-2.0 */
#include "store/control_inner.h"

#include <stdlib.h>
#include <string.h>

#define TOKEN_SELECT                                                                   \
	"SELECT k.id, k.hash, k.role, k.member, k.name, m.name, k.created, k.expires," \
	" k.revoked, k.last_used FROM tokens k LEFT JOIN members m ON m.id = k.member "

static void read_token(struct query *q, void *item)
{
	struct control_token *k = item;
	char role[32];

	k->id = row_u32(q);
	row_hash(q, k->hash);
	row_text(q, role, sizeof(role));
	k->member = row_u32(q);
	row_text(q, k->name, sizeof(k->name));
	row_text(q, k->member_name, sizeof(k->member_name));
	k->created = row_u32(q);
	k->expires = row_u32(q);
	k->revoked = row_u32(q);
	k->last_used = row_u32(q);
	/* A role that a later version knows gives no rights here: the least of them. */
	if (role_parse(role, &k->role))
		k->role = ROLE_READER;
}

static enum status check_token(const struct control_token *token, struct trouble *t)
{
	if (!slug_valid(token->name))
		return trouble_set(t, STATUS_FORMAT, NULL, 0,
		                   "'%.80s' is no name: up to 63 of a-z, 0-9 and -", token->name);
	if (token->role == ROLE_SENSOR)
		return trouble_set(t, STATUS_FORMAT, NULL, 0,
		                   "a sensor joins by invitation, it has no token");
	if (token->role == ROLE_MEMBER && !token->member)
		return trouble_set(t, STATUS_FORMAT, NULL, 0, "a member's token needs the member");
	return STATUS_OK;
}

/* A lapsed token gives its name back. */
static enum status end_lapsed(struct control *c, uint32_t now, struct trouble *t)
{
	static const char sql[] = "UPDATE tokens SET revoked = expires"
	                          " WHERE revoked = 0 AND expires > 0 AND expires <= ?";
	struct query q = query_open(c, sql);

	query_u64(&q, now);
	return query_change(&q, NULL, t);
}

static enum status insert_token(struct control *c, const struct control_token *token, uint32_t now,
                                struct trouble *t)
{
	static const char sql[] = "INSERT INTO tokens (hash, role, member, name, created, expires)"
	                          " VALUES (?, ?, ?, ?, ?, ?)";
	struct query q = query_open(c, sql);
	enum status st;

	query_hash(&q, token->hash);
	query_text(&q, role_name(token->role));
	if (token->member)
		query_u64(&q, token->member);
	else
		query_null(&q);
	query_text(&q, token->name);
	query_u64(&q, now);
	query_u64(&q, token->expires);
	st = query_change(&q, NULL, t);
	if (st == STATUS_CONFLICT)
		trouble_set(t, st, NULL, 0, "there is a token '%s' already", token->name);
	return st;
}

enum status control_token_add(struct control *c, const struct control_token *token,
                              const struct control_actor *by, uint32_t *id, struct trouble *t)
{
	char member[SLUG_MAX] = "";
	enum status st = check_token(token, t);

	if (st)
		return st;
	st = control_begin(c, t);
	if (st)
		return st;
	if (token->member)
		st = control_need_member(c, token->member, member, t);
	if (!st)
		st = end_lapsed(c, by->now, t);
	if (!st)
		st = insert_token(c, token, by->now, t);
	*id = (uint32_t)sqlite3_last_insert_rowid(c->db);
	if (!st)
		st = control_record(c, by, "token-add", t, "token=%u name=%s role=%s%s%s", *id,
		                    token->name, role_name(token->role), *member ? " member=" : "",
		                    member);
	return control_end(c, st, t);
}

static enum status find_token(struct control *c, const uint8_t hash[SHA256_BYTES], uint32_t now,
                              struct control_token *out, struct trouble *t)
{
	static const char sql[] = TOKEN_SELECT
	        "WHERE k.hash = ? AND k.revoked = 0 AND (k.expires = 0 OR k.expires > ?)";
	struct query q = query_open(c, sql);
	bool found;
	enum status st;

	query_hash(&q, hash);
	query_u64(&q, now);
	found = query_row(&q);
	if (found)
		read_token(&q, out);
	st = query_end(&q, t);
	return st || found ? st : trouble_set(t, STATUS_DENIED, NULL, 0, "no such token in force");
}

/* A full disk or a slow writer must not keep people waiting; a note that could not be made is made
 * next time. */
static void note_use(struct control *c, uint32_t id, uint32_t now)
{
	static const char sql[] = "UPDATE tokens SET last_used = ? WHERE id = ?";
	struct query q = query_open(c, sql);
	enum status noted;

	query_u64(&q, now - now % CONTROL_TOKEN_USE_S);
	query_u64(&q, id);
	sqlite3_busy_timeout(c->db, 0);
	noted = query_change(&q, NULL, NULL);
	sqlite3_busy_timeout(c->db, CONTROL_WAIT_MS);
	(void)noted;
}

enum status control_token_by_hash(struct control *c, const uint8_t hash[SHA256_BYTES], uint32_t now,
                                  struct control_token *out, struct trouble *t)
{
	enum status st;

	memset(out, 0, sizeof(*out));
	control_lock(c);
	st = find_token(c, hash, now, out, t);
	if (!st && now >= out->last_used + (uint64_t)CONTROL_TOKEN_USE_S)
		note_use(c, out->id, now);
	control_unlock(c);
	return st;
}

enum status control_tokens(struct control *c, struct control_token **out, size_t *count,
                           struct trouble *t)
{
	static const char sql[] = TOKEN_SELECT "ORDER BY k.id";
	struct query q;
	void *items;
	enum status st;

	control_lock(c);
	q = query_open(c, sql);
	st = query_list(&q, read_token, sizeof(**out), &items, count, t);
	control_unlock(c);
	*out = items;
	return st;
}

enum status control_token_revoke(struct control *c, const char *name,
                                 const struct control_actor *by, struct trouble *t)
{
	static const char sql[] = "UPDATE tokens SET revoked = ?1 WHERE name = ?2 AND revoked = 0"
	                          " AND (expires = 0 OR expires > ?1)";
	enum status st = control_begin(c, t);
	uint64_t changed = 0;
	struct query q;

	if (st)
		return st;
	q = query_open(c, sql);
	query_u64(&q, by->now);
	query_text(&q, name);
	st = query_change(&q, &changed, t);
	if (!st && changed == 0)
		st = trouble_set(t, STATUS_NOT_FOUND, NULL, 0, "no token '%.80s' in force", name);
	if (!st)
		st = control_record(c, by, "token-revoke", t, "name=%s", name);
	return control_end(c, st, t);
}
