/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/decoders.h"

#include <pthread.h>
#include <stdlib.h>

struct decoders {
	pthread_mutex_t mutex;
	pthread_cond_t given;
	unsigned free_count;
	struct batch_decoder *free[DECODERS];
};

enum status decoders_new(struct decoders **out)
{
	struct decoders *d = calloc(1, sizeof(*d));
	enum status st = STATUS_OK;

	*out = NULL;
	if (!d)
		return STATUS_NO_MEMORY;
	pthread_mutex_init(&d->mutex, NULL);
	pthread_cond_init(&d->given, NULL);
	while (d->free_count < DECODERS && !st) {
		st = batch_decoder_new(&d->free[d->free_count]);
		d->free_count += !st;
	}
	if (st)
		decoders_free(d);
	else
		*out = d;
	return st;
}

struct batch_decoder *decoders_take(struct decoders *d)
{
	struct batch_decoder *decoder;

	pthread_mutex_lock(&d->mutex);
	while (d->free_count == 0)
		pthread_cond_wait(&d->given, &d->mutex);
	decoder = d->free[--d->free_count];
	pthread_mutex_unlock(&d->mutex);
	return decoder;
}

void decoders_give(struct decoders *d, struct batch_decoder *decoder)
{
	pthread_mutex_lock(&d->mutex);
	d->free[d->free_count++] = decoder;
	pthread_cond_signal(&d->given);
	pthread_mutex_unlock(&d->mutex);
}

void decoders_free(struct decoders *d)
{
	if (!d)
		return;
	while (d->free_count)
		batch_decoder_free(d->free[--d->free_count]);
	pthread_cond_destroy(&d->given);
	pthread_mutex_destroy(&d->mutex);
	free(d);
}
