/* SPDX-License-Identifier: Apache-2.0 */
/* The client against a real engine: the storer (NOROSHI_STORER), or whatever NOROSHI_ENGINE_URL
 * names (tests/interop/50-clickhouse.py starts Debian's server). pthread: this test stops queries
 * from another thread. */
#include "store/engine.h"
#include "store/storer.h"

#include "../../tap.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ROWS = 1000 };

struct totals {
	uint64_t rows, sum;
	int texts;
	enum status answer;
};

static enum status add_up(void *state, const struct native_block *b)
{
	struct totals *totals = state;

	for (size_t i = 0; i < b->rows; i++) {
		struct native_text note = native_string(b, 1, i);

		totals->sum += native_u64(b, 0, i);
		totals->texts += note.length == 4 && memcmp(note.at, "it's", 4) == 0;
	}
	totals->rows += b->rows;
	return totals->answer;
}

static void test_version(struct engine *e)
{
	struct engine_version v = {0, 0};
	struct trouble t = {0};

	CHECK(engine_ping(e, &t) == STATUS_OK);
	CHECK(engine_version(e, &v, &t) == STATUS_OK);
	CHECK(v.major >= 18);
	printf("# engine %u.%u\n", v.major, v.minor);
}

static void test_rows(struct engine *e)
{
	static uint32_t a[ROWS];
	static struct native_text notes[ROWS];
	const struct native_column columns[] = {{"a", NATIVE_UINT32, 0, a},
	                                        {"note", NATIVE_STRING, 0, notes}};
	const struct engine_setting small[] = {{"max_block_size", "100"}};
	const struct engine_run run = {.settings = small, .setting_count = 1, .threads = 1};
	struct totals totals = {0};
	struct trouble t = {0};
	uint64_t count = 7;

	for (uint32_t i = 0; i < ROWS; i++) {
		a[i] = i;
		notes[i] = (struct native_text){"it's", 4};
	}
	CHECK(engine_execute(e,
	                     "CREATE TABLE try_engine (a UInt32, note String) ENGINE = "
	                     "MergeTree ORDER BY a PARTITION BY intDiv(a, 100000)",
	                     NULL, &t) == STATUS_OK);
	if (t.text[0])
		printf("# %s\n", t.text);
	CHECK(engine_number(e, "SELECT count() FROM try_engine", NULL, &count, &t) == STATUS_OK);
	CHECK_U64(count, 0);
	CHECK(engine_insert(e, "try_engine", columns, 2, ROWS, NULL, &t) == STATUS_OK);
	CHECK(engine_query(e, "SELECT a, note FROM try_engine ORDER BY a", &run, add_up, &totals,
	                   &t) == STATUS_OK);
	CHECK_U64(totals.rows, ROWS);
	CHECK_U64(totals.sum, ROWS * (ROWS - 1) / 2);
	CHECK(totals.texts == ROWS);
	totals = (struct totals){.answer = STATUS_DENIED};
	CHECK(engine_query(e, "SELECT number, 'it\\'s' FROM numbers(1000000)", NULL, add_up,
	                   &totals, &t) == STATUS_DENIED);
	CHECK(totals.rows > 0 && totals.rows < 1000000);
	/* The connection is good again. */
	CHECK(engine_number(e, "SELECT max(a) FROM try_engine", NULL, &count, &t) == STATUS_OK);
	CHECK_U64(count, ROWS - 1);
}

static void test_refusals(struct engine *e)
{
	static const uint8_t a[] = {1};
	const struct native_column wrong[] = {{"nosuch", NATIVE_UINT8, 0, a}};
	const struct engine_run small = {.memory_bytes = 20 << 20};
	struct trouble t = {0};
	struct totals totals = {0};
	uint64_t n;

	CHECK(engine_execute(e, "SELEC 1", NULL, &t) == STATUS_FORMAT);
	CHECK(engine_code(e) == 62 && strstr(t.text, "62"));
	CHECK(engine_number(e, "SELECT * FROM nosuch", NULL, &n, &t) == STATUS_NOT_FOUND);
	CHECK(engine_code(e) == 60);
	CHECK(engine_execute(e, "CREATE TABLE try_engine (a UInt8) ENGINE = Memory", NULL, &t) ==
	      STATUS_CONFLICT);
	CHECK(engine_insert(e, "try_engine", wrong, 1, 1, NULL, &t) == STATUS_NOT_FOUND);
	CHECK(engine_insert_bytes(e, "INSERT INTO try_engine FORMAT Native", "\1\1\1a\5UInt9\7", 11,
	                          NULL, &t) != STATUS_OK);
	CHECK(engine_number(e, "SELECT length(groupArray(number)) FROM numbers(20000000)", &small,
	                    &n, &t) == STATUS_LIMIT);
	CHECK(engine_code(e) == 241);
	CHECK(engine_number(e, "SELECT [1]", NULL, &n, &t) == STATUS_UNSUPPORTED);
	CHECK(strstr(t.text, "cast") != NULL);
	/* Half-way: blocks came, and then the server's error within the answer. */
	CHECK(engine_query(e,
	                   "SELECT toUInt32(number) + throwIf(number = 3000000) AS a, 'it\\'s' "
	                   "FROM numbers(10000000)",
	                   NULL, add_up, &totals, &t) != STATUS_OK);
	CHECK(engine_code(e) == 395 && strstr(t.text, "395"));
	CHECK(engine_number(e, "SELECT 5", NULL, &n, &t) == STATUS_OK && n == 5);
}

