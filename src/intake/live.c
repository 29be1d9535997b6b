/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/live.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct item {
	struct item *next;
	size_t n;
	uint8_t *bytes;
};

struct live {
	pthread_mutex_t mutex;
	struct item *first, **last;
	size_t bytes;
};

enum status live_new(struct live **out)
{
	struct live *l = calloc(1, sizeof(*l));

	*out = l;
	if (!l)
		return STATUS_NO_MEMORY;
	pthread_mutex_init(&l->mutex, NULL);
	l->last = &l->first;
	return STATUS_OK;
}

static struct item *item_of(const uint8_t *frame, size_t n)
{
	struct item *item = calloc(1, sizeof(*item));

	if (!item)
		return NULL;
	item->bytes = malloc(n);
	item->n = n;
	if (!item->bytes) {
		free(item);
		return NULL;
	}
	memcpy(item->bytes, frame, n);
	return item;
}

enum status live_put(struct live *l, const uint8_t *frame, size_t n)
{
	struct item *item = item_of(frame, n);
	enum status st = STATUS_OK;

	if (!item)
		return STATUS_NO_MEMORY;
	pthread_mutex_lock(&l->mutex);
	if (l->bytes + n > LIVE_BYTES_MAX) {
		st = STATUS_LIMIT;
	} else {
		*l->last = item;
		l->last = &item->next;
		l->bytes += n;
	}
	pthread_mutex_unlock(&l->mutex);
	if (st) {
		free(item->bytes);
		free(item);
	}
	return st;
}

uint8_t *live_take(struct live *l, size_t *n)
{
	struct item *item;
	uint8_t *bytes;

	pthread_mutex_lock(&l->mutex);
	item = l->first;
	if (item) {
		l->first = item->next;
		if (!l->first)
			l->last = &l->first;
		l->bytes -= item->n;
	}
	pthread_mutex_unlock(&l->mutex);
	if (!item)
		return NULL;
	bytes = item->bytes;
	*n = item->n;
	free(item);
	return bytes;
}

void live_free(struct live *l)
{
	uint8_t *bytes;
	size_t n;

	if (!l)
		return;
	while ((bytes = live_take(l, &n)))
		free(bytes);
	pthread_mutex_destroy(&l->mutex);
	free(l);
}
