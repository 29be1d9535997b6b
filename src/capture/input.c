/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/input.h"

#include "capture/source.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Alone with a plain file a worker needs one block, and one that stays in its cache. */
enum { LONE_BLOCK_BYTES = 128 * 1024 };

struct block {
	uint8_t *bytes;
	size_t size;
	bool ready;
};

struct input {
	struct source source;
	struct feed *feed; /* the source's, for progress; NULL: live */
	char name[256];
	const atomic_bool *stop;
	size_t block_bytes;
	unsigned workers, ring;

	pthread_mutex_t lock;   /* guards what follows, except a block that is being filled */
	pthread_cond_t changed; /* any of it */
	uint64_t next; /* the block to fill next; those before are filled or being filled */
	uint64_t end;  /* the first block that is not there; UINT64_MAX: not known yet */
	uint64_t needed[INPUT_WORKERS_MAX]; /* the oldest block that each worker may look at */
	struct block blocks[INPUT_RING];
	bool closing;
	enum status result;
	struct trouble trouble;

	bool has_reader;
	pthread_t reader;
};

/* A worker that needs no block any more; a stream whose end has not been seen. */
#define LEFT   UINT64_MAX
#define NO_END UINT64_MAX

static uint64_t input_oldest_needed(const struct input *in)
{
	uint64_t oldest = LEFT;

	for (unsigned i = 0; i < in->workers; i++)
		oldest = in->needed[i] < oldest ? in->needed[i] : oldest;
	return oldest;
}

static bool input_has_room(const struct input *in)
{
	uint64_t oldest = input_oldest_needed(in);

	if (oldest == LEFT) /* nobody reads any more */
		return false;
	return oldest >= in->next || in->next - oldest < in->ring;
}

static enum status input_fill_block(struct input *in, uint64_t index, struct block *b,
                                    struct trouble *t)
{
	b->size = 0;
	if (in->stop && atomic_load(in->stop))
		return trouble_set(t, STATUS_INTERRUPTED, in->name, 0, "interrupted");
	if (!b->bytes)
		b->bytes = malloc(in->block_bytes);
	if (!b->bytes)
		return trouble_set(t, STATUS_NO_MEMORY, NULL, 0, "out of memory");
	return in->source.kind->fill(in->source.state, index * in->block_bytes, b->bytes,
	                             in->block_bytes, &b->size, t);
}

/* Fill the next block. Called with the lock, which is open while the source is read: workers of
 * a plain file fill one block each at the same time. The lowest end counts, whichever
 * thread comes upon one first. */
static void input_fill(struct input *in)
{
	uint64_t index = in->next++, end;
	struct block *b = &in->blocks[index % in->ring];
	struct trouble t = {0};
	enum status st;

	b->ready = false;
	pthread_mutex_unlock(&in->lock);
	st = input_fill_block(in, index, b, &t);
	pthread_mutex_lock(&in->lock);
	b->ready = true;
	end = index + (b->size > 0);
	if (!st && b->size == 0) {
		/* Quiet for now; such a source has one reader, so that nobody took the next. */
		assert(in->source.kind->own_thread);
		b->ready = false;
		in->next--;
	} else if (st && end < in->end) {
		in->end = end;
		in->result = st == STATUS_END ? STATUS_OK : st;
		in->trouble = t;
	}
	pthread_cond_broadcast(&in->changed);
}

static void *input_read_ahead(void *argument)
{
	struct input *in = argument;

	pthread_mutex_lock(&in->lock);
	while (in->end == NO_END && !in->closing) {
		if (input_has_room(in))
			input_fill(in);
		else
			pthread_cond_wait(&in->changed, &in->lock);
	}
	pthread_mutex_unlock(&in->lock);
	return NULL;
}

/* Signals are for the main thread. */
static enum status input_start_reader(struct input *in, struct trouble *t)
{
	sigset_t all, before;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&in->reader, NULL, input_read_ahead, in);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (error)
		return trouble_set(t, STATUS_NO_MEMORY, NULL, 0, "cannot start a thread: %s",
		                   strerror(error));
	in->has_reader = true;
	return STATUS_OK;
}

static void input_size_blocks(struct input *in, size_t asked, bool live)
{
	bool lone = in->workers == 1 && !in->source.kind->own_thread;

	in->ring = lone ? 1 : INPUT_RING;
	in->block_bytes = lone ? LONE_BLOCK_BYTES : INPUT_BLOCK_BYTES;
	if (asked)
		in->block_bytes = asked;
	if (live && in->block_bytes < SOURCE_LIVE_ROOM)
		in->block_bytes = SOURCE_LIVE_ROOM;
}

