/* SPDX-License-Identifier: Apache-2.0 */
/* A window's honest figures through the health section, and frames that are provisional. */
#include "ship/batch_health.h"
#include "ship/batch_decode.h"
#include "ship/batch_reader.h"

#include "batch_rows.h"
#include "tap.h"

static const struct window_health full = {.dropped_kernel = UINT64_MAX,
                                          .dropped_own = 2,
                                          .malformed = 3,
                                          .watched_ms = UINT32_MAX,
                                          .uptime_s = 5,
                                          .clock_offset_us = INT64_MIN,
                                          .clock_error_us = UINT64_MAX,
                                          .spool_bytes = 8,
                                          .lost_windows = 9,
                                          .lost_rows = 1 << 14,
                                          .lost_packets = 11,
                                          .refused = 12,
                                          .version = "0.1.0-thirty-one-characters-all"};

static bool same_health(const struct window_health *a, const struct window_health *b)
{
	return a->dropped_kernel == b->dropped_kernel && a->dropped_own == b->dropped_own &&
	       a->malformed == b->malformed && a->watched_ms == b->watched_ms &&
	       a->uptime_s == b->uptime_s && a->clock_offset_us == b->clock_offset_us &&
	       a->clock_error_us == b->clock_error_us && a->spool_bytes == b->spool_bytes &&
	       a->lost_windows == b->lost_windows && a->lost_rows == b->lost_rows &&
	       a->lost_packets == b->lost_packets && a->refused == b->refused &&
	       strcmp(a->version, b->version) == 0;
}

static void check_there_and_back(void)
{
	struct window_health none = {0}, minus = {.clock_offset_us = -1}, back = full;
	uint8_t bytes[BATCH_HEALTH_MAX];
	size_t n = batch_health_put(&full, bytes);

	CHECK(n <= sizeof(bytes));
	CHECK(batch_health_get(&back, bytes, n) && same_health(&back, &full));
	n = batch_health_put(&minus, bytes);
	CHECK_U64(n, BATCH_STREAM_HEADER_BYTES + 1);
	CHECK(batch_health_get(&back, bytes, n) && back.clock_offset_us == -1);
	CHECK_U64(batch_health_put(&none, bytes), 0);
	CHECK(batch_health_get(&back, bytes, 0) && same_health(&back, &none));
}

/* Streams stand alone: a cut between them is a record of fewer fields, any other is damage. */
static void check_cuts(void)
{
	uint8_t bytes[BATCH_HEALTH_MAX];
	size_t n = batch_health_put(&full, bytes), whole = 0;
	unsigned wrong = 0;

	for (size_t cut = 0; cut < n; cut++) {
		uint8_t *copy = malloc(cut + 1);
		struct window_health back;

		memcpy(copy, bytes, cut);
		if (cut == whole + BATCH_STREAM_HEADER_BYTES + bytes[whole + 1])
			whole = cut;
		wrong += batch_health_get(&back, copy, cut) != (cut == whole);
		free(copy);
	}
	CHECK_U64(wrong, 0);
}

static bool takes(const char *bytes, size_t n)
{
	struct window_health back;

	return batch_health_get(&back, (const uint8_t *)bytes, n);
}

