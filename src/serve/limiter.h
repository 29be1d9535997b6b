/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How often an address may present a wrong credential: LIMITER_BURST at once, then one in
 * LIMITER_REFILL_S seconds. IPv6 counts by /64, which is what one customer has.
 *
 * Only failures count: secrets have 256 random bits, so that guessing is hopeless and the limit
 * is there for the log's and the handshakes' sake, and who shares an address with an attacker (or
 * stands behind the same front) still gets in. The table is fixed: a new address takes the place
 * of another with the same hash, which is then forgiven. Any thread.
 */
#ifndef SERVE_LIMITER_H
#define SERVE_LIMITER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct sockaddr;

enum { LIMITER_SLOTS = 4096, LIMITER_BURST = 20, LIMITER_REFILL_S = 3 };

struct limiter {
	pthread_mutex_t lock;
	uint64_t key; /* random: who meets whom in a slot is not the attacker's choice */
	struct {
		uint64_t address;
		uint64_t full_s; /* when all of the burst is there again */
	} slot[LIMITER_SLOTS];
};

void limiter_init(struct limiter *l, uint64_t key);
void limiter_clear(struct limiter *l);

/* A failure from this address at now_s (any clock that does not go back). False: too many. */
bool limiter_fail(struct limiter *l, const struct sockaddr *from, uint64_t now_s);

#endif
