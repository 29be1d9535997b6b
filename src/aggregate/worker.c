/* SPDX-License-Identifier: Apache-2.0 */
#include "aggregate/worker.h"

#include "aggregate/sample.h"
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

/* What a sample was short of for the search. */
static inline void judge_samples(struct worker *w)
{
	columns_judge(&w->columns, w->sample_count);
	for (unsigned i = 0; i < w->sample_count; i++) {
		struct sample *s = &w->samples[i].sample;
		uint32_t judged = w->columns.judged[i];

		s->key |= (uint8_t)judged;
		s->signs |= (uint16_t)(judged >> 16);
		window_aim(w->samples[i].window, s);
	}
}

static enum status flush_samples(struct worker *w)
{
	unsigned n = w->sample_count;

	judge_samples(w);
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
		vectors_prefetch_entry(w->answers[i].vectors, &w->answers[i].answer);
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
static bool direct(const struct monitor *m, const struct packet *p, bool *outbound)
{
	*outbound = m && monitor_has_src(m, p);
	return !m || *outbound || monitor_has_dst(m, p);
}

/* What nearly all packets do: come from outside to monitored addresses. */
static INLINE bool is_inbound(const struct monitor *m, uint32_t src32, uint32_t dst32)
{
	return !m || (!monitor_has_v4(m, src32) && monitor_has_v4(m, dst32));
}

/* The hash that chooses the shard of an IPv4 source; the upper bits do. For IPv6 source_hash(). */
static inline uint64_t address_hash(uint32_t a32)
{
	return hash_u64(a32, 11);
}

/* Boil the packet down to what its row needs, but for marks and signs. */
static INLINE enum status add_sample(struct worker *w, const struct packet *p,
                                     enum packet_kind kind, uint32_t destination,
                                     struct window *window)
{
	struct pending_sample *pending = &w->samples[w->sample_count];
	uint32_t source = p->src32;

