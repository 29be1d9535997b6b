/* SPDX-License-Identifier: Apache-2.0 */
/* Many packets at once are judged as one at a time is. */
#include "aggregate/classify.h"
#include "aggregate/columns.h"
#include "base/prng.h"

#include "tap.h"

enum { ROUNDS = 3000 };

/* Values that rules ask for come often, and so do their neighbours. */
static uint32_t pick(struct prng *r, const uint32_t *values, unsigned n, uint32_t below)
{
	return prng_below(r, 3) ? values[prng_below(r, n)] : prng_below(r, below);
}

static struct packet any_syn(struct prng *r)
{
	static const uint32_t windows[] = {0,    1,    2,     3,     4,     5,     15,   16,  17,
	                                   31,   32,   62,    63,    64,    511,   512,  513, 1023,
	                                   1024, 1025, 14600, 14601, 29200, 65534, 65535};
	static const uint32_t ids[] = {0, 54320, 54321, 54322}, ttls[] = {0, 64, 200, 201, 255};
	static const uint32_t ports[] = {0, 0, 23, 445, 65535}, layouts[] = {0, 1, 2, 3};
	struct packet p = {
	        .src32 = prng_u32(r),
	        .dst32 = prng_u32(r),
	        .proto = PROTO_TCP,
	        .tcp_flags = TCP_SYN,
	        .seq = prng_u32(r),
	        .src_port = (uint16_t)pick(r, ports, 5, 65536),
	        .dst_port = (uint16_t)pick(r, ports, 5, 65536),
	        .ip_id = (uint16_t)pick(r, ids, 4, 65536),
	        .tcp_window = (uint16_t)pick(r, windows, 25, 65536),
	        .tcp_options = (uint8_t)layouts[prng_below(r, 4)],
	        .ttl = (uint8_t)pick(r, ttls, 5, 256),
	        .reserved_bits = prng_below(r, 4) == 0,
	};

	if (prng_below(r, 4) == 0)
		p.seq = p.dst32;
	if (prng_below(r, 4) == 0)
		p.seq &= prng_below(r, 2) ? 0xffff0000 : 0xffff;
	if (prng_below(r, 4) == 0)
		p.ip_id = (uint16_t)(p.dst32 ^ p.dst_port ^ p.seq);
	if (prng_below(r, 4) == 0)
		p.dst32 &= ~0x00800080u;
	if (prng_below(r, 8) == 0)
		p.src32 = p.dst32;
	return p;
}

static void put(struct columns *c, unsigned i, const struct packet *p, bool scan)
{
	c->src[i] = p->src32;
	c->dst[i] = p->dst32;
	c->seq[i] = p->seq;
	c->ports[i] = (uint32_t)p->src_port << 16 | p->dst_port;
	c->id_window[i] = (uint32_t)p->ip_id << 16 | p->tcp_window;
	c->more[i] = column_more(p->ttl, p->tcp_options, scan, p->reserved_bits);
}

static void test_same_as_one(void)
{
	struct columns c;
	struct prng r;
	unsigned marks_seen = 0, signs_seen = 0, wrong = 0;

	prng_init(&r, 5);
	memset(&c, 0, sizeof(c));
	for (int round = 0; round < ROUNDS; round++) {
		uint32_t expected[COLUMN_PLACES];
		unsigned n = 1 + prng_below(&r, COLUMN_PLACES);

		for (unsigned i = 0; i < n; i++) {
			struct packet p = any_syn(&r);
			enum packet_kind kind = prng_below(&r, 5) ? KIND_SCAN : KIND_BACKSCATTER;

			put(&c, i, &p, kind == KIND_SCAN);
			expected[i] = (uint32_t)classify_signs(&p) << 16 | classify_marks(&p, kind);
			if (prng_below(&r, 10) == 0) {
				columns_skip(&c, i);
				expected[i] = 0;
			}
			marks_seen |= expected[i] & 0xff;
			signs_seen |= expected[i] >> 16;
		}
		columns_judge(&c, n);
		for (unsigned i = 0; i < n; i++)
			wrong += c.judged[i] != expected[i];
	}
	CHECK_U64(wrong, 0);
	/* All that a SYN can have came up. */
	CHECK_U64(marks_seen, 0xff & ~MARK_BIT(PAYLOAD));
	CHECK_U64(signs_seen, SIGN_SELF | SIGN_PORT_ZERO | SIGN_RESERVED_BITS | SIGN_NOT_CONFICKER);
}

int main(void)
{
	test_same_as_one();
	return tap_done();
}
