/* SPDX-License-Identifier: Apache-2.0 */
#include "aggregate/pipeline.h"

#include "aggregate/export.h"
#include "aggregate/worker.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

/* Bytes that one packet can cost in an open window: a slot of a table that is half full or
 * less, its place in the list, a list of destinations. */
enum { PACKET_WINDOW_BYTES = 4 * 64 + 8 + 64, TICK_MS = 250 };

struct pipeline {
	struct pipeline_options options;
	struct engine engine; /* what the workers share */
	struct shard shards[SHARD_COUNT];
	struct monitor monitor;
	struct worker *workers;
	pthread_mutex_t lock;
	pthread_cond_t done;
	unsigned running;
};

static enum status init_shards(struct pipeline *p)
{
	struct shard_options o = {
	        .budget = p->options.memory / SHARD_COUNT,
	        .destination_key = p->options.destination_key,
	        .infer_space = !p->options.monitored,
	};
	enum status st = STATUS_OK;

	for (unsigned i = 0; i < SHARD_COUNT && !st; i++)
		st = shard_init(&p->shards[i], &o);
	return st;
}

enum status pipeline_new(struct pipeline **out, const struct pipeline_options *o)
{
	struct pipeline *p = calloc(1, sizeof(*p));
	enum status st;

	assert(o->threads >= 1 && o->threads <= INPUT_WORKERS_MAX &&
	       o->memory >= PIPELINE_MEMORY_MIN);
	*out = p;
	if (!p)
		return STATUS_NO_MEMORY;
	p->options = *o;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->done, NULL);
	st = init_shards(p);
	if (st)
		return st;
	if (o->monitored)
		monitor_init(&p->monitor, o->monitored);
	p->engine = (struct engine){
	        .shards = p->shards,
	        .workers = o->threads,
	        .monitor = o->monitored ? &p->monitor : NULL,
	        .destination_key = o->destination_key,
	        .addresses = o->addresses,
	        .window_packets_max = o->memory / 4 / PACKET_WINDOW_BYTES,
	};
	if (o->sink)
		st = export_new(&p->engine.export, o->sink, SHARD_COUNT, o->threads, 1,
		                o->destination_key);
	p->workers = aligned_alloc(64, (o->threads * sizeof(*p->workers) + 63) & ~(size_t)63);
	if (st || !p->workers)
		return st ? st : STATUS_NO_MEMORY;
	for (unsigned i = 0; i < o->threads; i++)
		worker_init(&p->workers[i], &p->engine, i);
	return STATUS_OK;
}

struct run {
	struct pipeline *pipeline;
	struct worker *worker;
	struct input *in;
	pthread_t thread;
	bool started;
};

static void *run_thread(void *state)
{
	struct run *r = state;

	worker_run(r->worker, r->in);
	pthread_mutex_lock(&r->pipeline->lock);
	r->pipeline->running--;
	pthread_cond_signal(&r->pipeline->done);
	pthread_mutex_unlock(&r->pipeline->lock);
	return NULL;
}

/* Wait for the workers, telling the time now and then. */
static void wait_for_workers(struct pipeline *p)
{
	pthread_mutex_lock(&p->lock);
	while (p->running > 0) {
		struct timespec until;

		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_nsec += TICK_MS * 1000000L;
		until.tv_sec += until.tv_nsec / 1000000000L;
		until.tv_nsec %= 1000000000L;
		if (pthread_cond_timedwait(&p->done, &p->lock, &until) == ETIMEDOUT &&
		    p->options.tick) {
			pthread_mutex_unlock(&p->lock);
			p->options.tick(p->options.tick_state);
			pthread_mutex_lock(&p->lock);
		}
	}
	pthread_mutex_unlock(&p->lock);
}

/* No thread to be had: the others must neither wait for this one nor go on without it. */
static void refuse(struct run *r)
{
	r->worker->status = STATUS_NO_MEMORY;
	atomic_store(&r->pipeline->engine.failed, true);
	input_leave(r->in, r->worker->id);
	pthread_mutex_lock(&r->pipeline->lock);
	r->pipeline->running--;
	pthread_mutex_unlock(&r->pipeline->lock);
}

static enum status start_and_join(struct pipeline *p, struct input *in)
{
	struct run runs[INPUT_WORKERS_MAX] = {0};
	enum status st = STATUS_OK;

	p->running = p->options.threads;
	for (unsigned i = 0; i < p->options.threads; i++) {
		runs[i] = (struct run){.pipeline = p, .worker = &p->workers[i], .in = in};
		if (pthread_create(&runs[i].thread, NULL, run_thread, &runs[i]) == 0)
			runs[i].started = true;
		else
			refuse(&runs[i]);
	}
	wait_for_workers(p);
	for (unsigned i = 0; i < p->options.threads; i++) {
		if (runs[i].started)
			pthread_join(runs[i].thread, NULL);
		st = st ? st : p->workers[i].status;
	}
	return st;
}

enum status pipeline_run(struct pipeline *p, struct input *in, struct pipeline_input *result,
                         struct trouble *t)
{
	struct worker *first = &p->workers[0];
	uint64_t packets = first->counters.packets, bytes = first->counters.bytes;
	enum status st = start_and_join(p, in);

	if (st)
		return trouble_set(t, st, NULL, 0, "%s", status_text(st));
	*result = (struct pipeline_input){
	        .packets = first->counters.packets - packets,
	        .bytes = first->counters.bytes - bytes,
	        .readable = first->input_status != STATUS_FORMAT,
	        .truncated =
	                first->input_status != STATUS_OK && first->input_status != STATUS_FORMAT,
	};
	if (t)
		*t = first->trouble;
	return STATUS_OK;
}

uint64_t pipeline_packets(const struct pipeline *p)
{
	return atomic_load_explicit(&p->workers[0].progress, memory_order_relaxed);
}

enum status pipeline_finish(struct pipeline *p)
{
	enum status st = STATUS_OK;

	for (unsigned i = 0; i < p->options.threads && !st; i++)
		st = worker_finish(&p->workers[i]);
	if (p->engine.export) {
		enum status sent;

		if (st)
			export_abort(p->engine.export, st);
		sent = export_finish(p->engine.export);
		st = st ? st : sent;
	}
	for (unsigned i = 0; i < SHARD_COUNT && !st; i++)
		st = shard_finish(&p->shards[i], p->workers[0].counters.last_ns);
	return st;
}

void pipeline_free(struct pipeline *p)
{
	if (!p)
		return;
	export_free(p->engine.export);
	for (unsigned i = 0; i < SHARD_COUNT; i++)
		shard_clear(&p->shards[i]);
	free(p->workers);
	pthread_mutex_destroy(&p->lock);
	pthread_cond_destroy(&p->done);
	free(p);
}

struct shard *pipeline_shard(struct pipeline *p, unsigned i)
{
	assert(i < SHARD_COUNT);
	return &p->shards[i];
}

const struct pipeline_counters *pipeline_counters(const struct pipeline *p)
{
	return &p->workers[0].counters;
}