struct stopping {
	atomic_bool stop;
	struct engine *other;
};

/* Once the query is seen to run, it is told to stop. */
static void *stop_when_running(void *state)
{
	struct stopping *s = state;
	uint64_t running = 0;

	for (int i = 0; i < 3000 && running == 0; i++) {
		if (engine_number(s->other,
		                  "SELECT count() FROM system.processes WHERE query LIKE "
		                  "'/*noroshi-%sipHash64%'",
		                  NULL, &running, NULL))
			break;
		usleep(10000);
	}
	atomic_store(&s->stop, true);
	return NULL;
}

static void test_stop(struct engine *e, struct engine *other)
{
	struct stopping s = {.other = other};
	const struct engine_run run = {.stop = &s.stop};
	struct trouble t = {0};
	pthread_t thread;
	uint64_t n = 1, left = 1;

	atomic_init(&s.stop, false);
	CHECK(pthread_create(&thread, NULL, stop_when_running, &s) == 0);
	CHECK(engine_number(e, "SELECT count() FROM system.numbers WHERE sipHash64(number) = 1",
	                    &run, &n, &t) == STATUS_INTERRUPTED);
	pthread_join(thread, NULL);
	/* It does not go on without us. */
	for (int i = 0; i < 3000 && left > 0; i++) {
		CHECK(engine_number(other,
		                    "SELECT count() FROM system.processes WHERE query LIKE "
		                    "'/*noroshi-%sipHash64%'",
		                    NULL, &left, &t) == STATUS_OK);
		usleep(10000);
	}
	CHECK_U64(left, 0);
}

static void test_engine(const struct engine_options *o)
{
	struct engine *e = NULL, *other = NULL;
	struct trouble t = {0};
	enum status st = engine_open(&e, o, &t);

	if (!st)
		st = engine_open(&other, o, &t);
	CHECK(st == STATUS_OK);
	for (int i = 0; i < 1500 && !st && engine_ping(e, &t); i++)
		usleep(20000);
	if (!st) {
		test_version(e);
		test_rows(e);
		test_refusals(e);
		test_stop(e, other);
	}
	engine_free(e);
	engine_free(other);
}

static void test_absent(void)
{
	const struct engine_options o = {.socket = "/nonexistent/noroshi.sock"};
	struct engine *e = NULL;
	struct trouble t = {0};

	CHECK(engine_open(&e, &(struct engine_options){0}, &t) == STATUS_USAGE);
	CHECK(engine_open(&e, &o, &t) == STATUS_OK);
	CHECK(engine_ping(e, &t) == STATUS_UNAVAILABLE);
	CHECK(engine_execute(e, "SELECT 1", NULL, &t) == STATUS_UNAVAILABLE);
	engine_free(e);
}

static int remove_all(const char *folder)
{
	char command[256];

	snprintf(command, sizeof(command), "rm -rf -- '%s'", folder);
	return system(command);
}

static int test_storer(const char *program)
{
	char folder[] = "/tmp/noroshi-engine-XXXXXX", data[64], path[64];
	struct storer_options o = {
	        .program = program, .data = data, .socket = path, .memory_bytes = 1u << 30};
	struct storer *s = NULL;
	struct trouble t = {0};

	if (!program || access(program, X_OK) != 0) {
		fprintf(stderr, "SKIPPED: noroshi-storer is not built\n");
		return 77;
	}
	if (!mkdtemp(folder))
		return 1;
	snprintf(data, sizeof(data), "%s/data", folder);
	snprintf(path, sizeof(path), "%s/sock", folder);
	CHECK(storer_start(&s, &o, &t) == STATUS_OK);
	test_engine(&(struct engine_options){.socket = path, .seconds = 120});
	storer_stop(s);
	remove_all(folder);
	return tap_done();
}

int main(void)
{
	const char *url = getenv("NOROSHI_ENGINE_URL");

	test_absent();
	if (!url)
		return test_storer(getenv("NOROSHI_STORER"));
	test_engine(&(struct engine_options){.url = url, .seconds = 120});
	return tap_done();
}
