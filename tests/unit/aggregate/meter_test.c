/* SPDX-License-Identifier: Apache-2.0 */
/* The meter's rows are the pipeline's; the clock closes windows; figures are honest. pthread. */
#include "aggregate/meter.h"

#include "tap.h"

#include "bytes.h"

#include "captures.h"
#include "flows.h"

#include "base/hash.h"

#include <pthread.h>
#include <stdatomic.h>

enum { PACKETS = 30000, ROWS_MAX = 60000, WINDOWS_MAX = 512, KEY = 77, SOURCES = 700 };

static const uint64_t start_ns = UINT64_C(1750000020) * 1000000000;

struct seen {
	struct flow flow;
	uint32_t start_s, list_sum;
	uint64_t registers;
};

/* What a sink saw, of either kind. */
struct sink {
	struct seen *rows;
	size_t count, windows;
	struct window_header headers[WINDOWS_MAX];
	struct window_health health[WINDOWS_MAX];
	bool open, wrong;
	size_t fail_at; /* the row that fails; 0: none */
};

static struct sink sink_new(void)
{
	struct sink s = {.rows = calloc(ROWS_MAX, sizeof(struct seen))};

	if (!s.rows)
		abort();
	return s;
}

static enum status sink_begin(void *state, const struct window_header *h)
{
	struct sink *s = state;

	s->wrong |= s->open;
	s->open = true;
	if (s->windows == WINDOWS_MAX)
		return STATUS_FULL;
	s->headers[s->windows++] = *h;
	return STATUS_OK;
}

static enum status sink_begin_meter(void *state, const struct window_header *h,
                                    const struct window_health *health)
{
	struct sink *s = state;
	enum status st = sink_begin(state, h);

	if (!st)
		s->health[s->windows - 1] = *health;
	return st;
}

static enum status sink_row(void *state, const struct flow *row)
{
	struct sink *s = state;
	struct seen *to = &s->rows[s->count];

	s->wrong |= !s->open;
	if (s->count == ROWS_MAX || (s->fail_at && s->count + 1 == s->fail_at))
		return STATUS_FULL;
	flow_plain(&to->flow, row);
	to->start_s = s->headers[s->windows - 1].start_s;
	for (int i = 0; i < row->exact; i++)
		to->list_sum += row->list[i];
	for (int i = 0; row->registers && i < FLOW_REGISTERS; i++)
		to->registers = hash_u64(row->registers[i], to->registers);
	s->count++;
	return STATUS_OK;
}

static enum status sink_end(void *state)
{
	struct sink *s = state;

	s->wrong |= !s->open;
	s->open = false;
	return STATUS_OK;
}

static struct meter_sink meter_sink_of(struct sink *s)
{
	return (struct meter_sink){s, sink_begin_meter, sink_row, sink_end};
}

/* Three minutes of everything, over four minutes with a silent one. */
static void put_mixed(struct bytes *b, unsigned packets, bool with_gap)
{
	static const uint8_t protos[] = {1, 6, 6, 6, 6, 17, 17, 58, 47};
	struct prng g;

	prng_init(&g, 5);
	capture_start(b);
	for (unsigned i = 0; i < packets; i++) {
		uint64_t at = (uint64_t)i * 180 * 1000000000 / packets;
		struct made_ip m = {
		        .time_ns =
		                start_ns + at + (with_gap && at >= 60000000000 ? 60000000000 : 0),
		        .src = 0x2d000000 + prng_below(&g, SOURCES),
		        .dst = 0xc6120000 + prng_below(&g, prng_below(&g, 9) ? 256 : 512),
		        .seq = prng_below(&g, 5),
		        .sport = (uint16_t)(1000 + prng_below(&g, 2)),
		        .dport = (uint16_t)(prng_below(&g, 4) ? 23 : prng_below(&g, 60000)),
		        .ip_id = (uint16_t)prng_below(&g, 3),
		        .window = prng_below(&g, 2) ? 1024 : 65535,
		        .proto = protos[prng_below(&g, sizeof(protos))],
		        .flags = prng_below(&g, 3) ? 2 : 18,
		        .ttl = (uint8_t)(50 + prng_below(&g, 3)),
		        .v6 = prng_below(&g, 7) == 0,
		};

		capture_put(b, &m);
	}
}