static void check_lies(void)
{
	CHECK(takes("\x01\x01\0\0\0\x05", 6));
	CHECK(takes("\xc8\x02\0\0\0zz", 7));                       /* of later software */
	CHECK(!takes("\x01\x01\0\0\0\x05\x01\x01\0\0\0\x06", 12)); /* twice */
	CHECK(!takes("\x01\x02\0\0\0\x05\x05", 7));                /* bytes behind the number */
	CHECK(!takes("\x01\x01\0\0\0\x85", 6));                    /* a number that goes on */
	CHECK(!takes("\x04\x05\0\0\0\xff\xff\xff\xff\x1f", 10));   /* 33 bits into 32 */
	CHECK(!takes("\x01\x00\0\0\0", 5));                        /* no number */
	CHECK(!takes("\x0d\x02\0\0\0a\n", 7));                     /* not a version */
	CHECK(!takes("\x0d\x20\0\0\0aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 37)); /* too long */
}

/* One window of `rows` rows in parts of 10. */
static struct frames one_window(unsigned rows, const struct window_health *health, bool provisional)
{
	struct frames f = {0};
	struct batch_encode_options options = {.emit = append_frame,
	                                       .state = &f,
	                                       .sequence = 41,
	                                       .rows_max = 10,
	                                       .provisional = provisional};
	struct window_health mine = health ? *health : full;
	struct window_header window = {.span_s = 60, .health = health ? &mine : NULL};
	struct batch_encoder *e;
	struct flow_sink sink;
	struct prng r;

	prng_init(&r, 8);
	start_file(&f);
	if (batch_encoder_new(&e, &options, &sink) || sink.begin(sink.state, &window))
		abort();
	memset(&mine, 0, sizeof(mine)); /* the caller's figures are valid during the call only */
	for (unsigned i = 0; i < rows; i++) {
		struct flow row;

		draw_tame(&r, &row);
		if (sink.row(sink.state, &row))
			abort();
	}
	if (sink.end(sink.state))
		abort();
	batch_encoder_free(e);
	return f;
}

static void check_parts(const struct window_health *health, bool provisional)
{
	struct frames f = one_window(25, health, provisional);
	const struct batch_frame *frame;
	struct batch_reader *r;
	unsigned parts = 0;

	if (batch_reader_open_file(&r, fmemopen(f.bytes, f.used, "rb"), "memory", NULL))
		abort();
	while (batch_reader_next(r, &frame, NULL) == STATUS_OK) {
		bool last = frame->flags & BATCH_LAST_PART;

		CHECK(last == (parts == 2));
		CHECK_U64(frame->sequence, provisional ? 0 : 41 + parts);
		CHECK(!(frame->flags & BATCH_PROVISIONAL) == !provisional);
		CHECK((last && health) == (frame->window.health != NULL));
		if (frame->window.health)
			CHECK(same_health(frame->window.health, health));
		parts++;
	}
	CHECK_U64(parts, 3);
	batch_reader_free(r);
	free(f.bytes);
}

/* What the hub does with one frame in memory; a second health section is a lie. */
static void check_in_memory(void)
{
	struct frames f = one_window(3, &full, false);
	const uint8_t *bytes = f.bytes + BATCH_FILE_HEADER_BYTES;
	const uint8_t *body = bytes + BATCH_FRAME_HEADER_BYTES;
	struct batch_frame frame;
	struct batch_decoder *d;
	uint8_t plain[BATCH_HEALTH_MAX], *twice;
	size_t more = BATCH_SECTION_HEADER_BYTES + batch_health_put(&full, plain);
	const char *why;

	if (batch_frame_get(&frame, bytes) || batch_decoder_new(&d))
		abort();
	CHECK(frame.window.health == NULL);
	CHECK(batch_decode(d, &frame, body, &why) == STATUS_OK);
	CHECK(batch_decoder_health(d) && same_health(batch_decoder_health(d), &full));
	twice = malloc(frame.body_bytes + more);
	memcpy(twice, body, frame.body_bytes);
	memcpy(twice + frame.body_bytes, body + frame.body_bytes - more, more);
	frame.body_bytes += (uint32_t)more;
	frame.plain_bytes += (uint32_t)more - BATCH_SECTION_HEADER_BYTES;
	frame.sections++;
	frame.body_checksum = batch_checksum(twice, frame.body_bytes);
	CHECK(batch_decode(d, &frame, twice, &why) == STATUS_FORMAT);
	free(twice);
	batch_decoder_free(d);
	free(f.bytes);
}

int main(void)
{
	check_there_and_back();
	check_cuts();
	check_lies();
	check_parts(&full, false);
	check_parts(NULL, false);
	check_parts(&full, true);
	check_in_memory();
	return tap_done();
}
