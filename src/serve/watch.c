/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/watch.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

enum { LOOK_MS = 250 };

struct watch {
	pthread_mutex_t lock;
	pthread_cond_t ending;
	pthread_t thread;
	struct watched all; /* the ring's head */
	struct metrics *metrics;
	bool ended;
};

uint64_t watch_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void cut_late(struct watch *w, uint64_t now_ms)
{
	for (struct watched *c = w->all.next; c != &w->all; c = c->next) {
		if (c->deadline_ms && c->deadline_ms <= now_ms) {
			c->deadline_ms = 0;
			metrics_add(w->metrics, METRIC_HTTP_EXPIRED, 1);
			shutdown(c->fd, SHUT_RDWR);
		}
	}
}

static void *look(void *state)
{
	struct watch *w = state;

	pthread_mutex_lock(&w->lock);
	while (!w->ended) {
		uint64_t now_ms = watch_now_ms(), next = now_ms + LOOK_MS;
		struct timespec until = {.tv_sec = (time_t)(next / 1000),
		                         .tv_nsec = (long)(next % 1000) * 1000000};

		cut_late(w, now_ms);
		pthread_cond_timedwait(&w->ending, &w->lock, &until);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

enum status watch_open(struct watch **out, struct metrics *metrics, struct trouble *t)
{
	struct watch *w = calloc(1, sizeof(*w));
	pthread_condattr_t monotonic;
	int error;

	*out = NULL;
	if (!w)
		return trouble_set(t, STATUS_NO_MEMORY, NULL, 0, "out of memory");
	w->all.next = w->all.before = &w->all;
	w->metrics = metrics;
	pthread_mutex_init(&w->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&w->ending, &monotonic);
	pthread_condattr_destroy(&monotonic);
	error = pthread_create(&w->thread, NULL, look, w);
	if (error) {
		free(w);
		return trouble_set(t, status_of_errno(error), NULL, 0, "cannot start a thread: %s",
		                   strerror(error));
	}
	*out = w;
	return STATUS_OK;
}

void watch_add(struct watch *w, struct watched *c, int fd)
{
	pthread_mutex_lock(&w->lock);
	c->fd = fd;
	c->deadline_ms = 0;
	c->next = &w->all;
	c->before = w->all.before;
	c->before->next = w->all.before = c;
	pthread_mutex_unlock(&w->lock);
}

void watch_set(struct watch *w, struct watched *c, uint64_t within_ms)
{
	pthread_mutex_lock(&w->lock);
	c->deadline_ms = within_ms ? watch_now_ms() + within_ms : 0;
	pthread_mutex_unlock(&w->lock);
}

void watch_remove(struct watch *w, struct watched *c)
{
	pthread_mutex_lock(&w->lock);
	c->before->next = c->next;
	c->next->before = c->before;
	pthread_mutex_unlock(&w->lock);
}

void watch_close(struct watch *w)
{
	if (!w)
		return;
	pthread_mutex_lock(&w->lock);
	w->ended = true;
	pthread_cond_signal(&w->ending);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	pthread_cond_destroy(&w->ending);
	pthread_mutex_destroy(&w->lock);
	free(w);
}
