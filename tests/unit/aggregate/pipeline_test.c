/* SPDX-License-Identifier: Apache-2.0 */
/* The whole engine over small captures: any number of threads, windows, budgets, failures.
 * Starts threads (pthread) inside. */
#include "aggregate/pipeline.h"
#include "aggregate/shard.h"
#include "base/hash.h"

#include "tap.h"

#include "bytes.h"
#include "captures.h"
#include "flows.h"

#define SECOND UINT64_C(1000000000)
#define START  (UINT64_C(1700000040) * SECOND) /* at a whole minute */

enum { PACKETS = 30000 };

/* What the sink saw, in order. */
struct sink {
	uint64_t digest, rows, packets, windows, header_packets, header_late, header_skipped;
	uint64_t fail_at;
	uint32_t starts[64];
	struct window_header last;
};

static uint64_t fold_in(uint64_t digest, const void *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		digest = (digest ^ ((const uint8_t *)bytes)[i]) * 0x100000001b3u;
	return digest;
}

static enum status sink_begin(void *state, const struct window_header *header)
{
	struct sink *s = state;

	s->starts[s->windows++ % 64] = header->start_s;
	s->header_packets += header->packets;
	s->header_late += header->late;
	s->header_skipped += header->skipped;
	s->digest = fold_in(s->digest, &header->start_s, sizeof(header->start_s));
	s->digest = fold_in(s->digest, &header->packets, sizeof(header->packets));
	return STATUS_OK;
}

static enum status sink_row(void *state, const struct flow *row)
{
	struct sink *s = state;
	struct flow f;

	flow_plain(&f, row);
	if (row->list)
		s->digest = fold_in(s->digest, row->list, f.exact * sizeof(*row->list));
	if (row->registers)
		s->digest = fold_in(s->digest, row->registers, FLOW_REGISTERS);
	s->digest = fold_in(s->digest, &f, sizeof(f));
	s->packets += f.packets;
	return ++s->rows == s->fail_at ? STATUS_FULL : STATUS_OK;
}

static enum status sink_end(void *state)
{
	(void)state;
	return STATUS_OK;
}

static void put_tcp(struct bytes *b, uint64_t time_ns, uint32_t src, uint32_t dst, uint16_t dport)
{
	capture_put(b, &(struct made_ip){.time_ns = time_ns,
	                                 .src = src,
	                                 .dst = dst,
	                                 .seq = dst + 1,
	                                 .sport = 4000,
	                                 .dport = dport,
	                                 .ip_id = 5,
	                                 .window = 29200,
	                                 .proto = 6,
	                                 .flags = 2,
	                                 .ttl = 60});
}

/* Ten minutes of everything: both families, all protocols, answers, some time going back. */
static void put_mixed(struct bytes *b)
{
	struct prng r;

	prng_init(&r, 12);
	capture_start(b);
	for (uint32_t i = 0; i < PACKETS; i++) {
		static const uint8_t protos[] = {1, 6, 6, 6, 6, 17, 17, 58, 47};
		uint32_t source = prng_below(&r, 1 + prng_below(&r, 3000));
		struct made_ip m = {.time_ns = START + i * (600 * SECOND / PACKETS),
		                    .src = 0x2d000000 + source * 7919,
		                    .dst = 0xc6120000 + prng_below(&r, 4096),
		                    .seq = prng_u32(&r),
		                    .sport = (uint16_t)(prng_below(&r, 4) ? 443 : 53),
		                    .dport = (uint16_t)prng_below(&r, 50),
		                    .ip_id = (uint16_t)prng_below(&r, 9),
		                    .window = 1024,
		                    .proto = protos[prng_below(&r, sizeof(protos))],
		                    .flags = (uint8_t)(prng_below(&r, 4) ? 2 : 0x12),
		                    .ttl = (uint8_t)(40 + source % 20),
		                    .v6 = source % 5 == 0};

		if (i % 500 == 0)
			m.time_ns -= prng_below(&r, 200) * SECOND;
		capture_put(b, &m);
	}
}

