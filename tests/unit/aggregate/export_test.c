/* SPDX-License-Identifier: Apache-2.0 */
/* Rows go out sorted whatever the workers; a sink that fails stops everything, nobody hangs. */
#include "aggregate/export.h"

#include "tap.h"

#include "flows.h"
#include "made.h"

#include <pthread.h>

enum { SHARDS = 16, UNITS = 5, PACKETS = 4000, ROWS_MAX = UNITS * PACKETS };

/* A row as the sink saw it. */
struct seen {
	struct flow flow;
	uint32_t list_sum; /* over the exact destinations */
};

struct sink {
	struct seen *rows;
	size_t count;
	uint64_t begun, ended, fail_at; /* the row that fails; 0: none */
	uint64_t header_rows;
	bool open, wrong;
};

static enum status sink_begin(void *state, const struct window_header *header)
{
	struct sink *s = state;

	s->wrong |= s->open || header->start_s != 600 + 60 * s->begun;
	s->open = true;
	s->begun++;
	s->header_rows += header->rows;
	return STATUS_OK;
}

static enum status sink_row(void *state, const struct flow *row)
{
	struct sink *s = state;
	struct seen *to = &s->rows[s->count];

	s->wrong |= !s->open || (s->fail_at && s->count >= s->fail_at);
	if (s->count == ROWS_MAX)
		return STATUS_FULL;
	flow_plain(&to->flow, row);
	to->list_sum = 0;
	for (int i = 0; i < row->exact; i++)
		to->list_sum += row->list[i];
	s->count++;
	return s->fail_at && s->count == s->fail_at ? STATUS_FULL : STATUS_OK;
}

static enum status sink_end(void *state)
{
	struct sink *s = state;

	s->wrong |= !s->open;
	s->open = false;
	s->ended++;
	return STATUS_OK;
}

struct worker {
	struct export *export;
	unsigned id, workers;
	unsigned units;
	enum status status;
};

/* A few hundred sources of both families, five protocols: the same for any number of workers. */
static void fill(struct window *w, unsigned shard, uint64_t unit)
{
	static const uint8_t protos[] = {PROTO_ICMP, PROTO_TCP, PROTO_UDP, PROTO_ICMPV6,
	                                 2,          47,        132};
	struct prng r;

	prng_init(&r, unit * SHARDS + shard + 1);
	for (int i = 0; i < PACKETS / SHARDS; i++) {
		uint32_t source = prng_below(&r, 20) * SHARDS + shard;
		struct packet p = made_syn(source * 0x01030507u, prng_below(&r, 30), 5, 6);
		uint8_t proto = protos[prng_below(&r, sizeof(protos))];
		enum proto_class class = proto_class(proto);
		uint16_t port = class == CLASS_OTHER ? proto : (uint16_t)prng_below(&r, 3) * 300;
		uint64_t key;

		p.v6 = prng_below(&r, 3) == 0;
		p.src = p.v6 ? made_v6(source * 77) : p.src;
		if (p.v6 && source % 4 == 0) /* ::x stands before IPv4's ::ffff:x */
			memset(p.src.b, 0, 12);
		key = row_key(p.v6 ? window_v6_number(w, &p.src) : p.src32, port, p.v6, class,
		              (enum packet_kind)prng_below(&r, 4), (uint8_t)prng_below(&r, 4));
		made_add(w, key, &p, (uint32_t)i, window_destination(1, &p));
	}
}

static void *work(void *state)
{
	struct worker *me = state;
	struct window *windows[SHARDS];

	for (unsigned i = me->id; i < SHARDS; i += me->workers) {
		if (window_new(&windows[i], 1))
			abort();
	}
	for (unsigned unit = 0; unit < me->units && !me->status; unit++) {
		struct window_header header = {.start_s = 600 + 60 * unit, .span_s = 60};

		for (unsigned i = me->id; i < SHARDS && !me->status; i += me->workers) {
			if (windows[i]->count)
				me->status = STATUS_FORMAT; /* what came back was not empty */
			fill(windows[i], i, unit);
			me->status = me->status ? me->status
			                        : export_give(me->export, unit, i, &windows[i]);
		}
		if (!me->status)
			export_close(me->export, unit, &header);
	}
	for (unsigned i = me->id; i < SHARDS; i += me->workers)
		window_free(windows[i]);
	return NULL;
}

/* Run `workers` threads; the export's result, and what the workers met in *met. */
static enum status run(struct sink *s, unsigned workers, unsigned units, enum status *met)
{
	struct flow_sink sink = {s, sink_begin, sink_row, sink_end};
	struct worker all[SHARDS];
	pthread_t threads[SHARDS];
	struct export *e = NULL;
	enum status st;

	*met = STATUS_OK;
	if (export_new(&e, &sink, SHARDS, workers, 1 + units % EXPORT_AHEAD, 1))
		abort();
	for (unsigned i = 0; i < workers; i++) {
		all[i] = (struct worker){.export = e, .id = i, .workers = workers, .units = units};
		if (pthread_create(&threads[i], NULL, work, &all[i]))
			abort();
	}
	for (unsigned i = 0; i < workers; i++) {
		pthread_join(threads[i], NULL);
		*met = *met ? *met : all[i].status;
	}
	st = export_finish(e);
	export_free(e);
	return st;
}

