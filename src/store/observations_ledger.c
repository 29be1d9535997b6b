/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which blocks are in, by our own book; one node only.
 *
 * The engine's memory of tokens is not enough there. It writes a block's token before the block's
 * part gets its name: killed between the two, it holds a token without rows, and drops the block
 * when it comes again (seen with 26.7: docs/adr/0009). So, for each day, the ledger has the rows
 * of every acknowledged block; a part appears whole or not at all, and thus the rows that are there
 * and are not in the ledger are none, or all of one block whose outcome nobody learned.
 *
 * Rows that go or come on purpose are settled under a token of ours (no block's token begins with
 * '='). A day whose rows went by retention stays marked: what comes late for it must not be taken
 * for all of it.
 */
#include "store/observations_inner.h"

#include <string.h>

enum status ledger_look(struct observations *o, const struct table *table, uint32_t day,
                        const char *token, struct ledger_state *state, struct trouble *t)
{
	uint64_t n[3];
	struct sql q = {0};
	enum status st;

	sql_text(&q,
	         "SELECT sum(this), sum(rows), assumeNotNull((SELECT sum(rows) FROM system.parts "
	         "WHERE active AND database = currentDatabase() AND table = ");
	sql_string(&q, table->name, strlen(table->name));
	sql_text(&q, " AND partition = '");
	sql_u64(&q, day);
	sql_text(&q, "')) FROM (SELECT token = ");
	sql_string(&q, token, strlen(token));
	sql_text(&q, " AS this, argMax(rows, written) AS rows FROM ledger WHERE day = ");
	sql_u64(&q, day);
	sql_text(&q, " AND kind = ");
	sql_u64(&q, table->kind);
	sql_text(&q, " GROUP BY token)");
	st = observations_numbers(o, &q, n, 3, t);
	*state = (struct ledger_state){n[0] != 0, n[2], n[1]};
	return st;
}

enum status ledger_note(struct observations *o, const struct table *table, uint32_t day,
                        const char *token, uint64_t rows, struct trouble *t)
{
	struct sql q = {0};

	sql_text(&q, "INSERT INTO ledger SELECT toUInt32(");
	sql_u64(&q, day);
	sql_text(&q, "), toUInt8(");
	sql_u64(&q, table->kind);
	sql_text(&q, "), ");
	sql_string(&q, token, strlen(token));
	sql_text(&q, ", toUInt64(");
	sql_u64(&q, rows);
	sql_text(&q, "), assumeNotNull((SELECT count() FROM ledger WHERE day = ");
	sql_u64(&q, day);
	sql_text(&q, " AND kind = ");
	sql_u64(&q, table->kind);
	sql_text(&q, "))");
	return observations_execute(o, &q, &observations_copying, t);
}

/* Modulo 2^64 the settling row may stand for rows that went away. */
enum status ledger_settle(struct observations *o, const struct table *table, uint32_t day,
                          const char *token, struct trouble *t)
{
	struct ledger_state now;
	enum status st = ledger_look(o, table, day, token, &now, t);
	uint64_t settled = 0;
	struct sql q = {0};

	if (st || now.present == now.acknowledged)
		return st;
	sql_text(&q, "SELECT argMax(rows, written) FROM ledger WHERE token = ");
	sql_string(&q, token, strlen(token));
	sql_text(&q, " AND day = ");
	sql_u64(&q, day);
	sql_text(&q, " AND kind = ");
	sql_u64(&q, table->kind);
	st = observations_numbers(o, &q, &settled, 1, t);
	if (st)
		return st;
	return ledger_note(o, table, day, token, settled + now.present - now.acknowledged, t);
}

enum status ledger_retired(struct observations *o, uint32_t day, bool *retired, struct trouble *t)
{
	uint64_t rows;
	struct sql q = {0};
	enum status st;

	sql_text(&q, "SELECT count() FROM ledger WHERE token = '" LEDGER_RETIRED "' AND day = ");
	sql_u64(&q, day);
	sql_text(&q, " AND kind = ");
	sql_u64(&q, TABLE_ROWS);
	st = observations_numbers(o, &q, &rows, 1, t);
	*retired = rows != 0;
	return st;
}