/* Field by field: padding is anything. */
static uint64_t digest_source(uint64_t digest, const struct source *f)
{
	const uint64_t plain[] = {f->packets, f->bytes,        f->first_ns,
	                          f->last_ns, f->syns,         f->unicorn,
	                          f->ports,   f->signs,        f->ip_id,
	                          f->ip_len,  f->options_hash, (uint64_t)(f->destinations * 1000)};

	digest = fold_in(digest, &f->address, sizeof(f->address));
	digest = fold_in(digest, f->kinds, sizeof(f->kinds));
	digest = fold_in(digest, f->marks, sizeof(f->marks));
	for (unsigned i = 0; i < f->top_port_count; i++)
		digest = hash_u64(digest ^ f->top_ports[i].packets, f->top_ports[i].port);
	return fold_in(digest, plain, sizeof(plain));
}

/* All that the shards hold, as one number: source order within a shard is the order of arrival. */
static uint64_t digest_shards(struct pipeline *p)
{
	uint64_t digest = 0;

	for (unsigned k = 0; k < SHARD_COUNT; k++) {
		struct shard *s = pipeline_shard(p, k);

		for (uint32_t i = 0; i < sources_room(&s->sources); i++) {
			struct source facts;

			if (!sources_at(&s->sources, i))
				continue;
			sources_facts(&s->sources, sources_at(&s->sources, i), &facts);
			digest = digest_source(digest, &facts);
		}
		for (uint32_t i = 0; i <= s->ports.mask; i++) {
			const struct port_total *port = &s->ports.slots[i];

			digest = fold_in(digest, &port->packets, 8);
			digest = hash_u64(digest ^ port->sources, port->key);
		}
		for (size_t i = 0; i < s->vectors.closed_count; i++) {
			digest = hash_u64(digest ^ s->vectors.closed[i].packets,
			                  s->vectors.closed[i].start_ns);
			digest = hash_u64(digest, s->vectors.closed[i].highest_minute);
		}
		digest = fold_in(digest, s->kinds, sizeof(s->kinds));
		digest = fold_in(digest, s->series.bins, SERIES_BINS * sizeof(*s->series.bins));
		digest = hash_u64(digest, s->asked.count);
	}
	return digest;
}

static struct pipeline_options options_of(unsigned threads, struct flow_sink *sink)
{
	return (struct pipeline_options){.threads = threads,
	                                 .memory = PIPELINE_MEMORY_MIN * 4,
	                                 .sink = sink,
	                                 .destination_key = 1};
}

static void test_threads(void)
{
	static const unsigned threads[] = {1, 2, 3, 16};
	struct sink first = {0};
	struct bytes b = {0};
	uint64_t digest = 0;

	put_mixed(&b);
	for (size_t i = 0; i < sizeof(threads) / sizeof(threads[0]); i++) {
		struct sink s = {0};
		struct flow_sink sink = {&s, sink_begin, sink_row, sink_end};
		struct pipeline_options o = options_of(threads[i], &sink);
		struct capture_run run = capture_read(&b, &o);

		CHECK(run.run == STATUS_OK && run.finished == STATUS_OK);
		CHECK(run.input.readable && !run.input.truncated);
		CHECK_U64(run.input.packets, PACKETS);
		CHECK_U64(pipeline_packets(run.pipeline), PACKETS);
		CHECK_U64(s.packets, PACKETS); /* every packet is in one row */
		CHECK_U64(s.header_packets, PACKETS);
		CHECK_U64(s.header_late, pipeline_counters(run.pipeline)->late);
		CHECK_U64(s.windows, pipeline_counters(run.pipeline)->windows);
		if (i == 0) {
			first = s;
			digest = digest_shards(run.pipeline);
		}
		CHECK_U64(s.digest, first.digest);
		CHECK_U64(digest_shards(run.pipeline), digest);
		pipeline_free(run.pipeline);
	}
	bytes_clear(&b);
}

