/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The space that packets were sent to, in blocks of 256 addresses: from it the monitored
 * prefixes are inferred where the user names none (detect/infer).
 */
#ifndef MODEL_SPACE_H
#define MODEL_SPACE_H

#include "model/addr.h"

#include <stdint.h>

enum { SPACE_BLOCK_LENGTH = 120 }; /* of the 16-byte form: an IPv4 /24 */

struct space_block {
	struct addr base;  /* last byte zero */
	uint64_t hosts[4]; /* bit i % 64 of word i / 64: the address base + i was a destination
	                      of unsolicited packets */
	uint64_t packets;  /* to these addresses */
};

#endif
