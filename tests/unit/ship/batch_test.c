/* SPDX-License-Identifier: Apache-2.0 */
/* The batch format there and back: wild rows, tame rows, sketches, splits, order, keys. */
#include "ship/batch_reader.h"

#include "batch_rows.h"
#include "tap.h"

static const struct window_header a_window = {.start_s = 1769862896,
                                              .span_s = 60,
                                              .sensor = 9,
                                              .packets = 1000,
                                              .dropped = 3,
                                              .skipped = 4,
                                              .late = 5,
                                              .rows = 77,
                                              .addresses = 65536.0};

static struct batch_encoder *open_encoder(struct frames *f, uint32_t rows_max, int level,
                                          struct flow_sink *sink)
{
	struct batch_encode_options options = {.emit = append_frame,
	                                       .state = f,
	                                       .boot_id = 0x1122334455667788,
	                                       .sequence = 41,
	                                       .rows_max = rows_max,
	                                       .level = level};
	struct batch_encoder *e;

	*f = (struct frames){0};
	start_file(f);
	if (batch_encoder_new(&e, &options, sink))
		abort();
	return e;
}

static void encode(struct frames *f, const struct flow *rows, size_t n, uint32_t rows_max,
                   int level)
{
	struct flow_sink sink;
	struct batch_encoder *e = open_encoder(f, rows_max, level, &sink);

	if (sink.begin(sink.state, &a_window))
		abort();
	for (size_t i = 0; i < n; i++) {
		if (sink.row(sink.state, &rows[i]))
			abort();
	}
	if (sink.end(sink.state))
		abort();
	batch_encoder_free(e);
}

static struct batch_reader *open_frames(const struct frames *f)
{
	struct batch_reader *r;

	if (batch_reader_open_file(&r, fmemopen(f->bytes, f->used, "rb"), "memory", NULL))
		abort();
	return r;
}

/* Read all frames and compare; hands back the flags of the first. */
static unsigned check_back(const struct frames *f, const struct flow *rows, size_t n)
{
	struct batch_reader *r = open_frames(f);
	const struct batch_frame *frame;
	const struct flow *row;
	size_t at = 0, different = 0;
	unsigned parts = 0, flags = 0;
	enum status st;

	while ((st = batch_reader_next(r, &frame, NULL)) == STATUS_OK) {
		CHECK(memcmp(&frame->window, &a_window, sizeof(a_window)) == 0);
		CHECK(frame->boot_id == 0x1122334455667788 && frame->sequence == 41 + parts);
		CHECK_U64(frame->part, parts);
		CHECK(!(frame->flags & BATCH_LAST_PART) == (parts + 1 < f->count));
		flags = parts++ ? flags : frame->flags;
		for (; (row = batch_reader_row(r)); at++)
			different += at >= n || !same_row(row, &rows[at]);
	}
	CHECK(st == STATUS_END);
	CHECK_U64(parts, f->count);
	CHECK_U64(at, n);
	CHECK_U64(different, 0);
	batch_reader_free(r);
	return flags;
}

static void check_rows(uint32_t n, uint32_t rows_max, bool wild, int level)
{
	struct flow *rows = calloc(n + 1, sizeof(*rows));
	struct frames f;
	struct prng r;

	prng_init(&r, n);
	for (uint32_t i = 0; i < n; i++) {
		(wild ? draw_wild : draw_tame)(&r, &rows[i]);
		if (i && prng_below(&r, 3) == 0)
			rows[i].source = rows[i - 1].source;
		if (wild && prng_below(&r, 3) == 0)
			rows[i].source = addr_v4(prng_u32(&r));
	}
	qsort(rows, n, sizeof(*rows), compare_rows);
	encode(&f, rows, n, rows_max, level);
	CHECK(check_back(&f, rows, n) & BATCH_SORTED);
	CHECK_U64(f.count, n ? (n - 1) / rows_max + 1 : 1);
	CHECK(wild || n < 10000 || f.used / n <= 14);
	free(f.bytes);
	free(rows);
}

