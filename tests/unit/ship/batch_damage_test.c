/* SPDX-License-Identifier: Apache-2.0 */
/* Batch files that were cut, flipped or made by an enemy. */
#include "ship/batch_decode.h"
#include "ship/batch_reader.h"

#include "batch_rows.h"
#include "tap.h"

enum { FRAMES = 3, ROWS = 20 };

static struct frames three_frames(void)
{
	static uint8_t registers[FLOW_REGISTERS];
	static const uint32_t list[FLOW_EXACT] = {1, 2, 3};
	struct frames f = {0};
	struct batch_encode_options options = {.emit = append_frame, .state = &f};
	struct window_health health = {.uptime_s = 77, .clock_offset_us = -5, .version = "0.1"};
	struct window_header window = {.span_s = 60, .rows = ROWS, .health = &health};
	struct batch_encoder *e;
	struct flow_sink sink;
	struct prng r;

	prng_init(&r, 6);
	start_file(&f);
	if (batch_encoder_new(&e, &options, &sink))
		abort();
	for (int i = 0; i < FRAMES * ROWS; i++) {
		struct flow row = {0};

		window.start_s = (uint32_t)(i / ROWS * 60);
		(i % 4 ? draw_tame : draw_wild)(&r, &row);
		row.list = row.exact ? list : NULL;
		row.registers = i == 30 && !row.exact ? registers : NULL;
		if ((i % ROWS == 0 && sink.begin(sink.state, &window)) ||
		    sink.row(sink.state, &row) || (i % ROWS == ROWS - 1 && sink.end(sink.state)))
			abort();
	}
	batch_encoder_free(e);
	return f;
}

struct outcome {
	unsigned good, bad, rows;
	bool opened;
	char text[512]; /* of the last trouble */
};

static struct outcome read_all(uint8_t *bytes, size_t n)
{
	struct outcome o = {0};
	const struct batch_frame *frame;
	struct batch_reader *r;
	struct trouble t = {0};
	enum status st;

	if (batch_reader_open_file(&r, n ? fmemopen(bytes, n, "rb") : fopen("/dev/null", "rb"), "m",
	                           &t)) {
		memcpy(o.text, t.text, sizeof(o.text));
		return o;
	}
	o.opened = true;
	while ((st = batch_reader_next(r, &frame, &t)) != STATUS_END) {
		o.good += st == STATUS_OK;
		o.bad += st != STATUS_OK;
		while (batch_reader_row(r))
			o.rows++;
	}
	memcpy(o.text, t.text, sizeof(o.text));
	batch_reader_free(r);
	return o;
}

static size_t frame_bytes(const uint8_t *frame)
{
	return BATCH_FRAME_HEADER_BYTES +
	       (frame[8] | (size_t)frame[9] << 8 | (size_t)frame[10] << 16);
}

/* Every cut is reported, unless it falls between frames; what is whole is read. */
static void check_cuts(const struct frames *f)
{
	size_t ends[FRAMES + 1] = {BATCH_FILE_HEADER_BYTES};
	unsigned wrong = 0;

	for (int i = 0; i < FRAMES; i++)
		ends[i + 1] = ends[i] + frame_bytes(f->bytes + ends[i]);
	CHECK_U64(ends[FRAMES], f->used);
	for (size_t n = 0; n < f->used; n++) {
		uint8_t *copy = malloc(n + 1); /* exact size: the sanitizer sees an overread */
		struct outcome o;
		unsigned whole = 0;

		memcpy(copy, f->bytes, n);
		o = read_all(copy, n);
		while (whole < FRAMES && ends[whole + 1] <= n)
			whole++;
		wrong += o.opened != (n >= ends[0]);
		wrong += o.opened &&
		         (o.good != whole || o.bad != (n != ends[whole]) || o.rows != whole * ROWS);
		free(copy);
	}
	CHECK_U64(wrong, 0);
}

