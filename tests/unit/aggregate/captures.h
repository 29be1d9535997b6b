/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small captures in temporary files, and a pipeline run over them, for tests of the pipeline
 * and of what is concluded from it. Include after tap.h and bytes.h.
 */
#ifndef TESTS_UNIT_AGGREGATE_CAPTURES_H
#define TESTS_UNIT_AGGREGATE_CAPTURES_H

#include "aggregate/pipeline.h"
#include "base/prng.h"

#include <stdlib.h>

/* A raw IP capture: link type 101, nanoseconds, little endian. */
__attribute__((unused)) static void capture_start(struct bytes *b)
{
	put_pcap_header(b, 0xa1b23c4d, 101, false);
}

struct made_ip {
	uint64_t time_ns;
	uint32_t src, dst, seq;
	uint16_t sport, dport, ip_id, window;
	uint8_t proto, flags, ttl;
	bool v6;
};

static void put_transport(struct bytes *b, const struct made_ip *m)
{
	put_be(b, m->sport, 2);
	put_be(b, m->dport, 2);
	if (m->proto == 17) {
		put_be(b, 8, 2);
		put_be(b, 0, 2);
	} else if (m->proto == 6) {
		put_be(b, m->seq, 4);
		put_be(b, 0, 4);
		put_be(b, 5u << 12 | m->flags, 2);
		put_be(b, m->window, 2);
		put_be(b, 0, 4);
	}
}

/* One packet; for ICMP `sport` is type and code. IPv6 addresses are 2001:db8::src. */
__attribute__((unused)) static void capture_put(struct bytes *b, const struct made_ip *m)
{
	struct bytes p = {0};
	uint16_t size = m->proto == 17 ? 8 : m->proto == 6 ? 20 : 4;

	if (m->v6) {
		put_be(&p, 6u << 28, 4);
		put_be(&p, size, 2);
		put_be(&p, m->proto, 1);
		put_be(&p, m->ttl, 1);
		put_be(&p, UINT64_C(0x20010db800000000), 8);
		put_be(&p, m->src, 8);
		put_be(&p, UINT64_C(0x20010db800000000), 8);
		put_be(&p, m->dst, 8);
	} else {
		put_be(&p, 0x4500, 2);
		put_be(&p, 20u + size, 2);
		put_be(&p, m->ip_id, 2);
		put_be(&p, 0, 2);
		put_be(&p, m->ttl, 1);
		put_be(&p, m->proto, 1);
		put_be(&p, 0, 2);
		put_be(&p, m->src, 4);
		put_be(&p, m->dst, 4);
	}
	put_transport(&p, m);
	put_pcap_record(b, (uint32_t)(m->time_ns / 1000000000), (uint32_t)(m->time_ns % 1000000000),
	                p.at, (uint32_t)p.size, (uint32_t)p.size, false);
	bytes_clear(&p);
}

/* What came of it; the pipeline is the caller's to free. */
struct capture_run {
	struct pipeline *pipeline;
	struct pipeline_input input;
	struct trouble trouble;
	enum status run, finished;
};

__attribute__((unused)) static struct capture_run capture_read(const struct bytes *b,
                                                               const struct pipeline_options *o)
{
	struct input_options io = {.workers = o->threads, .block_bytes = 4096};
	struct capture_run out = {0};
	struct input *in = NULL;
	char path[64];

	bytes_save(b, path);
	if (pipeline_new(&out.pipeline, o) || input_open(&in, path, &io, &out.trouble))
		abort();
	out.run = pipeline_run(out.pipeline, in, &out.input, &out.trouble);
	input_close(in);
	out.finished = pipeline_finish(out.pipeline);
	unlink(path);
	return out;
}

#endif
