/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/lane.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct worker {
	struct lane *lane;
	unsigned number;
	pthread_t thread;
};

struct lane {
	struct lane_options options;
	pthread_mutex_t lock;
	pthread_cond_t arrived;
	struct lane_job *first, *last;
	unsigned waiting, workers;
	bool closing;
	struct worker worker[LANE_THREADS_MAX];
};

/* The next job, or NULL when the lane is closed and empty. */
static struct lane_job *take_job(struct lane *lane)
{
	struct lane_job *job;

	pthread_mutex_lock(&lane->lock);
	while (!lane->first && !lane->closing)
		pthread_cond_wait(&lane->arrived, &lane->lock);
	job = lane->first;
	if (job) {
		lane->first = job->next;
		lane->waiting--;
	}
	pthread_mutex_unlock(&lane->lock);
	return job;
}

static void *work(void *state)
{
	struct worker *self = state;
	struct lane_job *job;

	while ((job = take_job(self->lane)))
		self->lane->options.run(self->lane->options.state, self->number, job);
	return NULL;
}

enum status lane_open(struct lane **out, const struct lane_options *options, struct trouble *t)
{
	struct lane *lane = calloc(1, sizeof(*lane));

	*out = NULL;
	assert(options->threads >= 1 && options->threads <= LANE_THREADS_MAX);
	if (!lane)
		return trouble_set(t, STATUS_NO_MEMORY, NULL, 0, "out of memory");
	lane->options = *options;
	pthread_mutex_init(&lane->lock, NULL);
	pthread_cond_init(&lane->arrived, NULL);
	for (unsigned i = 0; i < options->threads; i++) {
		struct worker *w = &lane->worker[i];
		int error;

		*w = (struct worker){.lane = lane, .number = i};
		error = pthread_create(&w->thread, NULL, work, w);
		if (error) {
			lane_free(lane);
			return trouble_set(t, status_of_errno(error), NULL, 0,
			                   "cannot start a thread: %s", strerror(error));
		}
		lane->workers++;
	}
	*out = lane;
	return STATUS_OK;
}

bool lane_put(struct lane *lane, struct lane_job *job)
{
	bool taken;

	pthread_mutex_lock(&lane->lock);
	taken = !lane->closing && lane->waiting < lane->options.waiting_max;
	if (taken) {
		job->next = NULL;
		if (lane->first)
			lane->last->next = job;
		else
			lane->first = job;
		lane->last = job;
		lane->waiting++;
		pthread_cond_signal(&lane->arrived);
	}
	pthread_mutex_unlock(&lane->lock);
	return taken;
}

void lane_stop(struct lane *lane)
{
	if (!lane)
		return;
	pthread_mutex_lock(&lane->lock);
	lane->closing = true;
	pthread_cond_broadcast(&lane->arrived);
	pthread_mutex_unlock(&lane->lock);
	for (unsigned i = 0; i < lane->workers; i++)
		pthread_join(lane->worker[i].thread, NULL);
	lane->workers = 0;
}

void lane_free(struct lane *lane)
{
	if (!lane)
		return;
	lane_stop(lane);
	pthread_cond_destroy(&lane->arrived);
	pthread_mutex_destroy(&lane->lock);
	free(lane);
}
