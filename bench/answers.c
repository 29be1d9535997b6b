/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_answers SOCKET ROWS ROUNDS: how long questions take over so many drawn rows.
 *
 * The rows lie in 61 days, drawn by the engine itself (hashes of numbers, the same each time):
 * 16 sensors, a quarter of a million sources of which few send much, ten ports with six tenths
 * of the rows and all others with the rest. Each question is asked ROUNDS times with another port
 * or source each time; prints JSON with the median and the 95th percentile in milliseconds.
 */
#include "base/prng.h"
#include "store/answer.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { DAYS = 61, FIRST_DAY = 20000, SENSORS = 16, ROUNDS_MAX = 1000, SQL_MAX = 4096 };

#define NOW_S ((uint64_t)(FIRST_DAY + DAYS) * 86400 - 5000)

static const char rows_sql[] =
        "INSERT INTO flows (minute, sensor, src_hi, src_lo, proto, port, kind, tool, packets, "
        "bytes, destinations, country, asn, ttl_min, peer_port) SELECT toUInt32(%u * 1440 + "
        "intDiv(number * 1440, %" PRIu64 ")), 1 + h %% 16, 0, bitOr(bitShiftLeft(toUInt64(65535), "
        "32), toUInt64(s)), if(s %% 10 < 8, 6, 17), if(bitShiftRight(h, 8) %% 10 < 6, [23, 22, "
        "445, 80, 443, 8080, 3389, 2323, 5555, 6379][1 + bitShiftRight(h, 16) %% 10], "
        "bitShiftRight(h, 16) %% 65536), if(s %% 20 = 3, 1, 0), if(s %% 10 = 1, 4, 0), 1 + "
        "bitShiftRight(h, 24) %% 4, 44 * (1 + bitShiftRight(h, 24) %% 4), 1, 16705 + "
        "bitShiftRight(s, 16) %% 40, bitShiftRight(s, 16) %% 5000, 40 + s %% 200, "
        "bitShiftRight(h, 40) %% 65536 FROM (SELECT number, cityHash64(number, %u) AS h, "
        "intHash32(toUInt32(pow((intHash32(number + %u) %% 1000000) / 1000000, 3) * 250000)) AS s "
        "FROM numbers(%" PRIu64 "))";

static const char windows_sql[] =
        "INSERT INTO windows (minute, sensor, start, span, packets, addresses, watched_ms, "
        "uptime_s) SELECT toUInt32(%u * 1440 + intDiv(number, 16)), 1 + number %% 16, 0, 60, 100, "
        "256, 60000, 1 FROM numbers(1440 * 16)";

static const struct {
	const char *name, *text; /* %u: another port each time; %s: another source */
	double goal_ms;
} questions[] = {
        {"a month of a port, by day", "series packets where port = %u/tcp last 30d every 1d", 100},
        {"a month of a port, by hour", "series packets where port = %u/tcp last 30d every 1h", 100},
        {"a month by kind, by day", "series packets by kind last 30d every 1d", 100},
        {"top 20 ports against the month before", "top 20 port by packets last 30d against 30d",
         100},
        {"top 20 countries of a month", "top 20 country by packets last 30d", 100},
        {"distinct sources of a port, a month", "count sources where port = %u/tcp last 30d", 1000},
        {"everything of one source, a week", "source %s last 7d", 100},
        {"everything of one source, a month", "source %s last 30d", 1000},
        {"top sources of an hour", "top 20 source by packets last 1h", 1000},
        {"sensors compared over a week", "compare sensor by rate last 7d", 100},
};

enum { QUESTIONS = sizeof(questions) / sizeof(questions[0]) };

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static enum status take_head(void *state, const struct answer_head *head)
{
	(void)state;
	(void)head;
	return STATUS_OK;
}

static enum status take_table(void *state, const struct answer_table *table)
{
	(void)state;
	(void)table;
	return STATUS_OK;
}

static enum status take_row(void *state, const struct answer_cell *cells)
{
	uint64_t *rows = state;

	(void)cells;
	++*rows;
	return STATUS_OK;
}

static enum status take_tail(void *state, const struct answer_tail *tail)
{
	(void)state;
	(void)tail;
	return STATUS_OK;
}

static enum status fill(struct engine *e, uint64_t rows, struct trouble *t)
{
	char sql[SQL_MAX];
	uint64_t there, per_day = rows / DAYS;
	enum status st = engine_number(e, "SELECT count() FROM flows", NULL, &there, t);

	for (unsigned day = 0; day < DAYS && !st && there == 0; day++) {
		(void)snprintf(sql, sizeof(sql), rows_sql, FIRST_DAY + day, per_day, day,
		               day * 7919, per_day);
		st = engine_execute(e, sql, NULL, t);
		(void)snprintf(sql, sizeof(sql), windows_sql, FIRST_DAY + day);
		if (!st)
			st = engine_execute(e, sql, NULL, t);
	}
	return st;
}

