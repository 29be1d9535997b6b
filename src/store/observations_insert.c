/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Blocks on their way in, each exactly once.
 *
 * On one node: the ledger says whether the block is in; if it is not, it goes in under its token,
 * and the count says whether the engine took it. Wherever a block's outcome was in doubt, the
 * rollups of its day are compared with the rows, and made anew where they differ. On a cluster: the
 * replicated tables drop the block that ZooKeeper knows, in one transaction with its part.
 */
#include "base/hash.h"
#include "store/observations_inner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FLOW_COLUMNS_MAX = 40, WINDOW_COLUMNS_MAX = 32, SETTINGS_MAX = 16, ATTEMPTS = 4 };

/* Columns, ready to be sent. */
struct cargo {
	const struct table *table;
	const char *into; /* the table's name as given to the engine */
	const struct native_column *columns;
	size_t column_count, rows;
	uint32_t day;
	const char *token;
};

struct settings {
	struct engine_setting items[SETTINGS_MAX];
	size_t count;
	char quorum[16];
};

static void settings_add(struct settings *s, const char *name, const char *value)
{
	s->items[s->count++] = (struct engine_setting){name, value};
}

/* token NULL: provisional rows. One block makes one part of each table. */
static void settings_fill(const struct observations *o, struct settings *s, const char *token)
{
	*s = (struct settings){0};
	settings_add(s, "max_insert_block_size", "2097152");
	settings_add(s, "max_threads", "1");
	/* A view that groups into more than these gives its result in 256 blocks, or in blocks of
	 * 65,409 rows: as many parts, each of a dozen files to be synced. */
	settings_add(s, "max_block_size", "2097152");
	settings_add(s, "group_by_two_level_threshold", "0");
	settings_add(s, "group_by_two_level_threshold_bytes", "0");
	if (observations_modern(o)) {
		settings_add(s, "async_insert", "0");
		settings_add(s, "min_insert_block_size_rows", "0");
		settings_add(s, "min_insert_block_size_bytes", "0");
		/* A view's rows are grouped already: to sum them again cost a third of an insert.
		 */
		settings_add(s, "optimize_on_insert", "0");
		settings_add(s, "deduplicate_blocks_in_dependent_materialized_views", "1");
		if (token)
			settings_add(s, "insert_deduplication_token", token);
	}
	if (observations_clustered(o)) {
		settings_add(s, "insert_distributed_sync", "1");
		if (token) {
			(void)snprintf(s->quorum, sizeof(s->quorum), "%u", o->quorum);
			settings_add(s, "insert_quorum", s->quorum);
		}
	}
	if (!token)
		settings_add(s, "insert_deduplicate", "0");
}

static enum status send(struct observations *o, const struct cargo *c, const char *token,
                        struct trouble *t)
{
	struct settings s;
	struct engine_run run = {0};

	settings_fill(o, &s, token);
	run.settings = s.items;
	run.setting_count = s.count;
	return engine_insert(o->engine, c->into, c->columns, c->column_count, c->rows, &run, t);
}

/* Send until the rows are there. The engine drops a token whose rows it lost; so the next try has
 * another one. A try that was made in vain may have filled rollups: *doubt. */
static enum status send_until_there(struct observations *o, const struct cargo *c,
                                    struct ledger_state *state, bool *doubt, struct trouble *t)
{
	char token[OBSERVATIONS_TOKEN_MAX + 16];
	enum status st;

	for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
		(void)snprintf(token, sizeof(token), attempt ? "%s~%d" : "%s", c->token, attempt);
		st = send(o, c, token, t);
		if (!st)
			st = ledger_look(o, c->table, c->day, c->token, state, t);
		if (st || state->present - state->acknowledged == c->rows)
			return st;
		*doubt = true;
		if (state->present != state->acknowledged)
			break;
	}
	return trouble_set(
	        t, STATUS_FORMAT, c->into, 0,
	        "day %u has %llu rows where %llu are acknowledged and %zu were sent: run a "
	        "check",
	        c->day, (unsigned long long)state->present, (unsigned long long)state->acknowledged,
	        c->rows);
}

