/* SPDX-License-Identifier: Apache-2.0 */
/* Backscatter by victim, against a slow count of the same packets that keeps them all. */
#include "aggregate/vectors.h"
#include "base/hash.h"

#include "tap.h"

#include "made.h"

enum { TRAIN = 400 };

static void add(struct vectors *v, const struct packet *p, uint32_t target)
{
	struct answer a = answer_of(p, hash_permute32(target, 1));

	if (vectors_add(v, &a))
		abort();
}

/* The definition: most packets in [s0 + 10 k, s0 + 10 k + 60) over all k, s0 the first second. */
static uint64_t slow_highest(const uint64_t *times, uint32_t n)
{
	uint64_t first = times[0] / MADE_SECOND, most = 0;
	uint64_t last = times[n - 1] / MADE_SECOND;

	for (int64_t start = -50; start <= (int64_t)(last - first); start += 10) {
		uint64_t count = 0;

		for (uint32_t i = 0; i < n; i++) {
			int64_t at = (int64_t)(times[i] / MADE_SECOND - first);

			count += at >= start && at < start + 60;
		}
		most = count > most ? count : most;
	}
	return most;
}

/* Packets at random distances: bursts, pauses, idle intervals. Aligned intervals of 300 s. */
static uint32_t random_train(struct prng *r, uint64_t *times)
{
	uint64_t t = UINT64_C(1700000000) * MADE_SECOND + prng_u32(r);
	uint32_t n = 10 + prng_below(r, TRAIN - 10), mean = 1 + prng_below(r, 20000);

	for (uint32_t i = 0; i < n; i++) {
		times[i] = t;
		t += (uint64_t)prng_below(r, 2 * mean) * 1000000;
		if (prng_below(r, 60) == 0)
			t += prng_below(r, 900) * MADE_SECOND;
	}
	return n;
}

static bool is_vector(const struct vector *v, const uint64_t *times, uint32_t n)
{
	uint64_t minute = 0;

	for (uint32_t i = 0; i < n; i++)
		minute += times[i] < times[0] + 60 * MADE_SECOND;
	return v->packets == n && v->start_ns == times[0] && v->last_ns == times[n - 1] &&
	       v->highest_minute == slow_highest(times, n) && v->first_minute_packets == minute;
}

/* The train cut where a whole aligned interval went by without a packet. */
static bool same_as_slow(struct prng *r)
{
	uint64_t times[TRAIN];
	uint32_t n = random_train(r, times), from = 0;
	size_t at = 0;
	struct vectors v;
	bool ok = true;

	if (vectors_init(&v, 1u << 20))
		abort();
	for (uint32_t i = 0; i < n; i++) {
		struct packet p = made_answer(0x01020304, i, 80, times[i]);

		add(&v, &p, i);
	}
	if (vectors_close(&v, times[n - 1], true))
		abort();
	for (uint32_t i = 1; i <= n; i++) {
		if (i < n &&
		    times[i] / (300 * MADE_SECOND) <= times[i - 1] / (300 * MADE_SECOND) + 1)
			continue;
		if (i - from >= VECTOR_PACKETS_MIN) {
			ok &= at < v.closed_count && v.closed[at].closed == (i < n) &&
			      is_vector(&v.closed[at], times + from, i - from);
			at++;
		}
		from = i;
	}
	ok &= at == v.closed_count && slab_live(&v.entries) == 0;
	vectors_clear(&v);
	return ok;
}

static void test_slow(void)
{
	struct prng r;
	int wrong = 0;

	prng_init(&r, 11);
	for (int i = 0; i < 500; i++)
		wrong += !same_as_slow(&r);
	CHECK_U64(wrong, 0);
}

/* Many victims at once give each its own: the table grows, closes and grows again. */
static void test_many(void)
{
	struct vectors v;
	uint64_t packets = 0;
	bool each = true;

	CHECK(vectors_init(&v, 1u << 24) == STATUS_OK);
	for (uint32_t round = 0; round < 3; round++) {
		for (uint32_t i = 0; i < 30 * 1000; i++) {
			struct packet p = made_answer(
			        i % 1000, i, 80, (100000 + round * 1200 + i / 1000) * MADE_SECOND);

			p.proto = i % 1000 % 2 ? PROTO_UDP : PROTO_TCP;
			add(&v, &p, i);
		}
	}
	CHECK(vectors_close(&v, 103000 * MADE_SECOND, true) == STATUS_OK);
	CHECK_U64(v.closed_count, 3000);
	for (size_t i = 0; i < v.closed_count; i++) {
		each &= v.closed[i].packets == 30 && v.closed[i].highest_minute == 30;
		packets += v.closed[i].packets;
	}
	CHECK(each);
	CHECK_U64(packets, 90000);
	CHECK_U64(v.folded, 0);
	vectors_clear(&v);
}

static struct packet quoted(uint32_t router, uint32_t victim, uint8_t proto, uint16_t port)
{
	struct packet p = made_syn(router, 77, 0, 0);

	p.proto = PROTO_ICMP;
	p.icmp_type = 3;
	p.quoted = true;
	p.quoted_dst = addr_v4(victim);
	p.quoted_src = addr_v4(77);
	p.quoted_proto = proto;
	p.quoted_dst_port = port;
	return p;
}

