/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the spool share; not for others. Callers hold the mutex. */
#ifndef SHIP_SPOOL_INNER_H
#define SHIP_SPOOL_INNER_H

#include "ship/spool.h"
#include "ship/spool_segment.h"
#include "ship/spool_state.h"

#include <limits.h>
#include <pthread.h>

struct spool {
	pthread_mutex_t mutex;
	char path[PATH_MAX];
	int dir, lock, state_fd;
	uint64_t bytes_max;
	struct spool_segment *segments; /* the oldest first */
	size_t count, room;
	uint64_t next_number;
	int write_fd;     /* the last segment, or -1 */
	int read_fd;      /* the first segment, or -1 */
	uint64_t read_at; /* the first frame that waits, if any, in the first segment */
	uint64_t disk_bytes;
	uint32_t done; /* frames before read_at */
	struct spool_state state;
	struct spool_window last_lost;
	struct spool_frame scratch;
};

/* trouble_set() with the spool's path and errno's text, where st comes from it. */
enum status spool_failed(const struct spool *s, enum status st, struct trouble *t,
                         const char *what);

void spool_close_fd(int *fd);

/* Is segment i the one that is written to? */
bool spool_is_active(const struct spool *s, size_t i);

/* The first segment is another one now, or another file. */
void spool_rewind(struct spool *s);

/* Open the first segment for reading, if it is not. */
MUST_USE enum status spool_open_head(struct spool *s);

MUST_USE enum status spool_add_segment(struct spool *s, const struct spool_segment *segment);

/* Forget segment i, whose file is gone or goes now. */
void spool_forget_segment(struct spool *s, size_t i);

/* Segments that are done with go; the active one only where its room is wanted. */
void spool_drop_done(struct spool *s, bool active_too);

/* STATUS_FULL: n bytes more do not fit, whatever is thinned. */
MUST_USE enum status spool_make_room(struct spool *s, uint64_t n);

#endif
