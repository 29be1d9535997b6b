/* SPDX-License-Identifier: Apache-2.0 */
/* Whether the parts can be read, the books are true and the rollups are those of the rows. */
#include "store/observations_inner.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ATTEMPTS = 4, PAUSE_MS = 400 };

struct check {
	struct observations *o;
	const struct observations_finder *finder;
	bool repair;
	unsigned left; /* found and not repaired */
	const struct table *table;
};

void observations_found(const struct observations_finder *finder, const char *table, uint32_t day,
                        const char *text, bool repaired)
{
	struct observations_finding f = {table, day, text, repaired};

	if (finder && finder->found)
		finder->found(finder->state, &f);
}

/* Counts on their way to who asked. */
static void pass_on(void *state, const struct observations_finding *finding)
{
	struct check *c = state;

	c->left += !finding->repaired;
	if (c->finder && c->finder->found)
		c->finder->found(c->finder->state, finding);
}

/* CHECK TABLE's rows: part, good, message. A part's name begins with its partition. */
static enum status take_parts(void *state, const struct native_block *block)
{
	struct check *c = state;

	for (size_t i = 0; i < block->rows; i++) {
		struct native_text part = native_string(block, 0, i);
		struct observations_finding f = {c->table->name, 0, "a part is damaged", false};
		uint64_t partition = 0;

		if (native_u64(block, 1, i))
			continue;
		for (size_t k = 0; k < part.length && part.at[k] >= '0' && part.at[k] <= '9'; k++)
			partition = partition * 10 + (uint64_t)(part.at[k] - '0');
		f.day = (uint32_t)(partition * c->table->partition_minutes / MINUTES_PER_DAY);
		pass_on(c, &f);
	}
	return STATUS_OK;
}

/* 18.16 checks no sums on demand; there reading everything has to do (comparing does). */
static enum status check_parts(struct check *c, struct trouble *t)
{
	static const struct engine_setting each = {"check_query_single_value_result", "0"};
	const struct engine_run run = {.settings = &each, .setting_count = 1};
	struct sql q = {0};
	enum status st;

	if (!observations_modern(c->o))
		return STATUS_OK;
	sql_text(&q, "CHECK TABLE ");
	observations_local(c->o, &q, c->table->name);
	st = sql_check(&q, t);
	if (!st)
		st = engine_query(c->o->engine, q.text, &run, take_parts, c, t);
	sql_clear(&q);
	return st;
}

static enum status check_day(struct check *c, const struct observations_finder *finder,
                             uint32_t day, struct trouble *t)
{
	struct ledger_state state;
	enum status st = ledger_look(c->o, c->table, day, "", &state, t);

	if (st)
		return st;
	if (state.present != state.acknowledged) {
		if (c->repair)
			st = ledger_settle(c->o, c->table, day, LEDGER_SETTLED, t);
		if (!st)
			observations_found(finder, c->table->name, day,
			                   "its rows are not those that were acknowledged",
			                   c->repair);
	}
	if (!st && c->table->kind == TABLE_ROWS)
		st = observations_compare_day(c->o, day, c->repair, finder, t);
	return st;
}

/* A hub that inserts meanwhile is between the rows and their rollups for a moment: what goes away
 * by itself is nothing. */
static enum status passes(struct check *c, uint32_t day, bool *well, struct trouble *t)
{
	const struct timespec pause = {0, PAUSE_MS * 1000000L};
	enum status st = STATUS_OK;

	*well = false;
	for (int attempt = 0; attempt < ATTEMPTS && !st && !*well; attempt++) {
		struct check quiet = {.o = c->o, .table = c->table};
		const struct observations_finder counting = {&quiet, pass_on};

		if (attempt)
			nanosleep(&pause, NULL);
		st = check_day(&quiet, &counting, day, t);
		*well = quiet.left == 0;
	}
	return st;
}

static enum status check_days(struct check *c, const struct observations_finder *finder,
                              struct trouble *t)
{
	uint64_t *days;
	size_t count;
	enum status st = observations_partitions(c->o, c->table, &days, &count, t);

	for (size_t i = 0; i < count && !st; i++) {
		bool well = false;

		if (!c->repair)
			st = passes(c, (uint32_t)days[i], &well, t);
		if (!st && !well)
			st = check_day(c, finder, (uint32_t)days[i], t);
	}
	free(days);
	return st;
}

enum status observations_check(struct observations *o, bool repair,
                               const struct observations_finder *finder, struct trouble *t)
{
	struct check c = {.o = o, .finder = finder, .repair = repair};
	struct observations_finder inner = {&c, pass_on};
	size_t count;
	const struct table *tables = observations_tables(&count);
	enum status st = STATUS_OK;

	for (size_t i = 0; i < count && !st; i++) {
		c.table = &tables[i];
		if (tables[i].kind == TABLE_LEDGER && observations_clustered(o))
			continue;
		st = check_parts(&c, t);
	}
	if (!st && c.left)
		return trouble_set(t, STATUS_FORMAT, "", 0,
		                   "%u parts are damaged; what they hold was not compared", c.left);
	for (size_t i = 0; i < count && !st; i++) {
		c.table = &tables[i];
		if (tables[i].kind == TABLE_ROWS || tables[i].kind == TABLE_WINDOWS)
			st = check_days(&c, &inner, t);
	}
	if (!st && c.left)
		st = trouble_set(t, STATUS_FORMAT, "", 0, "%u things are wrong in the observations",
		                 c.left);
	return st;
}
