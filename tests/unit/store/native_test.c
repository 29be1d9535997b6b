/* SPDX-License-Identifier: Apache-2.0 */
#include "store/native.h"

#include "../../tap.h"

#include <stdlib.h>

enum { ROWS = 3 };

static const uint8_t small[ROWS] = {1, 2, 255};
static const uint16_t ports[ROWS] = {23, 2323, 65535};
static const uint64_t packets[ROWS] = {1, 1ull << 40, UINT64_MAX};
static const int64_t offsets[ROWS] = {-1, 0, INT64_MIN};
static const double rates[ROWS] = {0.5, -2.0, 1e300};
static const struct native_text names[ROWS] = {{"a", 1}, {"", 0}, {"x\0y", 3}};
static const char fixed[ROWS * 4 + 1] = "abcdefgh\0\0\0\1";

static const struct native_column columns[] = {
        {"small", NATIVE_UINT8, 0, small},        {"port", NATIVE_UINT16, 0, ports},
        {"packets", NATIVE_UINT64, 0, packets},   {"offset", NATIVE_INT64, 0, offsets},
        {"rate", NATIVE_FLOAT64, 0, rates},       {"name", NATIVE_STRING, 0, names},
        {"fixed", NATIVE_FIXED_STRING, 4, fixed},
};

enum { COLUMN_COUNT = sizeof(columns) / sizeof(columns[0]) };

/* What the callback saw. */
struct seen {
	int blocks;
	size_t rows;
	int wrong;
	enum status answer;
};

static bool same_text(struct native_text a, struct native_text b)
{
	return a.length == b.length && memcmp(a.at, b.at, a.length) == 0;
}

static enum status look(void *state, const struct native_block *b)
{
	struct seen *seen = state;

	seen->blocks++;
	seen->rows += b->rows;
	for (size_t i = 0; i < b->rows; i++) {
		seen->wrong += native_u64(b, 0, i) != small[i];
		seen->wrong += native_u64(b, native_find(b, "port"), i) != ports[i];
		seen->wrong += native_u64(b, 2, i) != packets[i];
		seen->wrong += native_i64(b, 3, i) != offsets[i];
		seen->wrong += native_f64(b, 4, i) != rates[i];
		seen->wrong += !same_text(native_string(b, 5, i), names[i]);
		seen->wrong += memcmp(native_string(b, 6, i).at, fixed + i * 4, 4) != 0;
		seen->wrong += native_string(b, 6, i).length != 4;
	}
	return seen->answer;
}

static enum status any(void *state, const struct native_block *b)
{
	(void)b;
	++*(int *)state;
	return STATUS_OK;
}

static enum status decode(const void *bytes, size_t n, size_t piece, struct seen *seen)
{
	struct native_stream *s = NULL;
	struct trouble t = {0};
	enum status st = native_stream_new(&s, look, seen);

	for (size_t at = 0; at < n && !st; at += piece)
		st = native_stream_feed(s, (const char *)bytes + at,
		                        n - at < piece ? n - at : piece, &t);
	if (!st)
		st = native_stream_end(s, &t);
	CHECK(!st || t.text[0] || seen->answer);
	native_stream_free(s);
	return st;
}

/* The bytes as the documentation draws them: written by hand, not by the encoder. */
static void test_known_bytes(void)
{
	static const uint8_t want[] = {2,   1, 1,   'a', 5,   'U', 'I', 'n', 't', '8', 7,  1,
	                               's', 6, 'S', 't', 'r', 'i', 'n', 'g', 2,   'h', 'i'};
	static const uint8_t seven[] = {7};
	static const struct native_text hi[] = {{"hi", 2}};
	const struct native_column two[] = {{"a", NATIVE_UINT8, 0, seven},
	                                    {"s", NATIVE_STRING, 0, hi}};
	struct native_buffer b = {0};

	CHECK(native_encode(&b, two, 2, 1) == STATUS_OK);
	CHECK_U64(b.length, sizeof(want));
	CHECK(b.length == sizeof(want) && memcmp(b.bytes, want, sizeof(want)) == 0);
	native_buffer_clear(&b);
}

static void test_round_trip(void)
{
	struct native_buffer b = {0};
	size_t one;

	CHECK(native_encode(&b, columns, COLUMN_COUNT, ROWS) == STATUS_OK);
	one = b.length;
	CHECK(native_encode(&b, columns, COLUMN_COUNT, 0) == STATUS_OK);
	CHECK(native_encode(&b, columns, COLUMN_COUNT, 2) == STATUS_OK);
	for (size_t piece = 1; piece <= b.length; piece += piece < 8 ? 1 : 37) {
		struct seen seen = {0};

		CHECK(decode(b.bytes, b.length, piece, &seen) == STATUS_OK);
		CHECK(seen.blocks == 2 && seen.rows == 5 && seen.wrong == 0);
	}
	/* Every truncation is seen, and none is read past. */
	for (size_t n = 1; n < one; n++) {
		uint8_t *copy = malloc(n);
		struct seen seen = {0};

		memcpy(copy, b.bytes, n);
		CHECK(decode(copy, n, n, &seen) == STATUS_FORMAT && seen.blocks == 0);
		free(copy);
	}
	native_buffer_clear(&b);
}

