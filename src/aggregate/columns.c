/* SPDX-License-Identifier: Apache-2.0 */
#include "aggregate/columns.h"

#include "model/kind.h"

/* An extension of gcc and clang. A comparison gives all ones where it holds. */
typedef uint32_t four __attribute__((vector_size(16), may_alias));

enum { FOUR = 4 };

static inline four load(const uint32_t *column, unsigned i)
{
	return *(const four *)(column + i);
}

static inline four all(uint32_t value)
{
	return (four){value, value, value, value};
}

static inline four is(four a, uint32_t value)
{
	return (four)(a == all(value));
}

/* The windows of nmap's OS probe, where the options are OPTIONS_OTHER. */
static inline four nmap_probes(four window)
{
	return is(window, 1) | is(window, 3) | is(window, 4) | is(window, 16) | is(window, 63) |
	       is(window, 512);
}

/* Rules and sources: classify_syn_marks(), line by line. */
static inline four marks_of(four dst, four seq, four ports, four id_window, four more)
{
	four window = id_window & 0xffff, id = id_window >> 16, low = all(0xffff);
	four layout = more >> COLUMN_LAYOUT_SHIFT & 0xff, ttl = more & 0xff;
	four masscan = (dst ^ ports ^ seq ^ id) & low;
	four halves = is(seq & low, 0) | is(seq >> 16, 0);
	four marks;

	marks = is(id_window, 54321u << 16 | 65535) & MARK_BIT(ZMAP);
	marks |= is(masscan, 0) & MARK_BIT(MASSCAN);
	marks |= (four)(seq == dst) & MARK_BIT(MIRAI);
	marks |= is(window, 65535) & is(layout, OPTIONS_WINDOWS) & MARK_BIT(ZMAP_LIKE);
	marks |= is(window, 14600) & halves & MARK_BIT(HAJIME);
	marks |= ((is(window, 1024) & is(layout, OPTIONS_MSS_1460)) |
	          (nmap_probes(window) & is(layout, OPTIONS_OTHER))) &
	         MARK_BIT(NMAP);
	marks |= (is(id, 54321) | (four)(ttl > 200) | is(layout, OPTIONS_NONE)) &
	         MARK_BIT(IRREGULAR);
	return marks;
}

/* classify_signs() for IPv4. */
static inline four signs_of(four src, four dst, four ports, four more)
{
	four reserved = (four)((more & COLUMN_RESERVED_BITS) != 0);
	four signs;

	signs = (is(ports & 0xffff, 0) | is(ports >> 16, 0)) & SIGN_PORT_ZERO;
	signs |= (four)(src == dst) & SIGN_SELF;
	signs |= (four)((dst & 0x00800080u) != 0) & SIGN_NOT_CONFICKER;
	return signs | (reserved & SIGN_RESERVED_BITS);
}

void columns_judge(struct columns *c, unsigned n)
{
	for (unsigned i = 0; i < n; i += FOUR) {
		four dst = load(c->dst, i), ports = load(c->ports, i), more = load(c->more, i);
		four marks = marks_of(dst, load(c->seq, i), ports, load(c->id_window, i), more);
		four signs = signs_of(load(c->src, i), dst, ports, more);

		marks &= (four)((more & COLUMN_WANTS_MARKS) != 0);
		signs &= (four)((more & COLUMN_WANTS_SIGNS) != 0);
		*(four *)(c->judged + i) = signs << 16 | marks;
	}
}
