/* SPDX-License-Identifier: Apache-2.0 */
#include "aggregate/worker.h"

#include "aggregate/classify.h"
#include "base/timefmt.h"
#include "capture/records.h"
#include "parse/parse.h"
#include "parse/usual.h"

#include <string.h>

/* Windows are named by 32-bit seconds: a later time (after 2106) is taken as the last one. */
#define TIME_MAX_NS ((UINT64_C(0xffffffff) - 120) * NS_PER_SECOND)
#define WINDOW_NS   (WINDOW_SECONDS * NS_PER_SECOND)

/* Inlined into both ways of a packet, so that the usual one keeps it in registers. */
#define INLINE inline __attribute__((always_inline))

void worker_init(struct worker *w, struct engine *e, unsigned id)
{
	memset(w, 0, sizeof(*w));
	w->engine = e;
	w->id = id;
	w->counters.first_ns = UINT64_MAX;
	for (unsigned i = id; i < SHARD_COUNT; i += e->workers)
		w->mine |= 1u << i;
}

static enum status flush_samples(struct worker *w)
{
	unsigned n = w->sample_count;

	for (unsigned i = 0; i < n; i++)
		window_seek(w->samples[i].window, &w->samples[i].sample);
	for (unsigned i = 0; i < n; i++)
		window_prefetch_block(w->samples[i].window, &w->samples[i].sample);
	w->sample_count = 0;
	for (unsigned i = 0; i < n; i++) {
		if (!window_add(w->samples[i].window, &w->samples[i].sample))
			return STATUS_NO_MEMORY;
	}
	return STATUS_OK;
}

static enum status flush_answers(struct worker *w)
{
	unsigned n = w->answer_count;
	enum status st = STATUS_OK;

	for (unsigned i = 0; i < n; i++)
		vectors_prefetch_block(w->answers[i].vectors, &w->answers[i].answer);
	w->answer_count = 0;
	for (unsigned i = 0; i < n && !st; i++)
		st = vectors_add(w->answers[i].vectors, &w->answers[i].answer);
	return st;
}

static enum status flush_notes(struct worker *w)
{
	unsigned n = w->note_count;
	enum status st = STATUS_OK;

	for (unsigned i = 0; i < n; i++)
		space_prefetch_block(w->notes[i].space, w->notes[i].destination);
	w->note_count = 0;
	for (unsigned i = 0; i < n && !st; i++)
		st = space_add_v4(w->notes[i].space, w->notes[i].destination);
	return st;
}

/* Close the window in all our shards and hand it on. */
static enum status close_window(struct worker *w)
{
	struct engine *e = w->engine;
	uint32_t start_s = (uint32_t)(w->start_ns / NS_PER_SECOND);
	enum status st = flush_samples(w);

	if (!st)
		st = flush_answers(w);
	if (!st)
		st = flush_notes(w);
	for (unsigned i = w->id; i < SHARD_COUNT && !st; i += e->workers) {
		struct shard *shard = &e->shards[i];

		st = shard_close_window(shard, start_s, w->number);
		if (!st && e->export)
			st = export_give(e->export, w->unit, i, &shard->window);
		else if (!st)
			window_reset(shard->window);
	}
	if (!st && e->export)
		export_close(e->export, w->unit, &w->header);
	w->unit++;
	w->counters.windows++;
	w->since_close = 0;
	return st;
}

static void open_window(struct worker *w, uint64_t time_ns)
{
	uint64_t skipped = w->open ? 0 : w->header.skipped; /* before the first packet */

	w->open = true;
	w->start_ns = time_ns - time_ns % WINDOW_NS;
	w->span_ns = WINDOW_NS;
	w->header = (struct window_header){
	        .start_s = (uint32_t)(w->start_ns / NS_PER_SECOND),
	        .span_s = WINDOW_SECONDS,
	        .skipped = skipped,
	        .addresses = w->engine->addresses,
	};
}