static enum status insert_by_ledger(struct observations *o, const struct cargo *c,
                                    struct trouble *t)
{
	struct ledger_state state;
	enum status st = ledger_look(o, c->table, c->day, c->token, &state, t);
	bool doubt = false;

	if (st || state.known)
		return st;
	if (state.present == state.acknowledged)
		st = send_until_there(o, c, &state, &doubt, t);
	else if (state.present - state.acknowledged == c->rows)
		doubt = true;
	else
		return trouble_set(t, STATUS_FORMAT, c->into, 0,
		                   "day %u has %llu rows where %llu are acknowledged: run a check",
		                   c->day, (unsigned long long)state.present,
		                   (unsigned long long)state.acknowledged);
	if (!st && doubt && c->table->kind == TABLE_ROWS)
		st = observations_compare_day(o, c->day, true, NULL, t);
	if (!st)
		st = ledger_note(o, c->table, c->day, c->token, c->rows, t);
	if (!st && doubt)
		log_note(o->log, "block-settled", "table=%s day=%u token=%s rows=%zu", c->into,
		         c->day, c->token, c->rows);
	return st;
}

static enum status insert(struct observations *o, const struct cargo *c, struct trouble *t)
{
	if (observations_clustered(o))
		return send(o, c, c->token, t);
	return insert_by_ledger(o, c, t);
}

