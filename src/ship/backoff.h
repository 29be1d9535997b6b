/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long to wait before the next try: twice as long each time, up to a maximum, half of
 * it by chance, so that a thousand sensors do not come back to their hub in the same second. Pure,
 * embedded, one thread.
 */
#ifndef SHIP_BACKOFF_H
#define SHIP_BACKOFF_H

#include "base/prng.h"

struct backoff {
	uint32_t least_ms, most_ms;
	uint32_t next_ms; /* 0: nothing has failed */
	struct prng random;
};

static inline void backoff_reset(struct backoff *b)
{
	b->next_ms = 0;
}

/* One more failure: milliseconds to wait. */
static inline uint32_t backoff_fail(struct backoff *b)
{
	uint32_t wait = b->next_ms ? b->next_ms : b->least_ms;

	b->next_ms = wait > b->most_ms / 2 ? b->most_ms : 2 * wait;
	return wait / 2 + prng_below(&b->random, wait / 2 + 1);
}

#endif