/* A packet that came a little late, by a window's length at most: counted where we are. */
static bool is_late(const struct worker *w, uint64_t time_ns)
{
	return w->open && time_ns < w->start_ns && w->start_ns - time_ns <= WINDOW_NS;
}

/* The packet's time is not in the open window. */
static enum status move_window(struct worker *w, uint64_t time_ns)
{
	enum status st = STATUS_OK;

	if (w->open) {
		w->counters.backward += time_ns < w->start_ns;
		st = close_window(w);
		w->number++;
	}
	open_window(w, time_ns);
	return st;
}

static enum status close_early(struct worker *w)
{
	struct window_header header = w->header;
	enum status st = close_window(w);

	w->counters.early++;
	w->header = header;
	w->header.packets = w->header.skipped = w->header.late = 0;
	return st;
}

/* Where the packet goes by its addresses: outbound, or skipped where it is no business of ours. */
static INLINE bool direct(const struct monitor *m, const struct packet *p, bool *outbound)
{
	*outbound = m && monitor_has_src(m, p);
	return !m || *outbound || monitor_has_dst(m, p);
}

/* The port in the key: the service, so a victim's answers make one row; see model/flow.h. */
static inline uint16_t service_port(const struct packet *p, enum packet_kind kind)
{
	switch (p->proto) {
	case PROTO_TCP:
	case PROTO_UDP:
		return kind == KIND_BACKSCATTER ? p->src_port : p->dst_port;
	case PROTO_ICMP:
	case PROTO_ICMPV6:
		return (uint16_t)(p->icmp_type << 8 | p->icmp_code);
	default:
		return p->proto;
	}
}

/* The hash that chooses the shard; the upper bits do. */
static inline uint64_t address_hash(bool v4, uint32_t a32, const struct addr *a)
{
	return v4 ? hash_u64(a32, 11) : source_hash(a);
}

/* Boil the packet down to what its row needs, and start loading the row. */
static INLINE enum status add_sample(struct worker *w, const struct packet *p,
                                     enum packet_kind kind, uint32_t destination,
                                     struct window *window)
{
	struct pending_sample *pending = &w->samples[w->sample_count];
	struct sample *s = &pending->sample;
	uint16_t peer = kind == KIND_BACKSCATTER ? p->dst_port : p->src_port;
	uint32_t source = p->src32;

	if (p->v6) {
		struct addr address = p->src; /* a copy: *p must not leave the registers */

		source = window_v6_number(window, &address);
		if (source == UINT32_MAX)
			return STATUS_NO_MEMORY;
	}
	s->key = row_key(source, service_port(p, kind), p->v6, proto_class(p->proto), kind,
	                 classify_marks(p, kind));
	window_prefetch_tags(window, s->key);
	pending->window = window;
	s->destination = destination;
	s->offset_us = p->time_ns < w->start_ns ? 0 : (uint32_t)((p->time_ns - w->start_ns) / 1000);
	s->seq = p->seq;
	s->constant = p->seq ^ p->src32 ^ (((uint32_t)p->src_port << 16) + p->dst_port);
	s->peer_id = (uint32_t)peer << 16 | p->ip_id;
	s->shape = (uint32_t)p->tcp_window << 16 | p->ip_len;
	s->signs = classify_signs(p);
	s->ttl = p->ttl;
	s->tcp_flags = p->tcp_flags;
	s->options_hash = p->options_hash;
	s->options = NULL;
	return STATUS_OK;
}

static INLINE enum status next_sample(struct worker *w)
{
	return ++w->sample_count == WORKER_BATCH ? flush_samples(w) : STATUS_OK;
}

static unsigned victim_shard(struct addr victim)
{
	return shard_of(address_hash(addr_is_v4(&victim), addr_low32(&victim), &victim));
}

/* Backscatter also feeds the vector of its victim: for a plain answer in the source's own shard,
 * for an ICMP error in that of the host it speaks of. */
