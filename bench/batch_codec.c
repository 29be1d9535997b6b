/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the batch format costs: nanoseconds and bytes a row, without and with sketches, by
 * zstd level. Rows are drawn as a /16 telescope sees them in one minute: sources by a
 * heavy tail, few ports and fingerprints with long tails, everything that senders
 * randomise (IP id, source port, time) random.
 *
 *   bench_batch_codec [ROWS [LEVEL]]
 */
#include "base/prng.h"
#include "ship/batch_encode.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS = 9, PORTS = 12, STACKS = 24 };

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* Small numbers are common: half of what is drawn is 0, a quarter 1. */
static uint32_t draw_tail(struct prng *r, uint32_t bound)
{
	uint32_t n = 0;

	while (n + 1 < bound && (prng_u32(r) & 1))
		n++;
	return n;
}

static void draw_counts(struct prng *r, struct flow *f)
{
	uint32_t again = prng_below(r, 100) < 80 ? 0 : draw_tail(r, 20);

	f->packets = 1 + again + (prng_below(r, 1000) == 0 ? prng_below(r, 2000) : 0);
	f->destinations = (uint32_t)f->packets - (prng_below(r, 8) == 0 ? again / 2 : 0);
	f->bytes = f->packets * f->ip_len;
	f->first_us = prng_below(r, 60000000);
	f->last_us = f->first_us + (f->packets > 1 ? prng_below(r, 60000000 - f->first_us) : 0);
	f->exact = f->destinations <= FLOW_EXACT ? (uint8_t)f->destinations : 0;
	f->signs |= f->packets > 1 ? SIGN_IP_ID_VARIES | SIGN_PEER_PORT_VARIES : 0;
	f->peer_port = f->packets > 1 ? 0 : (uint16_t)prng_below(r, 65536);
	f->ttl_max = f->ttl_min;
}

static void draw_row(struct prng *r, struct flow *f, struct addr source)
{
	static const uint16_t ports[PORTS] = {23,   22,   445,  80,   8080, 443,
	                                      3389, 5555, 2323, 8443, 81,   1433};
	uint32_t stack = draw_tail(r, STACKS), port = draw_tail(r, PORTS + 4);

	*f = (struct flow){.source = source, .proto = 6, .kind = KIND_SCAN, .tcp_flags = 2};
	f->port = port < PORTS ? ports[port] : (uint16_t)prng_below(r, 65536);
	f->ip_len = (uint16_t)(40 + 4 * (stack % 6));
	f->tcp_window = prng_below(r, 10) ? (uint16_t)(1024u * (stack + 1)) : (uint16_t)prng_u32(r);
	f->options_hash = stack * 2654435761u;
	f->ip_id = prng_below(r, 10) ? (uint16_t)prng_u32(r) : 54321;
	f->ttl_min = (uint8_t)((stack & 1 ? 123u : 59u) - prng_below(r, 24));
	f->unicorn = 1;
	f->unicorn_key = prng_u32(r);
	if (prng_below(r, 5) == 0) {
		f->kind = prng_below(r, 2) ? KIND_BACKSCATTER : KIND_SCAN;
		f->proto = f->kind == KIND_SCAN ? 17 : 6;
		f->tcp_flags = f->proto == 6 ? 0x12 : 0;
		f->unicorn = 0;
		f->unicorn_key = 0;
	}
	draw_counts(r, f);
}

static int by_source(const void *left, const void *right)
{
	const struct flow *a = left, *b = right;
	int order = addr_compare(&a->source, &b->source);

	return order ? order : (int)a->port - (int)b->port;
}

/* Three rows of four begin a new source. */
static struct flow *draw_rows(uint32_t n)
{
	struct flow *rows = calloc(n, sizeof(*rows));
	uint32_t *lists = malloc((size_t)n * FLOW_EXACT * sizeof(*lists));
	struct addr source = addr_v4(0);
	struct prng r;

	if (!rows || !lists)
		exit(1);
	prng_init(&r, 1);
	for (size_t i = 0; i < (size_t)n * FLOW_EXACT; i++)
		lists[i] = prng_u32(&r);
	for (uint32_t i = 0; i < n; i++) {
		if (prng_below(&r, 4))
			source = addr_v4(0x01000000 + prng_below(&r, 0xde000000));
		draw_row(&r, &rows[i], source);
	}
	qsort(rows, n, sizeof(*rows), by_source);
	for (uint32_t i = 0; i < n; i++)
		rows[i].list = lists + (size_t)i * FLOW_EXACT;
	return rows;
}

static enum status take_header(void *state, const struct window_header *header)
{
	(void)state;
	(void)header;
	return STATUS_OK;
}

static enum status take_row(void *state, const struct flow *row)
{
	*(uint64_t *)state += row->packets;
	return STATUS_OK;
}

static enum status take_end(void *state)
{
	(void)state;
	return STATUS_OK;
}

static enum status count_bytes(void *state, const void *frame, size_t n)
{
	(void)frame;
	*(size_t *)state += n;
	return STATUS_OK;
}

/* The best of some rounds over all rows, ns a row. */
static double run(const struct flow_sink *sink, const struct flow *rows, uint32_t n, size_t *bytes)
{
	struct window_header header = {.start_s = 1769862896, .span_s = 60, .rows = n};
	double best = 1e18;

	for (int round = 0; round < ROUNDS; round++) {
		double start = now_ns(), took;

		*bytes = 0;
		if (sink->begin(sink->state, &header))
			exit(1);
		for (uint32_t i = 0; i < n; i++) {
			if (sink->row(sink->state, &rows[i]))
				exit(1);
		}
		if (sink->end(sink->state))
			exit(1);
		took = (now_ns() - start) / n;
		best = took < best ? took : best;
	}
	return best;
}

static void measure(const struct flow *rows, uint32_t n, bool sketches, int level)
{
	size_t bytes = 0;
	struct batch_encode_options options = {
	        .emit = count_bytes, .state = &bytes, .level = level};
	struct batch_encoder *e;
	struct flow_sink sink;
	double ns;

	if (batch_encoder_new(&e, &options, &sink))
		exit(1);
	ns = run(&sink, rows, n, &bytes);
	printf("level %2d %-16s %6.1f ns/row %6.2f bytes/row\n", level,
	       sketches ? "with sketches" : "without sketches", ns, (double)bytes / n);
	batch_encoder_free(e);
}

int main(int argc, char **argv)
{
	uint32_t n = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 400000;
	int level = argc > 2 ? atoi(argv[2]) : 0;
	size_t sum = 0;
	struct flow_sink nothing = {
	        .state = &sum, .begin = take_header, .row = take_row, .end = take_end};
	struct flow *rows;

	if (n < 1 || n > 10000000)
		return 2;
	rows = draw_rows(n);
	printf("a sink that only reads the rows   %6.1f ns/row\n", run(&nothing, rows, n, &sum));
	for (int i = level ? level : 1; i <= (level ? level : 3); i++)
		measure(rows, n, true, i);
	for (uint32_t i = 0; i < n; i++)
		rows[i].list = NULL;
	for (int i = level ? level : 1; i <= (level ? level : 3); i++)
		measure(rows, n, false, i);
	return 0;
}
