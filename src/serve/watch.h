/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connections and the time by which each must have done its part.
 *
 * libmicrohttpd ends a connection that is silent; one that sends a byte now and then it keeps.
 * Here each connection has a deadline for what it does now - a handshake and a whole header, a
 * body, taking the answer - and a thread that shuts down the socket of whoever is past it. A shut
 * socket stays open until its owner closes it, so that its number is not given to another
 * meanwhile. Any thread.
 */
#ifndef SERVE_WATCH_H
#define SERVE_WATCH_H

#include "base/metrics.h"
#include "base/status.h"

#include <stdint.h>

struct watch;

/* One connection; part of the caller's struct. */
struct watched {
	struct watched *next, *before;
	uint64_t deadline_ms; /* on the monotonic clock; 0: none */
	int fd;
};

/* metrics may be NULL. */
MUST_USE enum status watch_open(struct watch **out, struct metrics *metrics, struct trouble *t);

void watch_add(struct watch *w, struct watched *c, int fd);

/* The connection has so long from now; 0: as long as it likes. */
void watch_set(struct watch *w, struct watched *c, uint64_t within_ms);

/* Must be called before the descriptor is closed. */
void watch_remove(struct watch *w, struct watched *c);

/* Milliseconds on the monotonic clock. */
uint64_t watch_now_ms(void);

/* Ends the thread. NULL is allowed. */
void watch_close(struct watch *w);

#endif
