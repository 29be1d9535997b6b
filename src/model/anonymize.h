/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an address may become before it goes out (30-detection section 9).
 *
 * Each function has the form of the `map` hook that the writers take. A Crypto-PAn state
 * belongs to one thread at a time; a cut is a plain value.
 */
#ifndef MODEL_ANONYMIZE_H
#define MODEL_ANONYMIZE_H

#include "base/cryptopan.h"
#include "model/addr.h"

/* How many leading bits stay; the rest becomes zero. */
struct addr_cut {
	uint8_t v4_bits; /* 0 to 32 */
	uint8_t v6_bits; /* 0 to 128 */
};

/* state: a struct cryptopan. An IPv4 address stays one: only its 32 bits change. */
void anonymize_cryptopan(const void *state, const struct addr *in, struct addr *out);

/* state: a struct addr_cut. */
void anonymize_cut(const void *state, const struct addr *in, struct addr *out);

#endif