static void check_unsorted(void)
{
	struct flow rows[40];
	struct frames f;
	struct prng r;

	prng_init(&r, 4);
	for (int i = 0; i < 40; i++) {
		draw_wild(&r, &rows[i]);
		if (i % 3)
			rows[i].source = addr_v4(prng_u32(&r));
	}
	rows[39].source = rows[38].source; /* the same low bits, another family */
	rows[38].source = addr_v4(addr_low32(&rows[39].source));
	encode(&f, rows, 40, 100, 3);
	CHECK(!(check_back(&f, rows, 40) & BATCH_SORTED));
	free(f.bytes);
}

/* Lists, registers, both kinds in one frame, and a frame that is full of sketches. */
static void check_sketches(void)
{
	enum { ROWS = 6000 };
	struct flow *rows = calloc(ROWS, sizeof(*rows));
	static uint8_t registers[FLOW_REGISTERS];
	static uint32_t list[FLOW_EXACT];
	struct frames f;
	struct prng r;

	prng_init(&r, 5);
	for (int i = 0; i < FLOW_REGISTERS; i++)
		registers[i] = (uint8_t)prng_below(&r, 20);
	for (int i = 0; i < FLOW_EXACT; i++)
		list[i] = prng_u32(&r);
	for (int i = 0; i < ROWS; i++) {
		draw_tame(&r, &rows[i]);
		if (i % 50 == 0)
			continue; /* has neither */
		rows[i].list = rows[i].exact ? list : NULL;
		if (i % 5)
			rows[i].exact = 0;
		rows[i].list = rows[i].exact ? list : NULL;
		rows[i].registers = rows[i].exact ? NULL : registers;
	}
	encode(&f, rows, 1000, 65536, 1);
	check_back(&f, rows, 1000);
	CHECK_U64(f.count, 1);
	free(f.bytes);
	encode(&f, rows, ROWS, 65536, 1);
	check_back(&f, rows, ROWS);
	CHECK_U64(f.count, 2);
	free(f.bytes);
	free(rows);
}

/* A key that one packet made says nothing; one that packets or rows share is kept. */
static void check_unicorn_keys(void)
{
	static const uint32_t keys[] = {7, 7, 8, 9, 9, 9, 3, 0, 0},
	                      want[] = {7, 7, 0, 9, 9, 9, 3, 0, 0};
	static const uint16_t counts[] = {1, 1, 1, 1, 1, 1, 2, 0, 1};
	struct flow rows[9] = {0};
	const struct batch_frame *frame;
	struct batch_reader *r;
	struct frames f;

	for (int i = 0; i < 9; i++) {
		rows[i].source = addr_v4(i < 3 ? 1 : 2);
		rows[i].packets = 1;
		rows[i].port = (uint16_t)i;
		rows[i].unicorn = counts[i];
		rows[i].unicorn_key = keys[i];
	}
	encode(&f, rows, 9, 100, 1);
	r = open_frames(&f);
	CHECK(batch_reader_next(r, &frame, NULL) == STATUS_OK);
	for (int i = 0; i < 9; i++) {
		const struct flow *row = batch_reader_row(r);

		CHECK(row && row->unicorn_key == want[i] && row->unicorn == counts[i]);
	}
	batch_reader_free(r);
	free(f.bytes);
}

int main(void)
{
	CHECK_U64(batch_checksum("123456789", 9), 0xe3069283); /* RFC 3720's polynomial */
	check_rows(0, 10, false, 1);
	check_rows(1, 10, true, 1);
	check_rows(10, 10, true, 1);
	check_rows(11, 10, true, 3);
	check_rows(5000, 65536, true, 1);
	check_rows(70000, 65536, true, 1);
	check_rows(70000, 65536, false, 1);
	check_rows(20000, 7000, false, -5);
	check_unsorted();
	check_sketches();
	check_unicorn_keys();
	batch_encoder_free(NULL);
	batch_reader_free(NULL);
	return tap_done();
}
