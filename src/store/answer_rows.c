/* SPDX-License-Identifier: Apache-2.0 */
/* rows: flow rows as they lie in the store, handed on while they come. */
#include "store/answer_job.h"

#include "model/kind.h"

#include <inttypes.h>
#include <string.h>

/* Past this many they come a day after the other, unsorted within: sorting would take memory. */
enum { SORTED_MAX = 100000 };

static const struct {
	const char *name;
	enum answer_type type;
} columns[] = {
        {"time", ANSWER_TIME},          {"sensor", ANSWER_TEXT},        {"source", ANSWER_TEXT},
        {"port", ANSWER_TEXT},          {"peer_port", ANSWER_COUNT},    {"kind", ANSWER_TEXT},
        {"tool", ANSWER_TEXT},          {"packets", ANSWER_COUNT},      {"bytes", ANSWER_COUNT},
        {"destinations", ANSWER_COUNT}, {"country", ANSWER_TEXT},       {"network", ANSWER_TEXT},
        {"tcp_flags", ANSWER_COUNT},    {"signs", ANSWER_COUNT},        {"ttl_min", ANSWER_COUNT},
        {"ttl_max", ANSWER_COUNT},      {"ip_id", ANSWER_COUNT},        {"ip_len", ANSWER_COUNT},
        {"tcp_window", ANSWER_COUNT},   {"options_hash", ANSWER_COUNT}, {"first", ANSWER_REAL},
        {"last", ANSWER_REAL},
};

enum { PLAIN_FIRST = 16 };

static void write_rows(struct sql *sql, const struct answer_job *j, const struct plan_piece *piece,
                       uint64_t limit)
{
	sql_text(sql, "SELECT minute, sensor, src_hi, src_lo, proto, port, peer_port, kind, tool, "
	              "packets, bytes, destinations, country, asn, first_ms, last_ms, tcp_flags, "
	              "signs, ttl_min, ttl_max, ip_id, ip_len, tcp_window, options_hash FROM "
	              "flows WHERE ");
	answer_piece_where(sql, &j->scope, piece, NULL);
	if (limit <= SORTED_MAX)
		sql_text(sql, " ORDER BY minute, sensor, src_hi, src_lo, proto, port, peer_port, "
		              "kind, packets");
	sql_text(sql, " LIMIT ");
	sql_u64(sql, limit + 1);
}

struct giving {
	struct answer_job *job;
	uint64_t left;
	bool begun; /* only when the store answers, so that a refusal is no half answer */
};

static enum status begin_table(struct giving *g)
{
	if (g->begun)
		return STATUS_OK;
	g->begun = true;
	return job_table(g->job, "rows");
}

static void put_row(struct answer_job *j, const struct native_block *b, size_t i)
{
	char text[VALUE_TEXT_MAX];
	uint64_t kind = native_u64(b, 7, i);

	job_count(j, native_u64(b, 0, i) * 60);
	job_sensor(j, (uint32_t)native_u64(b, 1, i));
	job_source(j, native_u64(b, 2, i), native_u64(b, 3, i));
	value_port_text((uint8_t)native_u64(b, 4, i), (uint16_t)native_u64(b, 5, i), text);
	job_text(j, "%s", text);
	job_count(j, native_u64(b, 6, i));
	job_text(j, "%s", kind < KIND_COUNT ? packet_kind_name((enum packet_kind)kind) : "other");
	value_tool_text((unsigned)native_u64(b, 8, i), text);
	job_text(j, "%s", text);
	for (size_t c = 9; c < 12; c++)
		job_count(j, native_u64(b, c, i));
	value_country_text((uint32_t)native_u64(b, 12, i), text);
	job_text(j, "%s", text);
	value_network_text((uint32_t)native_u64(b, 13, i), text);
	job_text(j, "%s", text);
	for (size_t c = PLAIN_FIRST; c < PLAIN_FIRST + 8; c++)
		job_count(j, native_u64(b, c, i));
	job_real(j, (double)native_u64(b, 14, i) / 1e3);
	job_real(j, (double)native_u64(b, 15, i) / 1e3);
}

static enum status give_rows(void *state, const struct native_block *b)
{
	struct giving *g = state;
	enum status st = begin_table(g);

	for (size_t i = 0; i < b->rows && !st; i++) {
		if (g->left == 0) {
			g->job->tail.cut = true;
			break;
		}
		g->left--;
		put_row(g->job, b, i);
		st = job_row(g->job);
	}
	return st;
}

/* Days one after the other: so rows come in the order of time, whatever the engine does. */
static enum status read_days(struct answer_job *j, const struct plan_piece *whole, struct giving *g)
{
	enum status st = STATUS_OK;

	for (uint32_t from = whole->from; from < whole->to && !st && !j->tail.cut;) {
		struct plan_piece day = *whole;
		struct sql sql = {0};

		day.from = from;
		day.to = (from / MINUTES_PER_DAY + 1) * MINUTES_PER_DAY;
		if (day.to > whole->to)
			day.to = whole->to;
		write_rows(&sql, j, &day, g->left);
		st = job_query(j, &sql, give_rows, g);
		from = day.to;
	}
	return st;
}

enum status answer_rows(struct answer_job *j)
{
	struct giving g = {.job = j, .left = query_limit(j->request->query)};
	struct answer_plan plan;
	enum status st;

	job_plan(j, &plan, j->from, j->to, 0, true);
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		job_column(j, columns[i].name, columns[i].type);
	st = answer_windows_read(&j->windows, j->engine, &j->run, &j->scope, plan.from, plan.to, 0,
	                         j->trouble);
	for (size_t i = 0; i < plan.count && !st; i++) {
		if (!plan.pieces[i].live)
			st = read_days(j, &plan.pieces[i], &g);
	}
	return st ? st : begin_table(&g);
}
