/* SPDX-License-Identifier: Apache-2.0 */
#include "aggregate/worker.h"

#include "aggregate/classify.h"
#include "base/timefmt.h"
#include "capture/records.h"
#include "parse/parse.h"

#include <string.h>

/* Windows are named by 32-bit seconds: a later time (after 2106) is taken as the last one. */
#define TIME_MAX_NS ((UINT64_C(0xffffffff) - 120) * NS_PER_SECOND)
#define WINDOW_NS   (WINDOW_SECONDS * NS_PER_SECOND)

void worker_init(struct worker *w, struct engine *e, unsigned id)
{
	memset(w, 0, sizeof(*w));
	w->engine = e;
	w->id = id;
	w->counters.first_ns = UINT64_MAX;
}

static bool is_mine(const struct worker *w, unsigned shard)
{
	return shard % w->engine->workers == w->id;
}

static enum status note_space(struct shard *shard, const struct pending *p)
{
	if (p->kind == KIND_SCAN || p->kind == KIND_STEALTH)
		return space_add(&shard->asked, &p->packet.dst);
	if (p->kind == KIND_BACKSCATTER)
		return space_add(&shard->answered, &p->packet.dst);
	return STATUS_OK;
}

static enum status count_pending(struct worker *w, const struct pending *p)
{
	struct shard *shard = &w->engine->shards[p->shard];
	enum status st = STATUS_OK;

	if (p->key && !window_add(shard->window, p->key, p->hash, &p->packet,
	                          (enum packet_kind)p->kind, p->offset_us, p->destination))
		return STATUS_NO_MEMORY;
	if (p->key && shard->infer_space)
		st = note_space(shard, p);
	if (!st && p->to_vector)
		st = vectors_add(&w->engine->shards[p->vector_shard].vectors, p->vector_hash,
		                 &p->packet, p->destination);
	return st;
}

static enum status flush_batch(struct worker *w)
{
	enum status st = STATUS_OK;

	for (unsigned i = 0; i < w->count; i++) {
		const struct pending *p = &w->batch[i];

		window_prefetch_block(w->engine->shards[p->shard].window, p->key, p->hash,
		                      p->destination);
		if (p->to_vector)
			vectors_prefetch_block(&w->engine->shards[p->vector_shard].vectors,
			                       p->vector_hash, p->destination);
	}
	for (unsigned i = 0; i < w->count && !st; i++)
		st = count_pending(w, &w->batch[i]);
	w->count = 0;
	return st;
}

/* Close the window in all our shards and hand it on. */
static enum status close_window(struct worker *w)
{
	struct engine *e = w->engine;
	uint32_t start_s = (uint32_t)(w->start_ns / NS_PER_SECOND);
	enum status st = flush_batch(w);

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
	w->open = true;
	w->start_ns = time_ns - time_ns % WINDOW_NS;
	w->end_ns = w->start_ns + WINDOW_NS;
	w->header = (struct window_header){
	        .start_s = (uint32_t)(w->start_ns / NS_PER_SECOND),
	        .span_s = WINDOW_SECONDS,
	        .addresses = w->engine->addresses,
	};
}

/* The packet's time is not in the open window, or the window is full. */
static enum status move_window(struct worker *w, uint64_t time_ns)
{
	enum status st = STATUS_OK;

	if (w->open && time_ns < w->start_ns && w->start_ns - time_ns <= WINDOW_NS) {
		w->counters.late++;
		w->header.late++;
		return STATUS_OK;
	}
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
static bool direct(const struct monitor *m, const struct packet *p, bool *outbound)
{
	*outbound = m && monitor_has_src(m, p);
	return !m || *outbound || monitor_has_dst(m, p);
}

/* The port in the key: the service, so a victim's answers make one row; see model/flow.h. */
static uint16_t service_port(const struct packet *p, enum packet_kind kind)
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

/* Work out the row of a packet whose source is ours. */
static enum status assign_row(struct worker *w, struct pending *p, unsigned shard, bool outbound)
{
	struct window *window = w->engine->shards[shard].window;
	enum packet_kind kind = outbound ? KIND_OUTBOUND : classify_kind(&p->packet);
	uint32_t source = p->packet.src32;

