/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TCP options as a fingerprint. Pure, any thread.
 */
#ifndef PARSE_TCP_OPTIONS_H
#define PARSE_TCP_OPTIONS_H

#include "model/packet.h"

#include <stddef.h>

struct tcp_signature {
	uint32_t hash;  /* 0: no options */
	uint8_t layout; /* enum tcp_options */
};

/* The signature of the n option bytes, 0 to 40 in steps of 4, which
 * lie behind the 20 bytes of a TCP header. The hash covers kinds, lengths, the MSS value and the
 * window scale, in order; what changes between packets of one sender (timestamps, SACK edges,
 * cookies) is left out. A length that lies ends the list and goes into the hash, but the
 * packet's header still holds. */
struct tcp_signature tcp_signature_of(const uint8_t *options, size_t n);

#endif
