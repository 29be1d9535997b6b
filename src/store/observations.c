/* SPDX-License-Identifier: Apache-2.0 */
#include "store/observations.h"

#include "store/observations_inner.h"

#include <stdlib.h>
#include <string.h>

const struct engine_run observations_copying = {
        .settings =
                (const struct engine_setting[]){
                        {"insert_deduplicate", "0"},
                        {"max_threads", "2"},
                },
        .setting_count = 2,
};

enum status observations_execute(struct observations *o, struct sql *q,
                                 const struct engine_run *run, struct trouble *t)
{
	enum status st = sql_check(q, t);

	if (!st)
		st = engine_execute(o->engine, q->text, run, t);
	sql_clear(q);
	return st;
}

struct numbers {
	uint64_t *out;
	size_t count;
	bool filled;
};

static enum status take_numbers(void *state, const struct native_block *block)
{
	struct numbers *n = state;

	if (n->filled || !block->rows)
		return STATUS_OK;
	for (size_t i = 0; i < n->count && i < block->column_count; i++)
		n->out[i] = native_u64(block, i, 0);
	n->filled = true;
	return STATUS_OK;
}

enum status observations_numbers(struct observations *o, struct sql *q, uint64_t *out, size_t count,
                                 struct trouble *t)
{
	struct numbers n = {out, count, false};
	enum status st = sql_check(q, t);

	memset(out, 0, count * sizeof(*out));
	if (!st)
		st = engine_query(o->engine, q->text, NULL, take_numbers, &n, t);
	sql_clear(q);
	return st;
}

struct list {
	uint64_t *items;
	size_t count, room;
};

enum { LIST_MAX = 1000000 };

static enum status take_list(void *state, const struct native_block *block)
{
	struct list *l = state;

	if (block->rows > LIST_MAX - l->count)
		return STATUS_LIMIT;
	if (l->count + block->rows > l->room) {
		size_t room = l->count + block->rows + 1024;
		uint64_t *grown = realloc(l->items, room * sizeof(*grown));

		if (!grown)
			return STATUS_NO_MEMORY;
		l->items = grown;
		l->room = room;
	}
	for (size_t i = 0; i < block->rows; i++)
		l->items[l->count++] = native_u64(block, 0, i);
	return STATUS_OK;
}

enum status observations_list(struct observations *o, struct sql *q, uint64_t **out, size_t *count,
                              struct trouble *t)
{
	struct list l = {0};
	enum status st = sql_check(q, t);

	if (!st)
		st = engine_query(o->engine, q->text, NULL, take_list, &l, t);
	sql_clear(q);
	if (st) {
		free(l.items);
		l = (struct list){0};
	}
	*out = l.items;
	*count = l.count;
	return st;
}

/* The name of the database, which the distributed tables need. */
static enum status take_database(void *state, const struct native_block *block)
{
	struct observations *o = state;
	struct native_text name = native_string(block, 0, 0);

	if (name.length >= sizeof(o->database))
		return STATUS_LIMIT;
	memcpy(o->database, name.at, name.length);
	o->database[name.length] = '\0';
	for (const char *c = o->database; *c; c++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", *c))
			return STATUS_USAGE;
	return STATUS_OK;
}

static enum status learn_engine(struct observations *o, struct trouble *t)
{
	enum status st = engine_version(o->engine, &o->version, t);

	if (st)
		return st;
	return engine_query(o->engine, "SELECT currentDatabase()", NULL, take_database, o, t);
}

enum status observations_open(struct observations **out, const struct observations_config *config,
                              struct trouble *t)
{
	struct observations *o = calloc(1, sizeof(*o));
	enum status st = STATUS_OK;

	*out = NULL;
	if (!o)
		return trouble_set(t, STATUS_NO_MEMORY, "", 0, "no memory for the observations");
	o->engine = config->engine;
	o->log = config->log;
	o->quorum = config->quorum ? config->quorum : 2;
	if (config->cluster && strlen(config->cluster) >= sizeof(o->cluster))
		st = trouble_set(t, STATUS_USAGE, "", 0, "the cluster's name is too long");
	else if (config->cluster)
		memcpy(o->cluster, config->cluster, strlen(config->cluster) + 1);
	if (!st)
		st = learn_engine(o, t);
	if (!st)
		st = observations_migrate(o, t);
	if (st) {
		observations_close(o);
		return st;
	}
	*out = o;
	return STATUS_OK;
}

void observations_close(struct observations *o)
{
	free(o);
}