	if (p->packet.v6) {
		source = window_v6_number(window, &p->packet.src);
		if (source == UINT32_MAX)
			return STATUS_NO_MEMORY;
	}
	p->key = row_key(source, service_port(&p->packet, kind), p->packet.v6,
	                 proto_class(p->packet.proto), kind, classify_marks(&p->packet, kind));
	p->hash = window_hash(p->key);
	p->kind = (uint8_t)kind;
	window_prefetch(window, p->hash);
	return STATUS_OK;
}

static uint64_t packet_source_hash(const struct packet *p)
{
	return p->v6 ? source_hash(&p->src) : hash_u64(p->src32, 11);
}

/* The shard of a victim: for a plain answer the source's own, for an ICMP error that of the host it
 * speaks of. */
static unsigned victim_shard(const struct packet *p)
{
	const struct addr *victim = &p->quoted_dst;

	if (!p->quoted)
		return shard_of(packet_source_hash(p));
	return shard_of(addr_is_v4(victim) ? hash_u64(addr_low32(victim), 11)
	                                   : source_hash(victim));
}

static void assign_vector(struct worker *w, struct pending *p)
{
	if (classify_kind(&p->packet) != KIND_BACKSCATTER)
		return;
	p->vector_shard = (uint8_t)victim_shard(&p->packet);
	p->to_vector = is_mine(w, p->vector_shard);
	if (!p->to_vector)
		return;
	p->vector_hash = vector_hash(&p->packet);
	vectors_prefetch(&w->engine->shards[p->vector_shard].vectors, p->vector_hash);
}

static bool is_icmp(const struct packet *p)
{
	return p->proto == PROTO_ICMP || p->proto == PROTO_ICMPV6;
}

/* Put a decoded packet into the batch if any part of it is ours. Only an ICMP error can have its
 * victim in another shard than its source. */
static enum status take(struct worker *w, struct pending *p, const struct transport *t,
                        bool outbound)
{
	unsigned shard = shard_of(packet_source_hash(&p->packet));
	bool mine = is_mine(w, shard);
	enum status st = STATUS_OK;

	if (!mine && !is_icmp(&p->packet))
		return STATUS_OK;
	parse_transport(&p->packet, t);
	p->key = 0;
	p->shard = (uint8_t)shard;
	p->to_vector = false;
	p->offset_us = p->packet.time_ns < w->start_ns
	                       ? 0
	                       : (uint32_t)((p->packet.time_ns - w->start_ns) / 1000);
	p->destination = window_destination(w->engine->destination_key, &p->packet);
	if (mine)
		st = assign_row(w, p, shard, outbound);
	if (!outbound)
		assign_vector(w, p);
	if (st || (!p->key && !p->to_vector))
		return st;
	return ++w->count == WORKER_BATCH ? flush_batch(w) : STATUS_OK;
}

static void note_time(struct worker *w, uint64_t time_ns)
{
	if (time_ns < w->counters.first_ns)
		w->counters.first_ns = time_ns;
	if (time_ns > w->counters.last_ns)
		w->counters.last_ns = time_ns;
}

/* Make the open window the packet's, and count it there. */
static enum status enter_window(struct worker *w, uint64_t time_ns)
{
	enum status st = STATUS_OK;

	note_time(w, time_ns);
	if (!w->open || time_ns < w->start_ns || time_ns >= w->end_ns)
		st = move_window(w, time_ns);
	else if (w->since_close >= w->engine->window_packets_max)
		st = close_early(w);
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

static enum status handle(struct worker *w, const struct record *record)
{
	struct pending *p = &w->batch[w->count];
	struct transport transport;
	enum skip_reason skip;
	enum status st;
	bool outbound;

	w->counters.packets++;
	w->counters.bytes += record->wire;
	if (!parse_network(record, &p->packet, &transport, &skip))
		return skip_record(w, skip);
	if (!direct(w->engine->monitor, &p->packet, &outbound))
		return skip_record(w, SKIP_ELSEWHERE);
	if (p->packet.time_ns > TIME_MAX_NS)
		p->packet.time_ns = TIME_MAX_NS;
	st = enter_window(w, p->packet.time_ns);
	if (p != &w->batch[w->count]) { /* closing emptied the batch before it */
		w->batch[w->count].packet = p->packet;
		p = &w->batch[w->count];
	}
	return st ? st : take(w, p, &transport, outbound);
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

	w->status = records_new(&records, in, w->id);
	if (w->status)
		return;
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
	return st;
}
