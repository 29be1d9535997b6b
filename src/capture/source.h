/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an input reads from, inside this room: one constant table of functions a kind of
 * source (source_plain.c, source_gzip.c, source_zstd.c, source_live.c), and the feed,
 * which is the file descriptor below the first three.
 *
 * A source is driven by the thread that reads it ahead, or, without one, by all workers. The
 * feed's count of bytes may be read by any thread.
 */
#ifndef CAPTURE_SOURCE_H
#define CAPTURE_SOURCE_H

#include "base/status.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct source_kind {
	bool own_thread; /* it may have to wait, or works hard: read ahead in a thread */

	/* Put up to `room` bytes at `out`, *size of them, from `offset` of the stream: where the
	 * last ones ended, unless the source has no thread of its own; such a one is asked for any
	 * place, by several threads at once. It returns early with what it has
	 * rather than wait for more; with nothing to hand out it waits at most 200 ms and then
	 * returns STATUS_OK and *size 0. STATUS_END with or without last bytes; any other status
	 * ends the stream with trouble after the bytes handed out. */
	enum status (*fill)(void *state, uint64_t offset, uint8_t *out, size_t room, size_t *size,
	                    struct trouble *t);
	uint64_t (*dropped)(void *state); /* NULL: never drops */
	void (*close)(void *state);
};

struct source {
	const struct source_kind *kind;
	void *state;
};

enum { FEED_HEAD = 8, FEED_WAIT_MS = 200 };

struct feed {
	int fd;
	bool regular;            /* read by pread up to `total`, never waits */
	uint64_t start;          /* where the stream begins in the file */
	uint64_t offset;         /* of the next feed_read() in the file */
	uint64_t total;          /* size when it was opened; 0: not known */
	_Atomic uint64_t done;   /* bytes taken from the descriptor */
	uint8_t head[FEED_HEAD]; /* the first bytes, looked at and then read as usual */
	size_t head_size, head_at;
	char name[256]; /* for troubles */
};

/* Opens path ("-": standard input) and looks at its first bytes, which for a pipe means to
 * wait for them; `stop` (may be NULL) ends the wait with STATUS_INTERRUPTED. */
MUST_USE enum status feed_open(struct feed **out, const char *path, const atomic_bool *stop,
                               struct trouble *t);

/* Some bytes, at least one; or *got 0 with STATUS_OK after `wait_ms` without any. STATUS_END
 * at the end. */
MUST_USE enum status feed_read(struct feed *f, uint8_t *out, size_t room, int wait_ms, size_t *got,
                               struct trouble *t);

/* The same from `offset` of a regular file, whatever was read before; any thread. */
MUST_USE enum status feed_read_at(struct feed *f, uint64_t offset, uint8_t *out, size_t room,
                                  size_t *got, struct trouble *t);

void feed_close(struct feed *f);

/* The makers. The first three take the feed over, also when they fail. */
MUST_USE enum status source_plain(struct source *s, struct feed *f, struct trouble *t);
MUST_USE enum status source_gzip(struct source *s, struct feed *f, struct trouble *t);
MUST_USE enum status source_zstd(struct source *s, struct feed *f, struct trouble *t);
MUST_USE enum status source_live(struct source *s, const char *interface, const char *filter,
                                 struct trouble *t);

/* Room that a block must have so that a live source can put any packet into it. */
enum { SOURCE_LIVE_SNAPLEN = 65535, SOURCE_LIVE_ROOM = SOURCE_LIVE_SNAPLEN + 64 };

#endif
