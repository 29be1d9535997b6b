/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses: the telescope as numbered targets, and source addresses for senders.
 *
 * IPv4 telescope addresses are numbered 0..size-1 over all prefixes. IPv6 telescopes are
 * too large for that: a target there is a 32-bit number, 16 bits of subnet and 16 of host,
 * within one of the prefixes. A space owns its arrays. One thread.
 */
#ifndef SYNTH_TARGETS_H
#define SYNTH_TARGETS_H

#include "base/prng.h"
#include "model/addr.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	TARGETS_V4_MAX = 1 << 26, /* most IPv4 telescope addresses */
	TARGETS_PREFIXES_MAX = 256,
};

struct targets {
	struct prefix_set all; /* sealed */
	struct prefix v4[TARGETS_PREFIXES_MAX], v6[TARGETS_PREFIXES_MAX];
	uint32_t v4_first[TARGETS_PREFIXES_MAX]; /* number of the prefix's first address */
	uint32_t v4_count, v6_count;
	uint32_t v4_size; /* IPv4 addresses in all */
};

/* Number the telescope's addresses. STATUS_LIMIT past the bounds, STATUS_FORMAT if empty. */
MUST_USE enum status targets_init(struct targets *s, const struct prefix_set *telescope);
void targets_clear(struct targets *s);

/* The IPv4 address with a number below v4_size, in host order. */
uint32_t targets_v4(const struct targets *s, uint32_t number);

/* The IPv6 address of a target number in prefix `which` (taken modulo v6_count >= 1). */
struct addr targets_v6(const struct targets *s, uint32_t which, uint32_t number);

/* A random target number there: a low host in one of the first subnets, as scanners of
 * IPv6 guess (RFC 7707 section 4.1.1.1). */
uint32_t targets_v6_guess(const struct targets *s, uint32_t which, struct prng *random);

/* True where the IPv4 address can be a source on the Internet (RFC 6890) and is not of the
 * telescope. */
bool targets_is_public(const struct targets *s, uint32_t address);

/* A public IPv4 address: uniform, or crowded in few thousand networks as real ones are. */
uint32_t targets_draw_uniform(const struct targets *s, struct prng *random);
uint32_t targets_draw_crowded(const struct targets *s, struct prng *random);

/* An IPv6 source in global unicast space (2000::/3), with a random interface identifier. */
struct addr targets_v6_source(struct prng *random);

/* A random address inside a prefix. */
struct addr prefix_draw(const struct prefix *p, struct prng *random);

/* The i-th of n numbers in a random order that the key gives: one to one on 0..n-1. */
uint32_t permute_below(uint32_t i, uint32_t n, uint32_t key);

#endif