static INLINE enum status add_answer(struct worker *w, const struct packet *p, uint32_t destination,
                                     unsigned source_shard)
{
	struct pending_answer *pending = &w->answers[w->answer_count];
	unsigned shard = source_shard;

	if (p->quoted)
		shard = victim_shard(p->quoted_dst);
	if (!(w->mine >> shard & 1))
		return STATUS_OK;
	pending->answer = answer_of(p, destination);
	pending->vectors = &w->engine->shards[shard].vectors;
	vectors_prefetch(pending->vectors, pending->answer.hash);
	return ++w->answer_count == WORKER_BATCH ? flush_answers(w) : STATUS_OK;
}

/* Who was asked, and who was answered, tells the monitored space. */
static INLINE enum status note_space(struct worker *w, struct shard *shard, const struct packet *p,
                                     enum packet_kind kind)
{
	bool asked = kind == KIND_SCAN || kind == KIND_STEALTH;
	struct space *space = asked ? &shard->asked : &shard->answered;

	if (!asked && kind != KIND_BACKSCATTER)
		return STATUS_OK;
	if (p->v6) {
		struct addr destination = p->dst; /* a copy: *p must not leave the registers */

		return space_add(space, &destination);
	}
	w->notes[w->note_count] = (struct pending_note){space, p->dst32};
	space_prefetch(space, p->dst32);
	return ++w->note_count == WORKER_BATCH ? flush_notes(w) : STATUS_OK;
}

static inline bool is_icmp(const struct packet *p)
{
	return p->proto == PROTO_ICMP || p->proto == PROTO_ICMPV6;
}

static inline unsigned source_shard(const struct packet *p)
{
	struct addr src = p->src;

	return shard_of(address_hash(!p->v6, p->src32, &src));
}

/* Count a decoded packet as far as it is ours. `options`: TCP options that are not hashed yet. */
static INLINE enum status take(struct worker *w, const struct packet *p, unsigned shard_number,
                               bool outbound, const uint8_t *options, uint8_t option_bytes)
{
	struct shard *shard = &w->engine->shards[shard_number];
	bool mine = w->mine >> shard_number & 1;
	enum packet_kind kind = outbound ? KIND_OUTBOUND : classify_kind(p);
	uint32_t destination = window_destination(w->engine->destination_key, p);
	enum status st = STATUS_OK;

	if (mine)
		st = add_sample(w, p, kind, destination, shard->window);
	if (mine && !st && options) {
		w->samples[w->sample_count].sample.options = options;
		w->samples[w->sample_count].sample.option_bytes = option_bytes;
	}
	if (mine && !st)
		st = next_sample(w);
	if (mine && shard->infer_space && !st)
		st = note_space(w, shard, p, kind);
	if (kind == KIND_BACKSCATTER && !st)
		st = add_answer(w, p, destination, shard_number);
	return st;
}

static INLINE void note_time(struct worker *w, uint64_t time_ns)
{
	if (time_ns < w->counters.first_ns)
		w->counters.first_ns = time_ns;
	if (time_ns > w->counters.last_ns)
		w->counters.last_ns = time_ns;
}

/* The open window is not the packet's, or has no room for more. */
static __attribute__((noinline)) enum status change_window(struct worker *w, uint64_t time_ns)
{
	bool late = is_late(w, time_ns);
	enum status st = STATUS_OK;

	if (!late && time_ns - w->start_ns >= w->span_ns)
		return move_window(w, time_ns);
	if (w->since_close >= w->engine->window_packets_max)
		st = close_early(w);
	w->counters.late += late;
	w->header.late += late;
	return st;
}

/* Make the open window the packet's, and count it there. */
static INLINE enum status enter_window(struct worker *w, uint64_t time_ns)
{
	enum status st = STATUS_OK;

	note_time(w, time_ns);
	if (time_ns - w->start_ns >= w->span_ns || w->since_close >= w->engine->window_packets_max)
		st = change_window(w, time_ns);
	w->since_close++;
	w->header.packets++;
	return st;
}