/* The same packets in Ethernet frames; every third SYN gets an option, so that most take the way of
 * usual packets and leave their options to be hashed late. */
static void put_in_frames(struct bytes *out, const struct bytes *raw)
{
	static const uint8_t mss[] = {2, 4, 0x05, 0xb4};
	const uint8_t *at = raw->at + 24, *end = raw->at + raw->size;

	put_pcap_header(out, 0xa1b23c4d, 1, false);
	while (at < end) {
		uint32_t size = (uint32_t)(at[8] | at[9] << 8);
		const uint8_t *ip = at + 16;
		bool v6 = ip[0] >> 4 == 6, longer = !v6 && ip[9] == 6 && ip[27] % 3 == 0;
		struct bytes f = {0};

		put_be(&f, 0x020000000001, 6);
		put_be(&f, 0x020000000002, 6);
		put_be(&f, v6 ? 0x86dd : 0x0800, 2);
		put(&f, ip, size);
		if (longer) {
			f.at[14 + 3] = 44;
			f.at[14 + 32] = 0x60;
			put(&f, mss, sizeof(mss));
		}
		put_pcap_record(
		        out, (uint32_t)(at[0] | at[1] << 8 | at[2] << 16) | (uint32_t)at[3] << 24,
		        (uint32_t)(at[4] | at[5] << 8 | at[6] << 16) | (uint32_t)at[7] << 24, f.at,
		        (uint32_t)f.size, (uint32_t)f.size, false);
		bytes_clear(&f);
		at += 16 + size;
	}
}

static void monitor_half(struct prefix_set *set)
{
	struct prefix p;

	if (prefix_parse("198.18.0.0/24", &p) || prefix_set_add(set, p) ||
	    prefix_parse("2001:db8::/32", &p) || prefix_set_add(set, p))
		abort();
	prefix_set_seal(set);
}

static struct sink pipeline_rows(const struct bytes *b, const struct prefix_set *nets)
{
	struct sink s = sink_new();
	struct flow_sink sink = {&s, sink_begin, sink_row, sink_end};
	struct pipeline_options o = {.threads = 1,
	                             .memory = PIPELINE_MEMORY_DEFAULT,
	                             .monitored = nets,
	                             .sink = &sink,
	                             .destination_key = KEY,
	                             .addresses = 256};
	struct capture_run run = capture_read(b, &o);

	CHECK(run.run == STATUS_OK && run.finished == STATUS_OK);
	pipeline_free(run.pipeline);
	return s;
}

static struct input *open_bytes(const struct bytes *b, unsigned workers)
{
	struct input_options o = {.workers = workers, .block_bytes = 4096};
	struct input *in;
	char path[64];

	bytes_save(b, path);
	if (input_open(&in, path, &o, NULL))
		abort();
	unlink(path);
	return in;
}

/* One capture thread: takes the records whose source falls to it. */
struct taker {
	struct meter *meter;
	struct input *in;
	unsigned number, takers;
	bool raw_ip;
	pthread_t thread;
	enum status status;
};

static bool falls_to(const struct taker *t, const struct record *r)
{
	const uint8_t *ip = r->bytes + (r->link == 1 ? 14 : 0);
	bool v6 = ip[0] >> 4 == 6;
	uint32_t source = 0;

	for (int i = 0; i < 4; i++)
		source = source << 8 | ip[(v6 ? 20 : 12) + i];
	return source % t->takers == t->number;
}

static void *take_all(void *state)
{
	struct taker *t = state;
	struct record batch[RECORD_BATCH], mine[RECORD_BATCH];
	struct records *records;
	unsigned n, kept;

	if (records_new(&records, t->in, t->number))
		abort();
	while (records_next(records, batch, &n) == STATUS_OK) {
		kept = 0;
		for (unsigned i = 0; i < n; i++) {
			if (falls_to(t, &batch[i]))
				mine[kept++] = batch[i];
		}
		if (!t->status)
			t->status = meter_take(t->meter, mine, kept);
	}
	records_free(records);
	return NULL;
}

/* The whole capture through `takers` meters. */
static enum status meter_all(struct meters *set, const struct bytes *b, unsigned takers)
{
	struct taker t[METERS_MAX];
	struct input *in = open_bytes(b, takers);
	enum status st = STATUS_OK, finished;