static enum status ask(struct engine *e, const struct roster *roster, const char *text,
                       uint64_t *rows, struct trouble *t)
{
	static struct query query;
	const struct viewer viewer = {.role = ROLE_ANALYST};
	struct answer_request request = {
	        .query = &query, .viewer = &viewer, .roster = roster, .now_s = NOW_S};
	struct answer_sink sink = {rows, take_head, take_table, take_row, take_tail};
	struct query_error error;

	if (query_parse(text, &query, &error))
		return trouble_set(t, STATUS_USAGE, NULL, 0, "%s: %s", text, error.text);
	return answer_run(e, &request, &sink, t);
}

static void draw_text(struct prng *r, const char *pattern, char *out, size_t size)
{
	static const unsigned ports[10] = {23, 22, 445, 80, 443, 8080, 3389, 2323, 5555, 6379};
	uint32_t a = prng_u32(r);
	char source[32];
	const char *hole = strchr(pattern, '%');

	(void)snprintf(source, sizeof(source), "%u.%u.%u.%u", a >> 24, a >> 16 & 255, a >> 8 & 255,
	               a & 255);
	if (!hole)
		(void)snprintf(out, size, "%s", pattern);
	else if (hole[1] == 'u')
		(void)snprintf(out, size, "%.*s%u%s", (int)(hole - pattern), pattern,
		               ports[prng_below(r, 10)], hole + 2);
	else
		(void)snprintf(out, size, "%.*s%s%s", (int)(hole - pattern), pattern, source,
		               hole + 2);
}

static int by_time(const void *a, const void *b)
{
	double one = *(const double *)a, two = *(const double *)b;

	return one < two ? -1 : one > two;
}

static enum status measure(struct engine *e, const struct roster *roster, unsigned at,
                           unsigned rounds, struct trouble *t)
{
	double took[ROUNDS_MAX] = {0};
	uint64_t rows = 0;
	struct prng r;
	char text[256];
	enum status st = STATUS_OK;

	prng_init(&r, at + 1);
	for (unsigned i = 0; i < rounds && !st; i++) {
		double start = now_ms();

		draw_text(&r, questions[at].text, text, sizeof(text));
		st = ask(e, roster, text, &rows, t);
		took[i] = now_ms() - start;
	}
	if (st)
		return st;
	qsort(took, rounds, sizeof(took[0]), by_time);
	printf("%s\n  {\"question\": \"%s\", \"p50_ms\": %.1f, \"p95_ms\": %.1f, \"goal_ms\": "
	       "%.0f, "
	       "\"rows\": %" PRIu64 "}",
	       at ? "," : "", questions[at].name, took[rounds / 2], took[rounds * 95 / 100],
	       questions[at].goal_ms, rows / rounds);
	return STATUS_OK;
}

static enum status run(const char *socket, uint64_t rows, unsigned rounds, struct trouble *t)
{
	struct engine_options options = {.socket = socket};
	struct observations_config config = {0};
	struct roster_sensor sensors[SENSORS];
	struct roster roster = {.sensors = sensors, .sensor_count = SENSORS};
	struct observations *o = NULL;
	enum status st = engine_open(&config.engine, &options, t);

	for (unsigned i = 0; i < SENSORS; i++)
		sensors[i] = (struct roster_sensor){
		        .number = i + 1, .name = "s", .since_s = (uint64_t)FIRST_DAY * 86400};
	if (!st)
		st = observations_open(&o, &config, t);
	if (!st)
		st = fill(config.engine, rows, t);
	printf("{\"rows\": %" PRIu64 ", \"rounds\": %u, \"answers\": [", rows, rounds);
	for (unsigned i = 0; i < QUESTIONS && !st; i++)
		st = measure(config.engine, &roster, i, rounds, t);
	printf("]}\n");
	observations_close(o);
	engine_free(config.engine);
	return st;
}

int main(int argc, char **argv)
{
	uint64_t rows = argc == 4 ? strtoull(argv[2], NULL, 10) : 0;
	unsigned long rounds = argc == 4 ? strtoul(argv[3], NULL, 10) : 0;
	struct trouble t = {0};
	char why[1024];

	if (rows < DAYS || rounds < 1 || rounds > ROUNDS_MAX) {
		fprintf(stderr, "usage: bench_answers SOCKET ROWS ROUNDS\n");
		return 2;
	}
	(void)signal(SIGPIPE, SIG_IGN);
	if (run(argv[1], rows, (unsigned)rounds, &t) == STATUS_OK)
		return 0;
	trouble_print(&t, why, sizeof(why));
	fprintf(stderr, "bench_answers: %s\n", why);
	return 1;
}