static enum status check_token(const char *token, struct trouble *t)
{
	size_t n =
	        strspn(token, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:");

	if (n == 0 || n > OBSERVATIONS_TOKEN_MAX || token[n])
		return trouble_set(t, STATUS_USAGE, "", 0, "a block's token is not in its form");
	return STATUS_OK;
}

static enum native_type type_of_bits(unsigned bits)
{
	return bits == 8    ? NATIVE_UINT8
	       : bits == 16 ? NATIVE_UINT16
	       : bits == 32 ? NATIVE_UINT32
	                    : NATIVE_UINT64;
}

static size_t flow_native(const struct flow_block *b, struct native_column *out)
{
	size_t n = 0;

#define COLUMN(name, type, bits, codec) \
	out[n++] = (struct native_column){#name, type_of_bits(bits), 0, b->name};
#include "store/flow_columns.def"
#undef COLUMN
	return n;
}

static uint64_t token_stamp(const char *token)
{
	uint64_t h = 0x6e6f726f736869;

	for (; *token; token++)
		h = hash_u64((uint8_t)*token, h);
	return h;
}

/* A cluster's rows carry the block's stamp, which makes its blocks in the rollups unlike others. */
static enum status insert_stamped(struct observations *o, struct cargo *c,
                                  struct native_column *columns, struct trouble *t)
{
	uint64_t *stamps = malloc(c->rows * sizeof(*stamps));
	uint64_t stamp = token_stamp(c->token);
	enum status st;

	if (!stamps)
		return trouble_set(t, STATUS_NO_MEMORY, "", 0, "no memory for a block");
	for (size_t i = 0; i < c->rows; i++)
		stamps[i] = stamp;
	columns[c->column_count++] = (struct native_column){"stamp", NATIVE_UINT64, 0, stamps};
	c->into = "flows_in";
	st = insert(o, c, t);
	free(stamps);
	return st;
}

enum status observations_insert(struct observations *o, const struct flow_block *block,
                                const char *token, struct trouble *t)
{
	struct native_column columns[FLOW_COLUMNS_MAX];
	struct cargo c = {.table = observations_table(TABLE_ROWS), .into = "flows", .token = token};
	enum status st = check_token(token, t);

	if (st || !block->rows)
		return st;
	c.rows = block->rows;
	c.day = block->minute[0] / MINUTES_PER_DAY;
	for (size_t i = 1; i < block->rows; i++)
		if (block->minute[i] / MINUTES_PER_DAY != c.day)
			return trouble_set(t, STATUS_USAGE, "", 0,
			                   "a block has rows of several days");
	c.columns = columns;
	c.column_count = flow_native(block, columns);
	return observations_clustered(o) ? insert_stamped(o, &c, columns, t) : insert(o, &c, t);
}

/* Arrays for the windows' columns, made and freed together. */
struct window_arrays {
	struct native_column columns[WINDOW_COLUMNS_MAX];
	size_t count;
};

typedef uint32_t window_UInt32;
typedef uint64_t window_UInt64;
typedef int64_t window_Int64;
typedef double window_Float64;
typedef struct native_text window_String;

#define NATIVE_OF_UInt32  NATIVE_UINT32
#define NATIVE_OF_UInt64  NATIVE_UINT64
#define NATIVE_OF_Int64   NATIVE_INT64
#define NATIVE_OF_Float64 NATIVE_FLOAT64
#define NATIVE_OF_String  NATIVE_STRING

static void window_arrays_clear(struct window_arrays *a)
{
	for (size_t i = 0; i < a->count; i++)
		free((void *)(uintptr_t)a->columns[i].values);
}

static struct native_text text_of(const char version[HEALTH_VERSION_MAX])
{
	return (struct native_text){version, strnlen(version, HEALTH_VERSION_MAX)};
}

static enum status window_arrays_fill(struct window_arrays *a, const struct window_row *windows,
                                      size_t count)
{
#define COLUMN(name, type, field)                                                   \
	{                                                                           \
		window_##type *values = malloc(count * sizeof(*values));            \
                                                                                    \
		if (!values)                                                        \
			return STATUS_NO_MEMORY;                                    \
		for (size_t i = 0; i < count; i++) {                                \
			const struct window_row *w = &windows[i];                   \
                                                                                    \
			values[i] = field;                                          \
		}                                                                   \
		a->columns[a->count++] =                                            \
		        (struct native_column){#name, NATIVE_OF_##type, 0, values}; \
	}
#include "store/windows_columns.def"
#undef COLUMN
	return STATUS_OK;
}

enum status observations_insert_windows(struct observations *o, const struct window_row *windows,
                                        size_t count, const char *token, struct trouble *t)
{
	struct window_arrays a = {0};
	struct cargo c = {.table = observations_table(TABLE_WINDOWS),
	                  .into = "windows",
	                  .token = token,
	                  .rows = count};
	enum status st = check_token(token, t);

	if (st || !count)
		return st;
	if (count > OBSERVATIONS_WINDOWS_MAX)
		return trouble_set(t, STATUS_LIMIT, "", 0, "too many windows in one block");
	c.day = windows[0].header.start_s / 60 / MINUTES_PER_DAY;
	for (size_t i = 1; i < count; i++)
		if (windows[i].header.start_s / 60 / MINUTES_PER_DAY != c.day)
			return trouble_set(t, STATUS_USAGE, "", 0,
			                   "a block has windows of several days");
	st = window_arrays_fill(&a, windows, count);
	if (st) {
		st = trouble_set(t, st, "", 0, "no memory for a block");
	} else {
		c.columns = a.columns;
		c.column_count = a.count;
		st = insert(o, &c, t);
	}
	window_arrays_clear(&a);
	return st;
}

/* Once a minute: partitions of `live` are its minutes. */
static enum status drop_old_live(struct observations *o, uint32_t now_s, struct trouble *t)
{
	const struct table *live = observations_table(TABLE_LIVE);
	uint32_t minute = now_s / 60;
	uint64_t *partitions;
	size_t count;
	enum status st;

	if (o->live_minute == minute || minute < OBSERVATIONS_LIVE_MINUTES)
		return STATUS_OK;
	st = observations_partitions(o, live, &partitions, &count, t);
	for (size_t i = 0; i < count && !st; i++)
		if (partitions[i] < minute - OBSERVATIONS_LIVE_MINUTES)
			st = observations_drop_partition(o, live, partitions[i], false, t);
	free(partitions);
	if (!st)
		o->live_minute = minute;
	return st;
}

enum status observations_insert_live(struct observations *o, const struct flow_block *block,
                                     uint32_t now_s, struct trouble *t)
{
	struct native_column columns[FLOW_COLUMNS_MAX];
	struct cargo c = {.table = observations_table(TABLE_LIVE), .into = "live"};
	enum status st = drop_old_live(o, now_s, t);

	if (st || !block->rows)
		return st;
	c.rows = block->rows;
	columns[0] = (struct native_column){"second", NATIVE_UINT32, 0, block->second};
	c.column_count = 1 + flow_native(block, columns + 1);
	c.columns = columns;
	return send(o, &c, NULL, t);
}