	if (p->v6) {
		struct addr address = p->src; /* a copy: *p must not leave the registers */

		source = window_v6_number(window, &address);
		if (source == UINT32_MAX)
			return STATUS_NO_MEMORY;
	}
	pending->window = window;
	sample_fill(&pending->sample, p, kind, source, destination, w->start_ns);
	return STATUS_OK;
}

static INLINE enum status next_sample(struct worker *w)
{
	return ++w->sample_count == WORKER_BATCH ? flush_samples(w) : STATUS_OK;
}

static unsigned victim_shard(struct addr victim)
{
	return shard_of(addr_is_v4(&victim) ? address_hash(addr_low32(&victim))
	                                    : source_hash(&victim));
}

/* Backscatter also feeds the vector of its victim: for a plain answer in the source's own shard,
 * for an ICMP error in that of the host it speaks of. */
static enum status add_answer(struct worker *w, const struct packet *p, uint32_t destination,
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

/* Who was asked, and who was answered, tells the monitored space. NULL: neither. */
static inline struct space *space_of(struct shard *shard, enum packet_kind kind)
{
	if (kind == KIND_SCAN || kind == KIND_STEALTH)
		return &shard->asked;
	return kind == KIND_BACKSCATTER ? &shard->answered : NULL;
}

static inline enum status note_v4(struct worker *w, struct space *space, uint32_t destination)
{
	w->notes[w->note_count] = (struct pending_note){space, destination};
	space_prefetch(space, destination);
	return ++w->note_count == WORKER_BATCH ? flush_notes(w) : STATUS_OK;
}

static enum status note_space(struct worker *w, struct shard *shard, const struct packet *p,
                              enum packet_kind kind)
{
	struct space *space = space_of(shard, kind);

	if (!space)
		return STATUS_OK;
	return p->v6 ? space_add(space, &p->dst) : note_v4(w, space, p->dst32);
}

static inline bool is_icmp(const struct packet *p)
{
	return p->proto == PROTO_ICMP || p->proto == PROTO_ICMPV6;
}

static unsigned source_shard(const struct packet *p)
{
	return shard_of(p->v6 ? source_hash(&p->src) : address_hash(p->src32));
}

/* Count a decoded packet as far as it is ours. */
static enum status take_any(struct worker *w, const struct packet *p, unsigned shard_number,
                            bool outbound)
{
	struct shard *shard = &w->engine->shards[shard_number];
	enum packet_kind kind = outbound ? KIND_OUTBOUND : classify_kind(p);
	uint32_t destination = window_destination(w->engine->destination_key, p);
	enum status st = STATUS_OK;

	if (w->mine >> shard_number & 1) {
		st = add_sample(w, p, kind, destination, shard->window);
		sample_judge(&w->samples[w->sample_count].sample, p, kind);
		columns_skip(&w->columns, w->sample_count);
		if (!st)
			st = next_sample(w);
		if (!st && shard->infer_space)
			st = note_space(w, shard, p, kind);
	}
	if (kind == KIND_BACKSCATTER && !st)
		st = add_answer(w, p, destination, shard_number);
	return st;
}

/* Out of the way of what is no answer. */
static __attribute__((noinline)) enum status
answer_usual(struct worker *w, const struct record *record, unsigned shard_number)
{
	struct packet p;

	usual_tcp(record, &p);
	return add_answer(w, &p, window_destination(w->engine->destination_key, &p), shard_number);
}

/* The layout of a usual packet's options as far as a rule asks for it. */
static INLINE uint32_t usual_layout(const uint8_t *options, uint32_t bytes, uint16_t tcp_window)
{
	uint32_t any = bytes != 0;

	/* Not a branch each: most have no options or an unasked window, in no order. */
	if (any & (uint32_t)usual_asks_layout(tcp_window))
		return tcp_signature_of(options, bytes).layout;
	return any * OPTIONS_OTHER;
}

/* The sample of a usual packet, by the rules of sample_fill(); marks and signs are left to the
 * columns. Straight from the headers: there are more fields than registers, so each goes to its
 * place as soon as it is read. */
static INLINE void add_usual(struct worker *w, const struct record *r, enum packet_kind kind,
                             struct window *window)
{
	const uint8_t *ip = usual_ip(r), *tcp = ip + USUAL_IPV4_BYTES;
	unsigned i = w->sample_count;
	struct sample *s = &w->samples[i].sample;
	struct columns *c = &w->columns;
	bool answer = kind == KIND_BACKSCATTER;
	uint32_t ports = bytes_be32(tcp), seq = bytes_be32(tcp + 4), option_bytes;
	uint16_t id = bytes_be16(ip + 4), tcp_window = bytes_be16(tcp + 14);

	w->samples[i].window = window;
	c->ports[i] = ports;
	c->seq[i] = s->seq = seq;
	c->src[i] = usual_src32(r);
	s->constant = seq ^ c->src[i] ^ ports;
	s->key = row_key(c->src[i], (uint16_t)(answer ? ports >> 16 : ports), false, CLASS_TCP,
	                 kind, 0);
	s->peer_id = (answer ? ports << 16 : ports & 0xffff0000) | id;
	c->id_window[i] = (uint32_t)id << 16 | tcp_window;
	s->shape = (uint32_t)tcp_window << 16 | bytes_be16(ip + 2);
	c->dst[i] = usual_dst32(r);
	s->destination = hash_permute32(c->dst[i], w->engine->destination_key);
	s->offset_us = r->time_ns < w->start_ns ? 0 : (uint32_t)((r->time_ns - w->start_ns) / 1000);
	s->signs = 0;
	s->ttl = ip[8];
	s->tcp_flags = tcp[13];
	s->options = usual_options(r, &option_bytes);
	s->option_bytes = (uint8_t)option_bytes;
	c->more[i] = column_more(ip[8], usual_layout(s->options, option_bytes, tcp_window),
	                         kind == KIND_SCAN, tcp[12] & USUAL_TCP_RESERVED);
}

/* Count a usual packet of ours. */
static INLINE enum status take_usual(struct worker *w, const struct record *record,
                                     enum packet_kind kind, unsigned shard_number)
{
	struct shard *shard = &w->engine->shards[shard_number];
	enum status st;

	add_usual(w, record, kind, shard->window);
	st = next_sample(w);
	if (!st && shard->infer_space)
		st = note_v4(w, space_of(shard, kind), usual_dst32(record));
	if (!st && kind == KIND_BACKSCATTER)
		st = answer_usual(w, record, shard_number);
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
	if (w->header.packets >= w->engine->window_packets_max)
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
	if (time_ns - w->start_ns >= w->span_ns ||
	    w->header.packets >= w->engine->window_packets_max)
		st = change_window(w, time_ns);
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
	return take_any(w, &p, shard, outbound);
}

/* The usual packet; false: it is not one. */
static INLINE bool handle_usual(struct worker *w, const struct record *record, enum status *st)
{
	enum packet_kind kind;
	unsigned shard;

	if (!usual_is_tcp(record) || record->time_ns > TIME_MAX_NS)
		return false;
	kind = classify_tcp(usual_flags(record));
	if ((kind != KIND_SCAN && kind != KIND_BACKSCATTER) ||
	    !is_inbound(w->engine->monitor, usual_src32(record), usual_dst32(record)))
		return false;
	*st = enter_window(w, record->time_ns);
	shard = shard_of(address_hash(usual_src32(record)));
	if (w->mine >> shard & 1 && !*st)
		*st = take_usual(w, record, kind, shard);
	return true;
}

static enum status handle(struct worker *w, const struct record *record)
{
	enum status st;

	return handle_usual(w, record, &st) ? st : handle_any(w, record);
}

static enum status handle_all(struct worker *w, struct records *records)
{
	struct record batch[RECORD_BATCH];
	enum status st = STATUS_OK;
	unsigned n;

	while (records_next(records, batch, &n) == STATUS_OK) {
		uint64_t bytes = 0;

		if (atomic_load_explicit(&w->engine->failed, memory_order_relaxed))
			continue; /* drain, so that nobody waits for a block of ours */
		for (unsigned i = 0; i < n && !st; i++) {
			bytes += batch[i].wire;
			st = handle(w, &batch[i]);
		}
		w->counters.packets += n;
		w->counters.bytes += bytes;
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