static void test_refusals(void)
{
	static const uint8_t no_columns[] = {0, 5};
	static const uint8_t many_rows[] = {1, 0xff, 0xff, 0xff, 0xff, 0x0f, 1, 'a', 5, 'U'};
	static const uint8_t array[] = {1,   1,   1,   'a', 11,  'A', 'r', 'r', 'a',
	                                'y', '(', 'I', 'n', 't', '8', ')', 0};
	static const uint8_t fixed0[] = {1,   1,   1,   'a', 14,  'F', 'i', 'x', 'e', 'd',
	                                 'S', 't', 'r', 'i', 'n', 'g', '(', '0', ')', 0};
	static const uint8_t endless[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	                                  0xff, 0xff, 0xff, 0xff, 0xff, 1};
	static const char error[] = "Code: 395. DB::Exception: no";
	struct seen seen = {0};

	CHECK(decode(no_columns, sizeof(no_columns), 2, &seen) == STATUS_FORMAT);
	CHECK(decode(many_rows, sizeof(many_rows), 3, &seen) == STATUS_FORMAT);
	CHECK(decode(array, sizeof(array), 99, &seen) == STATUS_UNSUPPORTED);
	CHECK(decode(fixed0, sizeof(fixed0), 99, &seen) == STATUS_UNSUPPORTED);
	CHECK(decode(endless, sizeof(endless), 99, &seen) == STATUS_FORMAT);
	CHECK(decode(error, strlen(error), 99, &seen) == STATUS_FORMAT);
	CHECK(seen.blocks == 0);
}

static void test_callback_ends(void)
{
	struct native_buffer b = {0};
	struct seen seen = {.answer = STATUS_END};

	CHECK(native_encode(&b, columns, COLUMN_COUNT, ROWS) == STATUS_OK);
	CHECK(native_encode(&b, columns, COLUMN_COUNT, ROWS) == STATUS_OK);
	CHECK(decode(b.bytes, b.length, b.length, &seen) == STATUS_END);
	CHECK(seen.blocks == 1);
	native_buffer_clear(&b);
}

/* A block and then a server's error: the block counts, the error is left to be read. */
static void test_rest(void)
{
	static const char error[] = "Code: 241. DB::Exception: memory";
	struct native_buffer b = {0};
	struct native_stream *s = NULL;
	struct trouble t;
	int blocks = 0;
	size_t n = 0;

	CHECK(native_encode(&b, columns, COLUMN_COUNT, ROWS) == STATUS_OK);
	CHECK(native_stream_new(&s, any, &blocks) == STATUS_OK);
	CHECK(native_stream_feed(s, b.bytes, b.length, &t) == STATUS_OK);
	CHECK(native_stream_feed(s, error, 4, &t) == STATUS_OK);
	if (native_stream_feed(s, error + 4, strlen(error) - 4, &t) == STATUS_OK)
		CHECK(native_stream_end(s, &t) == STATUS_FORMAT);
	CHECK(native_stream_end(s, &t) == STATUS_FORMAT);
	CHECK(blocks == 1);
	CHECK(memcmp(native_stream_rest(s, &n), error, strlen(error)) == 0);
	CHECK_U64(n, strlen(error));
	native_stream_free(s);
	native_buffer_clear(&b);
}

static enum status check_numbers(void *state, const struct native_block *b)
{
	(void)state;
	CHECK(native_i64(b, 0, 0) == -2 && native_u64(b, 0, 0) == (uint64_t)-2);
	CHECK(native_f64(b, 1, 0) == 0.25 && native_u64(b, 1, 0) == 0);
	CHECK(native_u64(b, 2, 0) == 0 && native_i64(b, 3, 0) == -3);
	CHECK(native_string(b, 0, 0).length == 0);
	CHECK_U64(native_find(b, "none"), 4);
	return STATUS_OK;
}

static void test_numbers(void)
{
	static const int16_t narrow[] = {-2};
	static const float quarter[] = {0.25f};
	static const double huge[] = {1e40}, minus[] = {-3.7};
	const struct native_column c[] = {{"a", NATIVE_INT16, 0, narrow},
	                                  {"b", NATIVE_FLOAT32, 0, quarter},
	                                  {"c", NATIVE_FLOAT64, 0, huge},
	                                  {"d", NATIVE_FLOAT64, 0, minus}};
	struct native_buffer b = {0};
	struct native_stream *s = NULL;
	struct trouble t;

	CHECK(native_encode(&b, c, 4, 1) == STATUS_OK);
	CHECK(native_stream_new(&s, check_numbers, NULL) == STATUS_OK);
	CHECK(native_stream_feed(s, b.bytes, b.length, &t) == STATUS_OK);
	CHECK(native_stream_end(s, &t) == STATUS_OK);
	native_stream_free(s);
	native_buffer_clear(&b);
}

int main(void)
{
	test_known_bytes();
	test_round_trip();
	test_refusals();
	test_callback_ends();
	test_rest();
	test_numbers();
	return tap_done();
}