static void sink_init(struct sink *s)
{
	*s = (struct sink){.rows = calloc(ROWS_MAX + 1, sizeof(*s->rows))};
	if (!s->rows)
		abort();
}

/* The order that model/flow.h promises. */
static int compare(const struct flow *a, const struct flow *b)
{
	int order = addr_compare(&a->source, &b->source);

	if (order)
		return order;
	if (a->proto != b->proto)
		return a->proto < b->proto ? -1 : 1;
	if (a->port != b->port)
		return a->port < b->port ? -1 : 1;
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	return (int)a->marks - (int)b->marks;
}

static bool in_order(const struct sink *s)
{
	unsigned wrong = 0;

	/* a new window starts wherever the order does not hold */
	for (size_t i = 1; i < s->count; i++)
		wrong += compare(&s->rows[i - 1].flow, &s->rows[i].flow) >= 0;
	return wrong <= UNITS - 1;
}

static void test_order(void)
{
	static const unsigned workers[] = {1, 2, 5, 16};
	struct sink first;
	uint64_t packets = 0;

	sink_init(&first);
	for (size_t i = 0; i < sizeof(workers) / sizeof(workers[0]); i++) {
		struct sink s;
		enum status met;

		sink_init(&s);
		CHECK(run(&s, workers[i], UNITS, &met) == STATUS_OK);
		CHECK(met == STATUS_OK && !s.wrong);
		CHECK(s.begun == UNITS && s.ended == UNITS && s.header_rows == s.count);
		CHECK(in_order(&s));
		if (i == 0) {
			free(first.rows);
			first = s;
			continue;
		}
		CHECK(s.count == first.count &&
		      memcmp(s.rows, first.rows, s.count * sizeof(*s.rows)) == 0);
		free(s.rows);
	}
	for (size_t i = 0; i < first.count; i++)
		packets += first.rows[i].flow.packets;
	CHECK_U64(packets, UNITS * PACKETS);
	free(first.rows);
}

/* The sink fails in the middle: workers hear of it, nothing more goes out, nobody waits. */
static void test_failing_sink(void)
{
	static const uint64_t fail_at[] = {1, 700, 3000};

	for (size_t i = 0; i < 3; i++) {
		for (unsigned workers = 1; workers <= 5; workers += 2) {
			struct sink s;
			enum status met;

			sink_init(&s);
			s.fail_at = fail_at[i];
			CHECK(run(&s, workers, 200, &met) == STATUS_FULL);
			CHECK(met == STATUS_FULL);
			CHECK(!s.wrong && s.count == fail_at[i]);
			free(s.rows);
		}
	}
}

static void *wait_for_room(void *state)
{
	struct worker *me = state;

	return work(me);
}

/* One of two workers never comes: the other waits until somebody gives up. */
static void test_abort(void)
{
	struct sink s;
	struct flow_sink sink = {&s, sink_begin, sink_row, sink_end};
	struct export *e = NULL;
	struct worker lone;
	pthread_t thread;

	sink_init(&s);
	if (export_new(&e, &sink, SHARDS, 2, EXPORT_AHEAD, 1))
		abort();
	lone = (struct worker){.export = e, .id = 0, .workers = 2, .units = 100};
	if (pthread_create(&thread, NULL, wait_for_room, &lone))
		abort();
	export_abort(e, STATUS_NO_MEMORY);
	pthread_join(thread, NULL);
	CHECK(lone.status == STATUS_NO_MEMORY);
	CHECK(export_finish(e) == STATUS_NO_MEMORY);
	CHECK_U64(s.begun, 0);
	export_free(e);
	export_free(NULL);
	free(s.rows);
}

/* Units that hold nothing are begun and ended all the same. */
static void test_empty(void)
{
	struct sink s;
	struct flow_sink sink = {&s, sink_begin, sink_row, sink_end};
	struct export *e = NULL;
	enum status met;

	sink_init(&s);
	CHECK(run(&s, 3, 0, &met) == STATUS_OK);
	CHECK_U64(s.begun, 0);
	if (export_new(&e, &sink, 1, 1, 1, 1))
		abort();
	for (unsigned unit = 0; unit < 10; unit++) {
		struct window_header header = {.start_s = 600 + 60 * unit};
		struct window *w = NULL;

		if (window_new(&w, 1) || export_give(e, unit, 0, &w))
			abort();
		export_close(e, unit, &header);
		window_free(w);
	}
	CHECK(export_finish(e) == STATUS_OK);
	CHECK(s.begun == 10 && s.ended == 10 && s.count == 0 && !s.wrong);
	export_free(e);
	free(s.rows);
}

int main(void)
{
	test_order();
	test_failing_sink();
	test_abort();
	test_empty();
	return tap_done();
}
