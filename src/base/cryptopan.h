/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prefix-preserving anonymisation of addresses: Crypto-PAn (Xu, Fan, Ammar and Moon,
 * "Prefix-preserving IP address anonymization", ICNP 2002).
 *
 * Two addresses that share n leading bits still share exactly n afterwards, and the
 * mapping is one to one; who has the key can undo it. Bit i of an address is flipped by
 * the first bit of AES-128 over the address's first i bits followed by the pad's rest.
 * IPv4 takes 32 blocks an address and IPv6 128, handed to the cipher at once.
 * The object owns the key schedule and wipes it; it belongs to one thread at a time.
 */
#ifndef BASE_CRYPTOPAN_H
#define BASE_CRYPTOPAN_H

#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

enum { CRYPTOPAN_KEY_BYTES = 32 };

struct cryptopan;

/* The first 16 bytes are the AES key; the last 16, encrypted with it, the pad. */
MUST_USE enum status cryptopan_new(struct cryptopan **out, const uint8_t key[CRYPTOPAN_KEY_BYTES],
                                   struct trouble *t);

/* Take the key from a file: 32 raw bytes, or 64 hexadecimal digits with or without a newline.
 * STATUS_FORMAT for anything else. *exposed: group or others may read the file, of which the
 * caller should warn. */
MUST_USE enum status cryptopan_open(struct cryptopan **out, const char *path, bool *exposed,
                                    struct trouble *t);

/* in and out may be the same. */
void cryptopan_v4(struct cryptopan *c, const uint8_t in[4], uint8_t out[4]);
void cryptopan_v6(struct cryptopan *c, const uint8_t in[16], uint8_t out[16]);

void cryptopan_free(struct cryptopan *c);

#endif