/* Late packets stay in the open window, older ones open another, and both are counted. */
static void test_windows(void)
{
	struct sink s = {0};
	struct flow_sink sink = {&s, sink_begin, sink_row, sink_end};
	struct pipeline_options o = options_of(2, &sink);
	const struct pipeline_counters *c;
	struct capture_run run;
	struct bytes b = {0};

	capture_start(&b);
	put_tcp(&b, START + 5 * SECOND, 1, 1, 23);
	put_tcp(&b, START + 60 * SECOND, 1, 2, 23);  /* the next window, at its first moment */
	put_tcp(&b, START + 59 * SECOND, 1, 3, 23);  /* late */
	put_tcp(&b, START, 1, 4, 23);                /* late by just the length of a window */
	put_tcp(&b, START - 1, 1, 5, 23);            /* older: back to the window before START */
	put_tcp(&b, START + 600 * SECOND, 1, 6, 23); /* a gap makes no empty windows */
	run = capture_read(&b, &o);
	c = pipeline_counters(run.pipeline);
	CHECK_U64(c->late, 2);
	CHECK_U64(c->backward, 1);
	CHECK_U64(c->windows, 4);
	CHECK_U64(c->early, 0);
	CHECK_U64(c->first_ns, START - 1);
	CHECK_U64(c->last_ns, START + 600 * SECOND);
	CHECK_U64(s.windows, 4);
	CHECK_U64(s.starts[0], START / SECOND);
	CHECK_U64(s.starts[1], START / SECOND + 60);
	CHECK_U64(s.starts[2], START / SECOND - 60);
	CHECK_U64(s.starts[3], START / SECOND + 600);
	CHECK_U64(s.header_late, 2);
	CHECK_U64(s.packets, 6);
	pipeline_free(run.pipeline);
	bytes_clear(&b);
}

/* A minute with more packets than memory holds closes early, in as many parts for any threads;
 * a stream of late packets cannot evade it. */
static void test_early(bool late)
{
	struct bytes b = {0};
	uint64_t digest = 0;

	capture_start(&b);
	put_tcp(&b, START + 60 * SECOND, 1, 1, 23);
	for (uint32_t i = 0; i < 40000; i++)
		put_tcp(&b, START + 60 * SECOND + (late ? -SECOND : i), i, i, 23);
	for (unsigned threads = 1; threads <= 3; threads++) {
		struct sink s = {0};
		struct flow_sink sink = {&s, sink_begin, sink_row, sink_end};
		struct pipeline_options o = options_of(threads, &sink);
		struct capture_run run;
		uint64_t sources = 0;

		o.memory = PIPELINE_MEMORY_MIN;
		run = capture_read(&b, &o);
		CHECK(run.finished == STATUS_OK);
		CHECK(pipeline_counters(run.pipeline)->early >= 1);
		CHECK_U64(s.windows, pipeline_counters(run.pipeline)->early + 1);
		CHECK_U64(s.packets, 40001);
		CHECK_U64(s.header_packets, 40001);
		for (unsigned k = 0; k < SHARD_COUNT; k++)
			sources += pipeline_shard(run.pipeline, k)->series.bins[0].sources_all;
		CHECK(sources >=
		      40000); /* a source counts once in its minute unless it was folded */
		if (threads == 1)
			digest = s.digest;
		CHECK_U64(s.digest, digest);
		pipeline_free(run.pipeline);
	}
	bytes_clear(&b);
}

/* Records that are no packets for us are skipped for a reason, and windows say how many. */
static void test_skipped(void)
{
	static const uint8_t arp[28] = {0};
	struct sink s = {0};
	struct flow_sink sink = {&s, sink_begin, sink_row, sink_end};
	struct pipeline_options o = options_of(2, &sink);
	struct prefix_set monitored = {0};
	struct capture_run run;
	struct bytes b = {0};
	struct prefix p;

	if (prefix_parse("198.18.0.0/16", &p) || prefix_set_add(&monitored, p))
		abort();
	prefix_set_seal(&monitored);
	o.monitored = &monitored;
	capture_start(&b);
	put_pcap_record(&b, (uint32_t)(START / SECOND), 0, arp, sizeof(arp), sizeof(arp), false);
	put_tcp(&b, START, 0x2d000001, 0xc6120001, 23);
	put_tcp(&b, START, 0x2d000001, 0x08080808, 23); /* neither from nor to us */
	put_tcp(&b, START, 0xc6120001, 0x08080808, 23); /* from us */
	put_pcap_record(&b, (uint32_t)(START / SECOND), 0, arp, sizeof(arp), sizeof(arp), false);
	run = capture_read(&b, &o);
	CHECK_U64(run.input.packets, 5);
	CHECK_U64(pipeline_counters(run.pipeline)->skipped[SKIP_NOT_IP], 2);
	CHECK_U64(pipeline_counters(run.pipeline)->skipped[SKIP_ELSEWHERE], 1);
	CHECK_U64(s.packets, 2);
	CHECK_U64(s.header_skipped, 3);
	for (unsigned k = 0; k < SHARD_COUNT; k++)
		s.rows += pipeline_shard(run.pipeline, k)->kinds[KIND_OUTBOUND];
	CHECK_U64(s.rows, 3);
	pipeline_free(run.pipeline);
	prefix_set_clear(&monitored);
	bytes_clear(&b);
}