static enum status skip_record(struct worker *w, enum skip_reason reason)
{
	w->counters.skipped[reason]++;
	w->header.skipped++;
	return STATUS_OK;
}

/* Any packet. Only an ICMP error can have its victim in another shard than its source. */
static __attribute__((noinline)) enum status handle_any(struct worker *w,
                                                        const struct record *record)
{
	struct packet p;
	struct transport transport;
	enum skip_reason skip;
	enum status st;
	unsigned shard;
	bool outbound;

	if (!parse_network(record, &p, &transport, &skip))
		return skip_record(w, skip);
	if (!direct(w->engine->monitor, &p, &outbound))
		return skip_record(w, SKIP_ELSEWHERE);
	if (p.time_ns > TIME_MAX_NS)
		p.time_ns = TIME_MAX_NS;
	st = enter_window(w, p.time_ns);
	shard = source_shard(&p);
	if (st || (!(w->mine >> shard & 1) && !is_icmp(&p)))
		return st;
	parse_transport(&p, &transport);
	return take(w, &p, shard, outbound, NULL, 0);
}

/* The usual packet, whose fields never leave the registers; false: it is not one. */
static INLINE bool handle_usual(struct worker *w, const struct record *record, enum status *st)
{
	struct packet p;
	struct transport t;
	unsigned shard;
	bool outbound;

	if (!usual_is_ipv4(record) || record->time_ns > TIME_MAX_NS)
		return false;
	usual_ipv4(record, &p, &t);
	if (!usual_is_tcp(&p, &t))
		return false;
	if (!direct(w->engine->monitor, &p, &outbound)) {
		*st = skip_record(w, SKIP_ELSEWHERE);
		return true;
	}
	*st = enter_window(w, p.time_ns);
	shard = source_shard(&p);
	if (!(w->mine >> shard & 1) || *st)
		return true;
	usual_tcp(&p, &t);
	*st = take(w, &p, shard, outbound, t.bytes + USUAL_TCP_BYTES,
	           (uint8_t)(t.captured - USUAL_TCP_BYTES));
	return true;
}

static enum status handle(struct worker *w, const struct record *record)
{
	enum status st;

	w->counters.packets++;
	w->counters.bytes += record->wire;
	return handle_usual(w, record, &st) ? st : handle_any(w, record);
}

static enum status handle_all(struct worker *w, struct records *records)
{
	struct record batch[RECORD_BATCH];
	enum status st = STATUS_OK;
	unsigned n;

	while (records_next(records, batch, &n) == STATUS_OK) {
		if (atomic_load_explicit(&w->engine->failed, memory_order_relaxed))
			continue; /* drain, so that nobody waits for a block of ours */
		for (unsigned i = 0; i < n && !st; i++)
			st = handle(w, &batch[i]);
		if (!st)
			st = flush_samples(w); /* they point into the block */
		if (st)
			atomic_store(&w->engine->failed, true);
		if (st && w->engine->export)
			export_abort(w->engine->export, st);
		atomic_store_explicit(&w->progress, w->counters.packets, memory_order_relaxed);
	}
	return st;
}

void worker_run(struct worker *w, struct input *in)
{
	struct records *records = NULL;

	w->trouble = (struct trouble){0};
	w->status = records_new(&records, in, w->id);
	if (w->status) {
		atomic_store(&w->engine->failed, true);
		input_leave(in, w->id);
		return;
	}
	w->status = handle_all(w, records);
	w->input_status = records_result(records, &w->trouble);
	w->counters.skipped[SKIP_RECORD] += records_broken(records);
	records_free(records);
}

enum status worker_finish(struct worker *w)
{
	enum status st = w->status;

	if (!st && w->open)
		st = close_window(w);
	w->open = false;
	w->span_ns = 0;
	return st;
}
