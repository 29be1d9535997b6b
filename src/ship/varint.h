/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The numbers of the batch format (ship/batch.h): 7 bits a byte, the lowest first, bit 7
 * set while more follow; signed ones are folded before. Pure, any thread.
 */
#ifndef SHIP_VARINT_H
#define SHIP_VARINT_H

#include "base/cursor.h"
#include "ship/batch.h"

enum { VARINT_BYTES_MAX = 10 };

/* Append value at `at`, which has room for VARINT_BYTES_MAX; returns the end. */
static inline uint8_t *varint_put(uint8_t *at, uint64_t value)
{
	while (value >= 0x80) {
		*at++ = (uint8_t)(value | 0x80);
		value >>= 7;
	}
	*at++ = (uint8_t)value;
	return at;
}

/* The next number; the cursor fails where it is cut or has more than 64 bits. Zero without
 * end from an empty cursor {0}: a column that is left out. */
static inline uint64_t varint_next(struct cursor *c)
{
	uint64_t value = 0;
	unsigned shift = 0;
	uint8_t byte;

	if (!c->end)
		return 0;
	do {
		byte = cursor_u8(c);
		if (shift == 63 && byte > 1)
			c->failed = true;
		value |= (uint64_t)(byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80 && !c->failed && shift < 70);
	if (byte & 0x80)
		c->failed = true;
	return value;
}

static inline uint64_t varint_next_signed(struct cursor *c)
{
	return batch_unfold(varint_next(c));
}

#endif