/* Routers that speak of one victim are one vector, with the quoted protocol and port. */
static void test_quoted(void)
{
	struct addr victim = addr_v4(0x0a0b0c0d);
	struct vectors v;

	CHECK(vectors_init(&v, 1u << 20) == STATUS_OK);
	for (uint32_t i = 0; i < 30; i++) {
		struct packet p = quoted(0x08000000 + i, 0x0a0b0c0d, PROTO_UDP, 53);

		add(&v, &p, i);
	}
	for (uint32_t i = 0; i < 12; i++) { /* an echo reply is the source's own */
		struct packet p = made_syn(0x0a0b0c0d, i, 0, 0);

		p.proto = PROTO_ICMP;
		add(&v, &p, i);
	}
	CHECK(vectors_close(&v, UINT64_C(1700000000) * MADE_SECOND, true) == STATUS_OK);
	CHECK_U64(v.closed_count, 2);
	for (size_t i = 0; i < v.closed_count && v.closed_count == 2; i++) {
		const struct vector *c = &v.closed[i];
		bool udp = c->proto == PROTO_UDP;

		CHECK(addr_compare(&c->victim, &victim) == 0);
		CHECK(udp || c->proto == PROTO_ICMP);
		CHECK_U64(c->port, udp ? 53 : 0);
		CHECK_U64(c->packets, udp ? 30 : 12);
		CHECK(!c->closed);
	}
	vectors_clear(&v);
}

/* The commonest port wins; the rest of the votes only delay it. */
static void test_port(void)
{
	struct vectors v;

	CHECK(vectors_init(&v, 1u << 20) == STATUS_OK);
	for (uint32_t i = 0; i < 30; i++) {
		struct packet p = made_answer(5, i, i % 3 == 0 ? 80 : 443, MADE_SECOND);

		add(&v, &p, i);
	}
	CHECK(vectors_close(&v, MADE_SECOND, true) == STATUS_OK);
	CHECK_U64(v.closed[0].port, 443);
	vectors_clear(&v);
}

/* Provisional at the tenth packet of a window, once four destinations answered to. */
static void test_provisional(void)
{
	static const struct {
		uint32_t spacing_s, targets, at;
	} rows[] = {
	        {1, 100, 9},  /* the tenth packet */
	        {1, 3, 0},    /* three destinations: never */
	        {20, 100, 0}, /* three packets a minute: never */
	        {6, 4, 9},    /* ten in 54 s */
	        {7, 4, 0},    /* eight to nine in a window: never */
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const uint64_t start = 9000 * MADE_SECOND;
		struct vectors v;

		CHECK(vectors_init(&v, 1u << 20) == STATUS_OK);
		for (uint32_t k = 0; k < 40; k++) {
			struct packet p = made_answer(
			        5, k, 80, start + (uint64_t)k * rows[i].spacing_s * MADE_SECOND);

			add(&v, &p, k % rows[i].targets);
		}
		CHECK(vectors_close(&v, start, true) == STATUS_OK);
		CHECK_U64(v.closed[0].provisional_ns,
		          rows[i].at
		                  ? start + rows[i].at * (uint64_t)rows[i].spacing_s * MADE_SECOND
		                  : 0);
		CHECK_NEAR(v.closed[0].destinations, rows[i].targets < 40 ? rows[i].targets : 40,
		           5);
		vectors_clear(&v);
	}
}

/* Past the budget: new victims are counted, those that are followed go on. */
static void test_budget(void)
{
	enum { BUDGET = 1 << 18, VICTIMS = 20000 };
	struct vectors v;
	uint64_t first = 0, all = 0;
	bool within = true;

	CHECK(vectors_init(&v, BUDGET) == STATUS_OK);
	for (uint32_t i = 0; i < VICTIMS * 12; i++) {
		uint32_t victim = i % 20 ? i % VICTIMS : 0;
		struct packet p = made_answer(victim, i, 80, 9000 * MADE_SECOND);

		add(&v, &p, i);
		first += victim == 0;
		within &= vectors_bytes(&v) <= BUDGET + BUDGET / 4;
	}
	CHECK(within);
	CHECK(v.folded > 0);
	CHECK(vectors_close(&v, 9000 * MADE_SECOND, true) == STATUS_OK);
	for (size_t i = 0; i < v.closed_count; i++) {
		struct addr zero = addr_v4(0);

		all += v.closed[i].packets;
		if (addr_compare(&v.closed[i].victim, &zero) == 0)
			CHECK_U64(v.closed[i].packets, first);
	}
	CHECK_U64(all + v.folded, VICTIMS * 12);
	vectors_clear(&v);
}

/* A capture that goes back an hour: what it holds is a vector of its own, counted by its own
 * minutes, as if it had been read first. */
static void test_backward(void)
{
	struct vectors v;

	CHECK(vectors_init(&v, 1u << 20) == STATUS_OK);
	for (uint32_t hour = 2; hour-- > 0;) {
		for (uint32_t i = 0; i < 120; i++) {
			struct packet p =
			        made_answer(5, i, 80, (36000 + hour * 3600 + i * 5) * MADE_SECOND);

			add(&v, &p, i);
		}
	}
	CHECK(vectors_close(&v, 43000 * MADE_SECOND, true) == STATUS_OK);
	CHECK_U64(v.closed_count, 2);
	for (size_t i = 0; i < v.closed_count; i++) {
		CHECK_U64(v.closed[i].packets, 120);
		CHECK_U64(v.closed[i].highest_minute, 12);
		CHECK_U64(v.closed[i].start_ns, (i ? 36000 : 39600) * MADE_SECOND);
		CHECK(v.closed[i].closed);
	}
	vectors_clear(&v);
}

int main(void)
{
	test_slow();
	test_many();
	test_quoted();
	test_port();
	test_provisional();
	test_budget();
	test_backward();
	return tap_done();
}
