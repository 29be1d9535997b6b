/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads that do what takes long, so that the server's own threads never wait.
 *
 * Jobs wait in a queue of stated length, oldest first. Each of a lane's threads has a number, so
 * that a job can use what belongs to that thread (its engine connection). A job stays its
 * maker's. Any thread may call lane_put().
 */
#ifndef SERVE_LANE_H
#define SERVE_LANE_H

#include "base/status.h"

#include <stdbool.h>

enum { LANE_THREADS_MAX = 64 };

struct lane;

struct lane_job {
	struct lane_job *next; /* the lane's */
};

struct lane_options {
	unsigned threads;     /* 1 to LANE_THREADS_MAX */
	unsigned waiting_max; /* jobs that wait besides those that run */
	void (*run)(void *state, unsigned thread, struct lane_job *job);
	void *state;
};

MUST_USE enum status lane_open(struct lane **out, const struct lane_options *options,
                               struct trouble *t);

/* False: full or closing; the job is not taken. */
bool lane_put(struct lane *lane, struct lane_job *job);

/* Take no more jobs (lane_put says false from now on), finish those that were taken, end the
 * threads. NULL is allowed. */
void lane_stop(struct lane *lane);

/* Nobody may put any more. Stops it first. NULL is allowed. */
void lane_free(struct lane *lane);

#endif
