/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A capture file as a tap: its packets come when they are due.
 *
 * Times: d is a packet's distance from the first one. Kept: the packet's own, and the clock runs
 * from the first packet on at the replay's speed. Shifted: start + d / speed, and the clock is the
 * wall's; at speed 0 start + d, and the clock is the latest packet's. A packet that is older than
 * the first one is due at once.
 */
#include "base/clock.h"
#include "base/timefmt.h"
#include "capture/input.h"
#include "capture/tap.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#define STEP_NS (10 * NS_PER_SECOND) /* of the replay's time */

struct replay {
	struct replay_options options;
	struct input *input;
	struct records *records;
	struct record batch[RECORD_BATCH]; /* read, `at` of `count` handed out */
	unsigned count, at;
	bool begun;
	uint64_t first_ns;        /* the first packet's own time */
	uint64_t begun_ns;        /* steady clock at the first packet */
	_Atomic uint64_t now_ns;  /* what the clock says without a wall: the latest packet's time */
	_Atomic uint64_t base_ns; /* kept times: first_ns once begun */
	_Atomic uint64_t passed_ns; /* how far the replay has come, in the file's time */
};

static uint64_t distance(const struct replay *r, const struct record *record)
{
	return record->time_ns > r->first_ns ? record->time_ns - r->first_ns : 0;
}

/* How far the replay should have come, in the file's time. */
static uint64_t due_ns(const struct replay *r)
{
	return (uint64_t)((double)(clock_steady_ns() - r->begun_ns) * r->options.speed);
}

/* A kept clock goes in steps that are short enough for whoever counts to see that somebody watched,
 * however fast the replay, and however long this process was kept from running. */
static uint64_t advance(struct replay *r)
{
	uint64_t due = due_ns(r), passed = atomic_load(&r->passed_ns);

	if (r->options.keep_times && due > passed + STEP_NS)
		due = passed + STEP_NS;
	atomic_store(&r->passed_ns, due);
	return due;
}

static uint64_t shifted(const struct replay *r, const struct record *record)
{
	uint64_t d = distance(r, record);

	if (r->options.keep_times)
		return record->time_ns;
	if (r->options.speed > 0)
		return r->options.start_ns + (uint64_t)((double)d / r->options.speed);
	return r->options.start_ns + d;
}

static enum status read_batch(struct replay *r, struct trouble *t)
{
	enum status st, result;

	if (r->at < r->count)
		return STATUS_OK;
	r->at = 0;
	st = records_next(r->records, r->batch, &r->count);
	if (st) {
		result = records_result(r->records, t);
		return result ? result : STATUS_END;
	}
	if (!r->begun && r->count > 0) {
		r->begun = true;
		r->first_ns = r->batch[0].time_ns;
		r->begun_ns = clock_steady_ns();
		if (!r->options.start_ns)
			r->options.start_ns = clock_wall_ns();
		atomic_store(&r->base_ns, r->first_ns);
	}
	return STATUS_OK;
}

static void sleep_ns(uint64_t ns)
{
	struct timespec span = {.tv_sec = (time_t)(ns / NS_PER_SECOND),
	                        .tv_nsec = (long)(ns % NS_PER_SECOND)};

	(void)nanosleep(&span, NULL);
}

static double smaller(double a, double b)
{
	return a < b ? a : b;
}

/* The next packet is not due: wait a while. */
static void wait_for_next(const struct replay *r, int wait_ms)
{
	uint64_t next = distance(r, &r->batch[r->at]), now = due_ns(r);
	double most_ns = smaller(wait_ms * 1e6, (double)STEP_NS / r->options.speed);

	if (next > now)
		sleep_ns((uint64_t)smaller((double)(next - now) / r->options.speed, most_ns));
}

static void hand_out(struct replay *r, struct tap_batch *out)
{
	uint64_t now = r->options.speed > 0 ? advance(r) : UINT64_MAX;

	while (r->at < r->count && distance(r, &r->batch[r->at]) <= now) {
		struct record *to = &out->records[out->count];

		*to = r->batch[r->at++];
		to->time_ns = shifted(r, to);
		out->vlan[out->count++] = 0;
		atomic_store_explicit(&r->now_ns, to->time_ns, memory_order_relaxed);
	}
}

static enum status replay_next(void *state, unsigned queue, struct tap_batch *out, int wait_ms,
                               struct trouble *t)
{
	struct replay *r = state;
	enum status st = read_batch(r, t);

	(void)queue;
	if (st)
		return st;
	hand_out(r, out);
	if (out->count == 0 && r->at < r->count) {
		wait_for_next(r, wait_ms);
		hand_out(r, out);
	}
	return STATUS_OK;
}

static uint64_t replay_dropped(void *state, unsigned queue)
{
	(void)state;
	(void)queue;
	return 0;
}

static bool replay_watching(void *state, unsigned queue)
{
	(void)state;
	(void)queue;
	return true;
}

static uint64_t replay_now_ns(void *state)
{
	struct replay *r = state;
	uint64_t base = atomic_load(&r->base_ns);

	if (r->options.speed > 0 && !r->options.keep_times)
		return clock_wall_ns();
	if (r->options.speed > 0 && base)
		return base + atomic_load(&r->passed_ns);
	return atomic_load_explicit(&r->now_ns, memory_order_relaxed);
}

static enum status replay_filter(void *state, const char *expression, struct trouble *t)
{
	(void)state;
	(void)expression;
	return trouble_set(t, STATUS_UNSUPPORTED, NULL, 0, "a replay has no filter");
}

static void replay_close(void *state)
{
	struct replay *r = state;

	records_free(r->records);
	input_close(r->input);
	free(r);
}

static const struct tap_kind replay = {
        .next = replay_next,
        .dropped = replay_dropped,
        .watching = replay_watching,
        .now_ns = replay_now_ns,
        .filter = replay_filter,
        .close = replay_close,
};

enum status tap_open_replay(struct tap **out, const char *path, const struct replay_options *o,
                            struct trouble *t)
{
	struct input_options input = {.workers = 1, .stop = o->stop};
	struct replay *r = calloc(1, sizeof(*r));
	enum status st;

	*out = NULL;
	if (!r)
		return trouble_set(t, STATUS_NO_MEMORY, path, 0, "out of memory");
	r->options = *o;
	st = input_open(&r->input, path, &input, t);
	if (!st && records_new(&r->records, r->input, 0))
		st = trouble_set(t, STATUS_NO_MEMORY, path, 0, "out of memory");
	if (st) {
		replay_close(r);
		return st;
	}
	return tap_new(out, &replay, r, 1, t);
}
