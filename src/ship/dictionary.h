/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values numbered in the order in which they first come: the dictionary of a batch column.
 *
 * Holds at most DICTIONARY_MAX values between two dictionary_reset(), by assert. The table
 * is as small as its values allow, so that it stays in the cache. The key keeps senders
 * from choosing values that collide; numbers do not depend on it. One thread; owns its
 * memory.
 */
#ifndef SHIP_DICTIONARY_H
#define SHIP_DICTIONARY_H

#include "base/status.h"

#include <stdint.h>

enum { DICTIONARY_MAX = 65536 };

struct dictionary {
	uint32_t *slots;  /* number + 1, 0 for empty */
	uint64_t *values; /* by number */
	uint32_t mask;    /* slots in use, less 1 */
	uint32_t count;
	uint64_t key;
	uint64_t last; /* the value asked for before, and its number */
	uint32_t last_number;
};

MUST_USE enum status dictionary_init(struct dictionary *d, uint64_t key);
void dictionary_clear(struct dictionary *d);

/* Forget all values. */
void dictionary_reset(struct dictionary *d);

uint32_t dictionary_find(struct dictionary *d, uint64_t value);

/* The value's number; a new one where it has none. */
static inline uint32_t dictionary_number(struct dictionary *d, uint64_t value)
{
	return d->count && value == d->last ? d->last_number : dictionary_find(d, value);
}

#endif