/* Several inputs: a bad one in between neither stops nor taints the others. */
static void test_inputs(void)
{
	struct pipeline_options o = options_of(2, NULL);
	struct bytes good = {0}, cut = {0}, text = {0};
	const struct bytes *const inputs[] = {&good, &text, &cut, &good};
	static const bool readable[] = {true, false, true, true}, truncated[] = {0, 0, 1, 0};
	struct pipeline *p = NULL;

	capture_start(&good);
	for (uint32_t i = 0; i < 100; i++)
		put_tcp(&good, START + i * SECOND, i, i, 23);
	put(&cut, good.at, good.size - 5);
	put(&text, "this is a text, not a capture at all", 36);
	if (pipeline_new(&p, &o))
		abort();
	for (int i = 0; i < 4; i++) {
		struct input_options io = {.workers = 2};
		struct pipeline_input result;
		struct trouble t = {0};
		struct input *in = NULL;
		char path[64];

		bytes_save(inputs[i], path);
		CHECK(input_open(&in, path, &io, &t) == STATUS_OK);
		CHECK(pipeline_run(p, in, &result, &t) == STATUS_OK);
		CHECK(result.readable == readable[i] && result.truncated == truncated[i]);
		CHECK((t.text[0] != 0) == (i == 1 || i == 2)); /* its own trouble, no other's */
		if (i == 2)
			CHECK(strstr(t.text, "packet 100") && strcmp(t.file, path) == 0);
		input_close(in);
		unlink(path);
	}
	CHECK(pipeline_finish(p) == STATUS_OK);
	CHECK_U64(pipeline_counters(p)->packets, 299);
	pipeline_free(p);
	bytes_clear(&good);
	bytes_clear(&cut);
	bytes_clear(&text);
}

/* A sink that fails stops the reading, with its status, for any number of threads. */
static void test_failing_sink(void)
{
	static const uint64_t fail_at[] = {1, 3000};
	struct bytes b = {0};

	put_mixed(&b);
	for (unsigned threads = 1; threads <= 3; threads++) {
		for (int i = 0; i < 2; i++) {
			struct sink s = {.fail_at = fail_at[i]};
			struct flow_sink sink = {&s, sink_begin, sink_row, sink_end};
			struct pipeline_options o = options_of(threads, &sink);
			struct capture_run run = capture_read(&b, &o);

			CHECK(run.run == STATUS_FULL || run.finished == STATUS_FULL);
			CHECK_U64(s.rows, fail_at[i]);
			pipeline_free(run.pipeline);
		}
	}
	bytes_clear(&b);
}

/* Times at the edges of what a capture can say. */
static void test_odd_times(void)
{
	struct sink s = {0};
	struct flow_sink sink = {&s, sink_begin, sink_row, sink_end};
	struct pipeline_options o = options_of(2, &sink);
	struct capture_run run;
	struct bytes b = {0};

	capture_start(&b);
	put_tcp(&b, 0, 1, 1, 23);
	put_tcp(&b, UINT64_C(0xffffffff) * SECOND + 999999999, 1, 1, 23);
	put_tcp(&b, START, 1, 1, 23);
	run = capture_read(&b, &o);
	CHECK(run.finished == STATUS_OK);
	CHECK_U64(s.packets, 3);
	CHECK_U64(s.windows, 3);
	pipeline_free(run.pipeline);
	bytes_clear(&b);
}

int main(void)
{
	test_threads();
	test_windows();
	test_early(false);
	test_early(true);
	test_skipped();
	test_inputs();
	test_failing_sink();
	test_odd_times();
	pipeline_free(NULL);
	return tap_done();
}
