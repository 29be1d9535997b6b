/* SPDX-License-Identifier: Apache-2.0 */
#include "parse/tcp_options.h"

#include "base/cursor.h"
#include "base/hash.h"

#include <endian.h>

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

static __attribute__((noinline)) struct tcp_signature read_any(const uint8_t *options, size_t n)
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
	return (struct tcp_signature){
	        .hash = finish(combine(hash, n)),
	        .layout = mss_1460 && !others ? OPTIONS_MSS_1460 : OPTIONS_OTHER,
	};
}

/*
 * The usual layouts, told apart without a branch for each, as a telescope sees them mixed so that
 * no processor can guess which comes next. A header ends with its options and has 20 bytes even
 * without any: its last 20 bytes are always there, and are held against the layout of this length.
 */
enum { WINDOW = 20 };

struct layout {
	uint8_t is_fixed[WINDOW]; /* 0xff: this byte is as in `fixed` */
	uint8_t fixed[WINDOW];
	uint8_t is_habit[WINDOW]; /* 0xff: a value that goes into the hash */
	uint8_t named[WINDOW];    /* the values that have the name ... */
	uint8_t name;             /* ... in enum tcp_options */
};

#define FF4 0xff, 0xff, 0xff, 0xff

static const struct layout layouts[] = {
        [0] = {.name = OPTIONS_NONE},
        /* Masscan and many others: MSS. */
        [1] = {.is_fixed = {[16] = 0xff, 0xff},
               .fixed = {[16] = OPTION_MSS, 4},
               .is_habit = {[18] = 0xff, 0xff},
               .named = {[18] = 1460 >> 8, 1460 & 0xff},
               .name = OPTIONS_MSS_1460},
        /* No layout of 8 bytes is usual; this one fits nothing. */
        [2] = {.fixed = {0xff}},
        /* Windows and ZMap 4.1: MSS, NOP, window scale, NOP, NOP, SACK permitted. */
        [3] = {.is_fixed = {[8] = 0xff, 0xff, 0, 0, 0xff, 0xff, 0xff, 0, FF4},
               .fixed = {[8] = OPTION_MSS,
                         4,
                         0,
                         0,
                         OPTION_NOP,
                         OPTION_WINDOW_SCALE,
                         3,
                         0,
                         OPTION_NOP,
                         OPTION_NOP,
                         OPTION_SACK_PERMITTED,
                         2},
               .is_habit = {[10] = 0xff, 0xff, 0, 0, 0, 0xff},
               .named = {[10] = 1460 >> 8, 1460 & 0xff, 0, 0, 0, 8},
               .name = OPTIONS_WINDOWS},
        [4] = {.fixed = {0xff}},
        /* Linux: MSS, SACK permitted, timestamp, NOP, window scale. */
        [5] = {.is_fixed = {0xff, 0xff, 0, 0, FF4, [16] = 0xff, 0xff, 0xff},
               .fixed = {OPTION_MSS, 4, 0, 0, OPTION_SACK_PERMITTED, 2, OPTION_TIMESTAMP,
                         10, [16] = OPTION_NOP, OPTION_WINDOW_SCALE, 3},
               .is_habit = {[2] = 0xff, 0xff, [19] = 0xff},
               .name = OPTIONS_OTHER},
};

struct window {
	uint64_t a, b;
	uint32_t c;
};

/* One load a word, which compilers do not make of bytes_le64() here. */
static inline struct window window_of(const uint8_t bytes[WINDOW])
{
	struct window w;

	memcpy(&w.a, bytes, 8);
	memcpy(&w.b, bytes + 8, 8);
	memcpy(&w.c, bytes + 16, 4);
	return (struct window){.a = le64toh(w.a), .b = le64toh(w.b), .c = le32toh(w.c)};
}

/* `end` is where the options end and the header does. */
static inline bool read_usual(struct tcp_signature *s, const uint8_t *end, size_t n)
{
	const struct layout *l = &layouts[n / 4];
	struct window w = window_of(end - WINDOW), mask = window_of(l->is_fixed);
	struct window want = window_of(l->fixed), named = window_of(l->named);
	uint64_t habits;
	unsigned is_named;

	if (((w.a & mask.a) ^ want.a) | ((w.b & mask.b) ^ want.b) | ((w.c & mask.c) ^ want.c))
		return false;
	mask = window_of(l->is_habit);
	w = (struct window){w.a & mask.a, w.b & mask.b, w.c & mask.c};
	/* In no layout do two of these overlap, nor with the length. */
	habits = w.a ^ w.b ^ (uint64_t)w.c << 32 ^ n << 8;
	s->hash = finish(combine(habits, 0)) & -(uint32_t)(n > 0);
	is_named = ((w.a ^ named.a) | (w.b ^ named.b) | (w.c ^ named.c)) == 0;
	s->layout = (uint8_t)(OPTIONS_OTHER - is_named * (OPTIONS_OTHER - l->name));
	return true;
}

struct tcp_signature tcp_signature_of(const uint8_t *options, size_t n)
{
	struct tcp_signature s;

	return n <= WINDOW && read_usual(&s, options + n, n) ? s : read_any(options, n);
}