/* Takes the source over. */
static enum status input_new(struct input **out, struct source source, struct feed *feed,
                             const char *name, const struct input_options *o, struct trouble *t)
{
	struct input *in = calloc(1, sizeof(*in));
	enum status st = STATUS_OK;

	if (!in) {
		source.kind->close(source.state);
		return trouble_set(t, STATUS_NO_MEMORY, NULL, 0, "out of memory");
	}
	in->source = source;
	in->feed = feed;
	in->stop = o->stop;
	in->end = NO_END;
	snprintf(in->name, sizeof(in->name), "%s", name);
	in->workers = o->workers;
	input_size_blocks(in, o->block_bytes, feed == NULL);
	pthread_mutex_init(&in->lock, NULL);
	pthread_cond_init(&in->changed, NULL);
	if (source.kind->own_thread)
		st = input_start_reader(in, t);
	if (st) {
		input_close(in);
		return st;
	}
	*out = in;
	return STATUS_OK;
}

/* A frame, or a skippable one, which some writers put first (RFC 8878 section 3.1). */
static bool is_zstd(const uint8_t head[4])
{
	return memcmp(head, "\x28\xb5\x2f\xfd", 4) == 0 ||
	       ((head[0] & 0xf0) == 0x50 && memcmp(head + 1, "\x2a\x4d\x18", 3) == 0);
}

static enum status source_of_feed(struct source *s, struct feed *f, struct trouble *t)
{
	if (f->head_size >= 2 && memcmp(f->head, "\x1f\x8b", 2) == 0)
		return source_gzip(s, f, t);
	if (f->head_size >= 4 && is_zstd(f->head))
		return source_zstd(s, f, t);
	return source_plain(s, f, t);
}

enum status input_open(struct input **out, const char *path, const struct input_options *o,
                       struct trouble *t)
{
	struct source source;
	struct feed *feed;
	enum status st;

	assert(o->workers >= 1 && o->workers <= INPUT_WORKERS_MAX);
	st = feed_open(&feed, path, o->stop, t);
	if (!st)
		st = source_of_feed(&source, feed, t);
	return st ? st : input_new(out, source, feed, feed->name, o, t);
}

enum status input_open_live(struct input **out, const char *interface,
                            const struct input_options *o, struct trouble *t)
{
	struct source source;
	enum status st;

	assert(o->workers >= 1 && o->workers <= INPUT_WORKERS_MAX);
	st = source_live(&source, interface, o->filter, t);
	return st ? st : input_new(out, source, NULL, interface, o, t);
}

static bool input_has(const struct input *in, uint64_t index)
{
	return index < in->next && in->blocks[index % in->ring].ready;
}

enum status input_block(struct input *in, unsigned worker, uint64_t index, struct input_block *out)
{
	enum status st = STATUS_OK;

	assert(worker < in->workers);
	pthread_mutex_lock(&in->lock);
	assert(index >= in->needed[worker] && index <= in->next);
	in->needed[worker] = index;
	pthread_cond_broadcast(&in->changed);
	while (!input_has(in, index) && index < in->end) {
		if (!in->has_reader && in->end == NO_END && input_has_room(in))
			input_fill(in);
		else
			pthread_cond_wait(&in->changed, &in->lock);
	}
	if (index < in->end)
		*out = (struct input_block){.bytes = in->blocks[index % in->ring].bytes,
		                            .size = in->blocks[index % in->ring].size};
	else
		st = STATUS_END;
	pthread_mutex_unlock(&in->lock);
	return st;
}

void input_leave(struct input *in, unsigned worker)
{
	pthread_mutex_lock(&in->lock);
	in->needed[worker] = LEFT;
	pthread_cond_broadcast(&in->changed);
	pthread_mutex_unlock(&in->lock);
}

enum status input_result(struct input *in, struct trouble *t)
{
	enum status st;

	pthread_mutex_lock(&in->lock);
	st = in->result;
	if (st && t)
		*t = in->trouble;
	pthread_mutex_unlock(&in->lock);
	return st;
}

const char *input_name(const struct input *in)
{
	return in->name;
}

void input_progress(const struct input *in, uint64_t *done, uint64_t *total)
{
	*done = in->feed ? atomic_load_explicit(&in->feed->done, memory_order_relaxed) : 0;
	*total = in->feed ? in->feed->total : 0;
}

uint64_t input_dropped(struct input *in)
{
	return in->source.kind->dropped ? in->source.kind->dropped(in->source.state) : 0;
}

void input_close(struct input *in)
{
	if (!in)
		return;
	pthread_mutex_lock(&in->lock);
	in->closing = true;
	pthread_cond_broadcast(&in->changed);
	pthread_mutex_unlock(&in->lock);
	if (in->has_reader)
		pthread_join(in->reader, NULL);
	in->source.kind->close(in->source.state);
	for (unsigned i = 0; i < INPUT_RING; i++)
		free(in->blocks[i].bytes);
	pthread_cond_destroy(&in->changed);
	pthread_mutex_destroy(&in->lock);
	free(in);
}
