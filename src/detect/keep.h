/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes of a checkpoint: what detectors know, so that a restart goes on where it was.
 *
 * Little-endian numbers one after the other; the reader is base/cursor.h with keep_get_*().
 * A writer that runs out of memory fails once for all: ask keep_failed at the end. The owner
 * frees with keep_clear(). One thread.
 */
#ifndef DETECT_KEEP_H
#define DETECT_KEEP_H

#include "base/cursor.h"
#include "base/status.h"
#include "model/addr.h"
#include "model/event.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct keep {
	uint8_t *bytes;
	size_t size, room;
	bool failed;
};

void keep_clear(struct keep *k);
void keep_bytes(struct keep *k, const void *bytes, size_t n);
void keep_u64(struct keep *k, uint64_t value);
void keep_double(struct keep *k, double value);
void keep_event(struct keep *k, const struct event *e); /* without its members */
void keep_addr(struct keep *k, const struct addr *a);

double keep_get_double(struct cursor *in);
/* A count of things of at least `each` bytes: fails, and is 0, where fewer are left. */
size_t keep_get_count(struct cursor *in, size_t each);
void keep_get_addr(struct cursor *in, struct addr *a);
/* Sets in->failed where the event cannot be one. */
void keep_get_event(struct cursor *in, struct event *e);

#endif
