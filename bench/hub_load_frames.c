/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows are drawn like a telescope's: a quarter of a million sources of which few send much,
 * ports of which ten take six tenths.
 */
#include "hub_load.h"

#include "base/clock.h"
#include "base/hash.h"
#include "base/prng.h"
#include "ship/batch_encode.h"

#include <stdlib.h>
#include <string.h>

enum { SOURCES = 250000, PROBE_PORT = 7, ADDRESSES = 65536 };

static struct flow draw(struct prng *r, uint32_t span_us)
{
	static const uint16_t ports[10] = {23, 22, 445, 80, 443, 8080, 3389, 2323, 5555, 6379};
	double skew = (double)prng_u32(r) / 4294967296.0;
	uint32_t address = hash_permute32((uint32_t)(skew * skew * skew * SOURCES), 1);
	uint32_t habit = hash_permute32(address, 2);
	struct flow f = {.source = addr_v4(address),
	                 .proto = habit % 10 < 8 ? 6 : 17,
	                 .kind = KIND_SCAN,
	                 .tcp_flags = habit % 10 < 8 ? 2 : 0,
	                 .port = prng_below(r, 10) < 6 ? ports[prng_below(r, 10)]
	                                               : (uint16_t)prng_below(r, 65536),
	                 .peer_port = prng_below(r, 3) ? (uint16_t)habit : (uint16_t)prng_u32(r),
	                 .ip_id = habit % 5 ? (uint16_t)prng_u32(r) : 54321,
	                 .ip_len = (uint16_t)(40 + 4 * (habit % 4)),
	                 .tcp_window = (uint16_t)(habit % 7 * 1024),
	                 .options_hash = hash_permute32(habit % 30, 4),
	                 .unicorn = 1,
	                 .packets = prng_below(r, 5) ? 1 : 1 + prng_below(r, 10)};

	f.ttl_min = f.ttl_max = (uint8_t)(40 + habit % 200);
	f.bytes = f.packets * f.ip_len;
	f.destinations = (uint32_t)f.packets;
	f.exact = (uint8_t)f.destinations;
	f.first_us = prng_below(r, span_us);
	f.last_us = f.packets > 1 ? f.first_us + prng_below(r, span_us - f.first_us) : f.first_us;
	return f;
}

static int by_source(const void *a, const void *b)
{
	const struct flow *x = a, *y = b;
	int order = addr_compare(&x->source, &y->source);

	return order ? order : (int)x->port - (int)y->port;
}

static enum status keep_frame(void *state, const void *frame, size_t n)
{
	struct load_template *t = state;

	t->data = malloc(n);
	if (!t->data)
		return STATUS_NO_MEMORY;
	memcpy(t->data, frame, n);
	t->bytes = n;
	return STATUS_OK;
}

static enum status pack(struct load_template *out, const struct flow *rows, unsigned count,
                        bool live)
{
	const struct batch_encode_options options = {
	        .emit = keep_frame, .state = out, .boot_id = 1, .sequence = 1, .provisional = live};
	struct window_header header = {.start_s = 60,
	                               .span_s = live ? 1 : 60,
	                               .sensor = 1,
	                               .rows = count,
	                               .addresses = ADDRESSES};
	struct batch_encoder *e = NULL;
	struct flow_sink sink;
	enum status st = batch_encoder_new(&e, &options, &sink);

	for (unsigned i = 0; i < count; i++)
		header.packets += rows[i].packets;
	if (!st)
		st = sink.begin(sink.state, &header);
	for (unsigned i = 0; i < count && !st; i++)
		st = sink.row(sink.state, &rows[i]);
	if (!st)
		st = sink.end(sink.state);
	batch_encoder_free(e);
	return st;
}

static enum status make_template(struct load_frames *f, struct prng *r, unsigned count)
{
	struct load_template *out = &f->templates[f->made];
	struct flow *rows = calloc(count, sizeof(*rows));
	uint32_t list[FLOW_EXACT];
	enum status st;

	if (!rows)
		return STATUS_NO_MEMORY;
	for (unsigned i = 0; i < FLOW_EXACT; i++)
		list[i] = prng_u32(r);
	for (unsigned i = 0; i < count; i++) {
		rows[i] = draw(r, f->live ? 1000000 : 60000000);
		if (rows[i].port == PROBE_PORT)
			rows[i].port++;
		rows[i].list = list;
	}
	if (f->live) {
		rows[0].port = PROBE_PORT;
		rows[0].proto = 6;
		rows[0].packets = rows[0].destinations = rows[0].exact = 1;
		rows[0].bytes = rows[0].ip_len;
		rows[0].last_us = rows[0].first_us;
	}
	qsort(rows, count, sizeof(*rows), by_source);
	st = pack(out, rows, count, f->live);
	free(rows);
	if (st)
		return st;
	f->bytes_max = out->bytes > f->bytes_max ? out->bytes : f->bytes_max;
	f->made++;
	return STATUS_OK;
}

enum status load_frames_make(struct load_frames *f, unsigned rows, bool live)
{
	struct prng r;
	enum status st = STATUS_OK;

	*f = (struct load_frames){.live = live};
	prng_init(&r, 1);
	while (f->made < LOAD_TEMPLATES && !st)
		st = make_template(f, &r, rows);
	return st;
}

void load_frames_clear(struct load_frames *f)
{
	for (unsigned i = 0; i < LOAD_TEMPLATES; i++)
		free(f->templates[i].data);
}

enum status load_frame_init(struct load_frame *out, const struct load_frames *f)
{
	out->data = malloc(f->bytes_max);
	out->boot = clock_wall_ns();
	return out->data ? STATUS_OK : STATUS_NO_MEMORY;
}

void load_frame_pick(struct load_frame *out, const struct load_frames *f, unsigned sensor,
                     uint32_t round, uint32_t start_s)
{
	const struct load_template *t = &f->templates[(sensor + round) % f->made];
	struct batch_frame header;

	memcpy(out->data, t->data, t->bytes);
	out->bytes = t->bytes;
	if (batch_frame_get(&header, out->data))
		abort(); /* made by ourselves */
	out->rows = header.rows;
	header.window.sensor = sensor;
	header.window.start_s = start_s;
	header.boot_id = out->boot;
	header.sequence = f->live ? 0 : round;
	batch_frame_put(&header, out->data);
}
