/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/lane.h"
#include "tap.h"

#include <pthread.h>

enum { JOBS = 200 };

struct job {
	struct lane_job job;
	int runs;
};

struct gate {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool open;
	int ran, entered;
	unsigned highest_thread;
};

static void run(void *state, unsigned thread, struct lane_job *job)
{
	struct gate *g = state;

	pthread_mutex_lock(&g->lock);
	g->entered++;
	pthread_cond_broadcast(&g->changed);
	while (!g->open)
		pthread_cond_wait(&g->changed, &g->lock);
	((struct job *)job)->runs++;
	g->ran++;
	if (thread > g->highest_thread)
		g->highest_thread = thread;
	pthread_mutex_unlock(&g->lock);
}

static void open_gate(struct gate *g)
{
	pthread_mutex_lock(&g->lock);
	g->open = true;
	pthread_cond_broadcast(&g->changed);
	pthread_mutex_unlock(&g->lock);
}

/* Two run, three wait, the sixth is turned away; all that was taken is done before the end. */
static void check_bound(void)
{
	struct gate gate = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
	struct lane_options options = {2, 3, run, &gate};
	struct job jobs[6] = {0};
	struct lane *lane;

	CHECK(lane_open(&lane, &options, NULL) == STATUS_OK);
	for (int i = 0; i < 2; i++)
		CHECK(lane_put(lane, &jobs[i].job));
	pthread_mutex_lock(&gate.lock);
	while (gate.entered < 2)
		pthread_cond_wait(&gate.changed, &gate.lock);
	pthread_mutex_unlock(&gate.lock);
	for (int i = 2; i < 5; i++)
		CHECK(lane_put(lane, &jobs[i].job));
	CHECK(!lane_put(lane, &jobs[5].job));
	open_gate(&gate);
	lane_stop(lane);
	CHECK(!lane_put(lane, &jobs[5].job));
	CHECK(gate.ran == 5 && jobs[4].runs == 1 && jobs[5].runs == 0);
	lane_free(lane);
}

static void check_many(void)
{
	struct gate gate = {.lock = PTHREAD_MUTEX_INITIALIZER,
	                    .changed = PTHREAD_COND_INITIALIZER,
	                    .open = true};
	struct lane_options options = {4, JOBS, run, &gate};
	static struct job jobs[JOBS];
	struct lane *lane;
	bool once = true;

	CHECK(lane_open(&lane, &options, NULL) == STATUS_OK);
	for (int i = 0; i < JOBS; i++)
		once &= lane_put(lane, &jobs[i].job);
	lane_free(lane);
	for (int i = 0; i < JOBS; i++)
		once &= jobs[i].runs == 1;
	CHECK(once && gate.ran == JOBS && gate.highest_thread < 4);
}

int main(void)
{
	check_bound();
	check_many();
	lane_stop(NULL);
	lane_free(NULL);
	return tap_done();
}