	for (unsigned i = 0; i < takers; i++) {
		t[i] = (struct taker){
		        .meter = meters_at(set, i), .in = in, .number = i, .takers = takers};
		if (pthread_create(&t[i].thread, NULL, take_all, &t[i]))
			abort();
	}
	for (unsigned i = 0; i < takers; i++) {
		pthread_join(t[i].thread, NULL);
		st = st ? st : t[i].status;
	}
	input_close(in);
	finished = meters_finish(set);
	return st ? st : finished;
}

static struct sink meter_rows(const struct bytes *b, const struct prefix_set *nets, unsigned takers,
                              struct sink *live, struct meter_counts *sum)
{
	struct sink s = sink_new();
	struct meter_sink sink = meter_sink_of(&s), live_sink = meter_sink_of(live ? live : &s);
	struct meters_options o = {.meters = takers,
	                           .memory = 64u << 20,
	                           .monitored = nets,
	                           .sink = &sink,
	                           .live = live ? &live_sink : NULL,
	                           .destination_key = KEY,
	                           .sensor = 9,
	                           .version = "0.1"};
	struct meters *set;

	CHECK(meters_new(&set, &o) == STATUS_OK);
	CHECK(meter_all(set, b, takers) == STATUS_OK);
	*sum = (struct meter_counts){0};
	for (unsigned i = 0; i < takers; i++) {
		struct meter_counts c = meter_counts(meters_at(set, i));

		sum->packets += c.packets;
		sum->skipped += c.skipped;
		sum->records += c.records;
		sum->dropped_own += c.dropped_own;
	}
	meters_free(set);
	return s;
}

/* The first row that differs, or the count of rows. */
static size_t first_difference(const struct sink *a, const struct sink *b)
{
	size_t n = a->count < b->count ? a->count : b->count, i = 0;

	while (i < n && memcmp(&a->rows[i], &b->rows[i], sizeof(a->rows[i])) == 0)
		i++;
	return i;
}

static void test_equals_pipeline(bool monitored, bool with_gap, bool framed)
{
	static const unsigned takers[] = {1, 2, 3, 16};
	struct prefix_set nets = {0};
	struct bytes b = {0};
	struct sink want;

	put_mixed(&b, PACKETS, with_gap);
	if (framed) {
		struct bytes raw = b;

		b = (struct bytes){0};
		put_in_frames(&b, &raw);
		bytes_clear(&raw);
	}
	if (monitored)
		monitor_half(&nets);
	want = pipeline_rows(&b, monitored ? &nets : NULL);
	CHECK(want.count > 5000 && want.windows >= 3);
	for (size_t k = 0; k < sizeof(takers) / sizeof(takers[0]); k++) {
		struct meter_counts sum;
		struct sink got = meter_rows(&b, monitored ? &nets : NULL, takers[k], NULL, &sum);

		CHECK(!got.wrong);
		CHECK_U64(got.count, want.count);
		CHECK_U64(first_difference(&got, &want), want.count);
		CHECK_U64(got.windows, want.windows);
		for (size_t i = 0; i < want.windows && takers[k] == 1; i++) {
			CHECK_U64(got.headers[i].start_s, want.headers[i].start_s);
			CHECK_U64(got.headers[i].packets, want.headers[i].packets);
			CHECK_U64(got.headers[i].skipped, want.headers[i].skipped);
			CHECK_U64(got.headers[i].rows, want.headers[i].rows);
			CHECK_U64(got.headers[i].sensor, 9);
			CHECK_STR(got.health[i].version, "0.1");
			CHECK(got.headers[i].addresses == (monitored ? 256 : 0));
		}
		CHECK_U64(sum.packets + sum.skipped, PACKETS);
		CHECK_U64(sum.dropped_own, 0);
		free(got.rows);
	}
	free(want.rows);
	prefix_set_clear(&nets);
	bytes_clear(&b);
}