/* Every flipped bit is found, and costs its own frame at most when it is in a body. */
static void check_flips(const struct frames *f)
{
	size_t first_body = BATCH_FILE_HEADER_BYTES + BATCH_FRAME_HEADER_BYTES;
	size_t second = BATCH_FILE_HEADER_BYTES + frame_bytes(f->bytes + BATCH_FILE_HEADER_BYTES);
	unsigned wrong = 0;

	for (size_t i = 0; i < f->used; i++) {
		struct outcome o;

		f->bytes[i] ^= (uint8_t)(1u << i % 8);
		o = read_all(f->bytes, f->used);
		f->bytes[i] ^= (uint8_t)(1u << i % 8);
		wrong += o.opened && o.bad != 1;
		wrong += i < BATCH_FILE_HEADER_BYTES && o.opened;
		wrong += i >= first_body && i < second && o.good != FRAMES - 1;
	}
	CHECK_U64(wrong, 0);
}

/* An enemy can make the checksums fit: whatever the body holds, decoding ends well. */
static void check_forged(const struct frames *f)
{
	uint8_t *frame = f->bytes + BATCH_FILE_HEADER_BYTES;
	size_t n = frame_bytes(frame);
	uint8_t *copy = malloc(n);
	unsigned refused = 0;
	struct prng r;

	prng_init(&r, 7);
	for (int round = 0; round < 20000; round++) {
		struct batch_decoder *d;
		struct batch_frame header;
		const char *why;

		memcpy(copy, frame, n);
		for (uint32_t k = 0; k <= prng_below(&r, 4); k++)
			copy[BATCH_FRAME_HEADER_BYTES +
			     prng_below(&r, (uint32_t)n - BATCH_FRAME_HEADER_BYTES)] =
			        (uint8_t)prng_u32(&r);
		if (batch_frame_get(&header, copy) || batch_decoder_new(&d))
			abort();
		header.rows += prng_below(&r, 3) - 1;
		header.body_checksum =
		        batch_checksum(copy + BATCH_FRAME_HEADER_BYTES, header.body_bytes);
		refused += batch_decode(d, &header, copy + BATCH_FRAME_HEADER_BYTES, &why) != 0;
		batch_decoder_free(d);
	}
	CHECK(refused > 10000);
	free(copy);
}

static void check_headers(const struct frames *f)
{
	uint8_t header[BATCH_FRAME_HEADER_BYTES];
	struct batch_frame frame, back;

	CHECK(batch_frame_get(&frame, f->bytes + BATCH_FILE_HEADER_BYTES) == STATUS_OK);
	back = frame;
	back.rows = BATCH_ROWS_MAX + 1;
	batch_frame_put(&back, header);
	CHECK(batch_frame_get(&back, header) == STATUS_FORMAT);
	back = frame;
	back.plain_bytes = BATCH_BODY_MAX + 1;
	batch_frame_put(&back, header);
	CHECK(batch_frame_get(&back, header) == STATUS_FORMAT);
	back = frame;
	back.body_bytes = UINT32_MAX;
	batch_frame_put(&back, header);
	CHECK(batch_frame_get(&back, header) == STATUS_FORMAT);
	back = frame;
	back.window.addresses = NAN;
	batch_frame_put(&back, header);
	CHECK(batch_frame_get(&back, header) == STATUS_FORMAT);
}

static void check_messages(struct frames *f)
{
	uint8_t other[BATCH_FILE_HEADER_BYTES] = "NOROSHI\x1a\x02";
	uint32_t sum = batch_checksum(other, 12);
	size_t second = BATCH_FILE_HEADER_BYTES + frame_bytes(f->bytes + BATCH_FILE_HEADER_BYTES);

	for (int i = 0; i < 4; i++)
		other[12 + i] = (uint8_t)(sum >> 8 * i);
	CHECK_STR(read_all(other, sizeof(other)).text,
	          "a batch file of version 2; this program reads version 1");
	CHECK_STR(read_all(other, 0).text, "not a batch file: too short");
	CHECK_STR(read_all(f->bytes, second + 3).text, "frame 2: the file ends in the middle");
	f->bytes[second + BATCH_FRAME_HEADER_BYTES + 5] ^= 1;
	CHECK_STR(read_all(f->bytes, f->used).text,
	          "frame 2: its body does not match its checksum");
}

int main(void)
{
	struct frames f = three_frames();

	CHECK_U64(read_all(f.bytes, f.used).rows, FRAMES * ROWS);
	check_cuts(&f);
	check_flips(&f);
	check_forged(&f);
	check_headers(&f);
	check_messages(&f);
	free(f.bytes);
	batch_decoder_free(NULL);
	return tap_done();
}
