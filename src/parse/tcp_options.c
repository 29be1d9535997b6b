/* SPDX-License-Identifier: Apache-2.0 */
#include "parse/tcp_options.h"

#include "base/cursor.h"
#include "base/hash.h"

enum {
	OPTION_END = 0,
	OPTION_NOP = 1,
	OPTION_MSS = 2,
	OPTION_WINDOW_SCALE = 3,
	OPTION_SACK_PERMITTED = 4,
	OPTION_TIMESTAMP = 8,
};

static uint64_t combine(uint64_t hash, uint64_t value)
{
	return hash_mix(hash ^ value, 0x9fb21c651e98df25u);
}

static uint32_t finish(uint64_t hash)
{
	uint32_t folded = (uint32_t)(hash ^ hash >> 32);

	return folded ? folded : 1;
}

/* One option as a number: kind, length and, where it is the sender's habit, value. */
static uint64_t option_word(struct cursor *c)
{
	uint8_t kind = cursor_u8(c), length;
	const uint8_t *value;

	if (kind == OPTION_NOP)
		return kind;
	length = cursor_u8(c);
	value = length >= 2 ? cursor_take(c, length - 2u) : NULL;
	if (!value) {
		c->failed = true;
		return UINT64_MAX;
	}
	if (kind == OPTION_MSS && length == 4)
		return (uint64_t)bytes_be16(value) << 16 | (uint64_t)length << 8 | kind;
	if (kind == OPTION_WINDOW_SCALE && length == 3)
		return (uint64_t)value[0] << 16 | (uint64_t)length << 8 | kind;
	return (uint64_t)length << 8 | kind;
}

static void read_any(struct packet *p, const uint8_t *options, size_t n)
{
	struct cursor c = cursor_over(options, n);
	uint64_t hash = 0;
	bool mss_1460 = false, others = false;

	while (!c.failed && cursor_left(&c) > 0 && *c.at != OPTION_END) {
		uint64_t word = option_word(&c);

		hash = combine(hash, word);
		if (word == (UINT64_C(1460) << 16 | 4 << 8 | OPTION_MSS) && !mss_1460)
			mss_1460 = true;
		else if (word != OPTION_NOP)
			others = true;
	}
	p->options_hash = finish(combine(hash, n));
	p->tcp_options = mss_1460 && !others ? OPTIONS_MSS_1460 : OPTIONS_OTHER;
}

/* Where a usual layout fits it has its own hash, so that it needs no loop. */
static uint32_t layout_hash(uint32_t layout, uint32_t mss, uint32_t scale)
{
	return finish(combine((uint64_t)layout << 32 | mss << 8 | scale, 0));
}

/* Masscan and many others: MSS alone. */
static bool read_mss(struct packet *p, const uint8_t *o)
{
	uint32_t mss = bytes_be16(o + 2);

	if (bytes_be16(o) != (OPTION_MSS << 8 | 4))
		return false;
	p->options_hash = layout_hash(4, mss, 0);
	p->tcp_options = mss == 1460 ? OPTIONS_MSS_1460 : OPTIONS_OTHER;
	return true;
}

/* Windows and ZMap 4.1: MSS, NOP, window scale, NOP, NOP, SACK permitted. */
static bool read_windows(struct packet *p, const uint8_t *o)
{
	if (bytes_be16(o) != (OPTION_MSS << 8 | 4) || bytes_be32(o + 4) != 0x01030300u + o[7] ||
	    bytes_be32(o + 8) != 0x01010402)
		return false;
	p->options_hash = layout_hash(12, bytes_be16(o + 2), o[7]);
	p->tcp_options = bytes_be16(o + 2) == 1460 && o[7] == 8 ? OPTIONS_WINDOWS : OPTIONS_OTHER;
	return true;
}

/* Linux: MSS, SACK permitted, timestamp, NOP, window scale. */
static bool read_linux(struct packet *p, const uint8_t *o)
{
	if (bytes_be16(o) != (OPTION_MSS << 8 | 4) || bytes_be32(o + 4) != 0x0402080a ||
	    bytes_be32(o + 16) != 0x01030300u + o[19])
		return false;
	p->options_hash = layout_hash(20, bytes_be16(o + 2), o[19]);
	p->tcp_options = OPTIONS_OTHER;
	return true;
}

static bool read_usual(struct packet *p, const uint8_t *options, size_t n)
{
	switch (n) {
	case 4:
		return read_mss(p, options);
	case 12:
		return read_windows(p, options);
	case 20:
		return read_linux(p, options);
	default:
		return false;
	}
}

void tcp_options_read(struct packet *p, const uint8_t *options, size_t n)
{
	p->tcp_options = OPTIONS_NONE;
	p->options_hash = 0;
	if (n > 0 && !read_usual(p, options, n))
		read_any(p, options, n);
}