static void test_live(void)
{
	struct bytes b = {0};
	struct sink live = sink_new(), minutes;
	struct meter_counts sum;
	uint64_t packets = 0;

	put_mixed(&b, 3000, false);
	minutes = meter_rows(&b, NULL, 1, &live, &sum);
	CHECK_U64(minutes.windows, 3);
	CHECK_U64(live.windows, 180);
	for (size_t i = 0; i < live.windows; i++) {
		live.wrong |= live.headers[i].span_s != 1 ||
		              live.headers[i].start_s != start_ns / 1000000000 + i;
		packets += live.headers[i].packets;
	}
	CHECK(!live.wrong);
	CHECK_U64(packets, 3000);
	free(live.rows);
	free(minutes.rows);
	bytes_clear(&b);
}

static struct meters *one_meter(const struct meter_sink *sink, const struct prefix_set *nets)
{
	struct meters_options o = {.meters = 1,
	                           .memory = METER_MEMORY_MIN,
	                           .monitored = nets,
	                           .sink = sink,
	                           .version = "x"};
	struct meters *set;

	if (meters_new(&set, &o))
		abort();
	return set;
}

static uint64_t at(double seconds)
{
	return start_ns + (uint64_t)(int64_t)(seconds * 1e9);
}

/* One SYN from 45.0.0.n to 198.18.dst. */
static void take_one(struct meter *m, double seconds, uint32_t n, uint32_t dst)
{
	uint8_t ip[40] = {0x45,
	                  [3] = 40,
	                  [8] = 64,
	                  [9] = 6,
	                  [12] = 45,
	                  [13] = (uint8_t)(n >> 16),
	                  [14] = (uint8_t)(n >> 8),
	                  [15] = (uint8_t)n,
	                  [16] = 198,
	                  [17] = 18,
	                  [18] = (uint8_t)(dst >> 8),
	                  [19] = (uint8_t)dst,
	                  [21] = 1,
	                  [23] = 23,
	                  [32] = 0x50,
	                  [33] = 2};
	struct record r = {at(seconds), ip, sizeof(ip), sizeof(ip), 101};

	if (meter_take(m, &r, 1))
		abort();
}

static void tick_until(struct meter *m, double from, double to)
{
	for (double now = from; now <= to; now += 0.25) {
		if (meter_tick(m, at(now)))
			abort();
	}
}

/* Empty windows are handed out; one in which nobody watched is not; up-time is counted. */
static void test_clock(void)
{
	struct sink s = sink_new();
	struct meter_sink sink = meter_sink_of(&s);
	struct meters *set = one_meter(&sink, NULL);
	struct meter *m = meters_at(set, 0);

	meter_set_clock(m, 5, -12, 34);
	tick_until(m, 10, 130);
	take_one(m, 130.5, 1, 7);
	tick_until(m, 131, 150);
	meter_lose(m, 11, 2);
	meter_set_watching(m, false);
	tick_until(m, 150, 165);
	meter_set_watching(m, true);
	tick_until(m, 165, 200);
	tick_until(m, 800, 821); /* asleep for ten minutes */
	CHECK(meters_finish(set) == STATUS_OK);
	CHECK_U64(s.windows, 5);
	CHECK_U64(s.health[0].watched_ms, 50000); /* of the first minute, from second 10 on */
	CHECK_U64(s.health[1].watched_ms, 60000);
	CHECK_U64(s.headers[1].packets, 0);
	CHECK_NEAR((double)s.health[2].watched_ms, 45000, 300);
	CHECK_U64(s.headers[2].packets, 1);
	CHECK_U64(s.headers[2].dropped, 13);
	CHECK_U64(s.health[2].dropped_kernel, 11);
	CHECK_U64(s.health[2].dropped_own, 2);
	CHECK(s.health[2].clock_offset_us == -12 && s.health[2].clock_error_us == 34);
	CHECK_NEAR((double)s.health[3].watched_ms, 20000, 300);
	CHECK_U64(s.headers[4].start_s, start_ns / 1000000000 + 780);
	CHECK_NEAR((double)s.health[4].watched_ms, 21000, 300);
	CHECK_U64(s.health[4].uptime_s, 5);
	meters_free(set);
	free(s.rows);
}

/* What the kernel held back is still counted where it belongs; the clock may step back. */
static void test_late(void)
{
	struct sink s = sink_new();
	struct meter_sink sink = meter_sink_of(&s);
	struct meters *set = one_meter(&sink, NULL);
	struct meter *m = meters_at(set, 0);

	take_one(m, 59, 1, 1);
	CHECK(meter_tick(m, at(60.2)) == STATUS_OK);
	take_one(m, 59.9, 2, 1); /* within the grace: no late packet */
	CHECK(meter_tick(m, at(60.4)) == STATUS_OK);
	take_one(m, 59.95, 3, 1);
	tick_until(m, 61, 119);
	CHECK(meter_tick(m, at(-300)) == STATUS_OK);
	take_one(m, -299, 4, 1);
	CHECK(meters_finish(set) == STATUS_OK);
	CHECK_U64(s.windows, 3);
	CHECK_U64(s.headers[0].packets, 2);
	CHECK_U64(s.headers[1].packets, 1);
	CHECK_U64(s.headers[1].late, 1);
	CHECK_U64(s.headers[2].packets, 1);
	CHECK_U64(s.headers[2].start_s, start_ns / 1000000000 - 300);
	meters_free(set);
	free(s.rows);
}

/* A budget that is too small closes early and loses nothing. */
static void test_budget(void)
{
	struct sink s = sink_new();
	struct meter_sink sink = meter_sink_of(&s);
	struct meters *set = one_meter(&sink, NULL);
	struct meter *m = meters_at(set, 0);
	uint64_t packets = 0;

	for (uint32_t i = 0; i < 40000; i++)
		take_one(m, i / 1000.0, i, i & 0xff);
	CHECK(meter_counts(m).early >= 2 && meter_counts(m).early < 40);
	CHECK(meters_finish(set) == STATUS_OK);
	for (size_t i = 0; i < s.windows; i++) {
		packets += s.headers[i].packets;
		s.wrong |= s.headers[i].start_s != start_ns / 1000000000;
	}
	CHECK_U64(packets, 40000);
	CHECK_U64(s.count, 40000);
	CHECK(!s.wrong);
	meters_free(set);
	free(s.rows);
}

/* The new space counts from the next window on, and is what that window says. */
static void test_other_space(void)
{
	struct sink s = sink_new();
	struct meter_sink sink = meter_sink_of(&s);
	struct prefix_set one = {0}, two = {0};
	struct prefix p;
	struct meters *set;
	struct meter *m;

	monitor_half(&one);
	if (prefix_parse("198.18.0.0/23", &p) || prefix_set_add(&two, p))
		abort();
	prefix_set_seal(&two);
	set = one_meter(&sink, &one);
	m = meters_at(set, 0);
	take_one(m, 1, 1, 0x101);
	take_one(m, 2, 1, 1);
	CHECK(meters_watch(set, &two) == STATUS_OK);
	take_one(m, 3, 1, 0x101);
	tick_until(m, 4, 61);
	take_one(m, 62, 1, 0x101);
	CHECK(meters_finish(set) == STATUS_OK);
	CHECK_U64(s.headers[0].packets, 1);
	CHECK_U64(s.headers[0].skipped, 2);
	CHECK(s.headers[0].addresses == 256 && s.headers[1].addresses == 512);
	CHECK_U64(s.headers[1].packets, 1);
	meters_free(set);
	prefix_set_clear(&one);
	prefix_set_clear(&two);
	free(s.rows);
}

/* A sink that fails stops all meters, nobody hangs. */
static void test_failing_sink(void)
{
	struct sink s = sink_new();
	struct meter_sink sink = meter_sink_of(&s);
	struct meters_options o = {.meters = 3, .memory = 64u << 20, .sink = &sink, .version = ""};
	struct meters *set;
	struct bytes b = {0};

	s.fail_at = 100;
	put_mixed(&b, PACKETS, false);
	CHECK(meters_new(&set, &o) == STATUS_OK);
	CHECK(meter_all(set, &b, 3) == STATUS_FULL);
	CHECK_U64(s.count, 99);
	meters_free(set);
	free(s.rows);
	bytes_clear(&b);
}

int main(void)
{
	test_equals_pipeline(true, true, false);
	test_equals_pipeline(true, false, true);
	test_equals_pipeline(false, false, true);
	test_live();
	test_clock();
	test_late();
	test_budget();
	test_other_space();
	test_failing_sink();
	return tap_done();
}
