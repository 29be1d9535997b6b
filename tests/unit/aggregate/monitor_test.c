/* SPDX-License-Identifier: Apache-2.0 */
/* The fast answer is the slow one's, for any set; the bitmap of destinations is what was asked. */
#include "aggregate/monitor.h"
#include "aggregate/space.h"

#include "tap.h"

#include "made.h"

static struct monitor monitor;

static void add(struct prefix_set *set, const struct addr *a, unsigned length)
{
	if (prefix_set_add(set, prefix_of(a, length)))
		abort();
}

static struct addr random_addr(struct prng *r)
{
	struct addr a = {{0}};

	if (prng_below(r, 3))
		return addr_v4(prng_u32(r) & 0x03ffffff); /* a few /16s, so that prefixes hit */
	a.b[0] = 0x20;
	a.b[7] = (uint8_t)prng_below(r, 4);
	a.b[15] = (uint8_t)prng_below(r, 256);
	return a;
}

static bool agree(const struct prefix_set *set, const struct addr *a)
{
	struct packet p = {.v6 = !addr_is_v4(a), .src = *a, .dst = *a};
	bool want = prefix_set_contains(set, a);

	p.src32 = p.dst32 = p.v6 ? 0 : addr_low32(a);
	return monitor_has_src(&monitor, &p) == want && monitor_has_dst(&monitor, &p) == want;
}

/* A random set of prefixes; asked about random addresses and those at the prefixes' edges. */
static bool same_for_random_set(struct prng *r)
{
	struct prefix_set set = {0};
	uint32_t n = prng_below(r, 12);
	bool ok = true;

	for (uint32_t i = 0; i < n; i++) {
		struct addr a = random_addr(r);

		add(&set, &a, addr_is_v4(&a) ? 102 + prng_below(r, 27) : 30 + prng_below(r, 99));
	}
	prefix_set_seal(&set);
	monitor_init(&monitor, &set);
	for (int i = 0; i < 400; i++) {
		struct addr a = random_addr(r);

		ok &= agree(&set, &a);
	}
	for (size_t i = 0; i < set.count; i++) {
		uint32_t base = addr_low32(&set.items[i].base), size;

		if (!addr_is_v4(&set.items[i].base))
			continue;
		size = 1u << (128 - set.items[i].length);
		for (uint32_t k = 0; k < 4; k++) {
			struct addr a = addr_v4((k & 1 ? base : base + size) - (k & 2 ? 1 : 0));

			ok &= agree(&set, &a);
		}
	}
	prefix_set_clear(&set);
	return ok;
}

static void test_monitor(void)
{
	struct prng r;
	bool all = true;

	prng_init(&r, 9);
	for (int i = 0; i < 300; i++)
		all &= same_for_random_set(&r);
	CHECK(all);
}

/* Prefixes that are wider than IPv4's ::ffff:0:0/96, and all of IPv4. */
static void test_wide(void)
{
	static const struct {
		const char *prefix;
		bool v4, v6;
	} rows[] = {{"::/0", true, true},       {"0.0.0.0/0", true, false},
	            {"2000::/3", false, true},  {"::/80", true, false},
	            {"0.0.0.0/1", true, false}, {"128.0.0.0/1", false, false}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct prefix_set set = {0};
		struct addr v4 = addr_v4(0x01020304), v6 = made_v6(5);
		struct prefix p;

		CHECK(prefix_parse(rows[i].prefix, &p) == STATUS_OK);
		CHECK(prefix_set_add(&set, p) == STATUS_OK);
		prefix_set_seal(&set);
		monitor_init(&monitor, &set);
		CHECK(monitor_has_v4(&monitor, 0x01020304) == rows[i].v4);
		CHECK(agree(&set, &v4) && agree(&set, &v6));
		CHECK(prefix_set_contains(&set, &v6) == rows[i].v6);
		prefix_set_clear(&set);
	}
}

static bool bit(const struct space_block *b, unsigned host)
{
	return b->hosts[host / 64] >> (host % 64) & 1;
}

enum { ASKED = 20000 };

static void test_space(void)
{
	static bool hosts[256][256];
	static uint64_t packets[256];
	struct space a, b;
	struct prng r;
	bool ok = true;

	prng_init(&r, 10);
	CHECK(space_init(&a, SPACE_BLOCKS_MAX) == STATUS_OK);
	CHECK(space_init(&b, SPACE_BLOCKS_MAX) == STATUS_OK);
	for (int i = 0; i < ASKED; i++) {
		uint32_t block = prng_below(&r, 256), host = prng_below(&r, 256);
		struct addr to = addr_v4(0x2d000000u + block * 256 * 77 + host);

		if (space_add(i % 2 ? &a : &b, &to))
			abort();
		hosts[block][host] = true;
		packets[block]++;
	}
	CHECK(space_merge(&a, &b) == STATUS_OK);
	CHECK_U64(a.count, 256);
	for (uint32_t i = 0; i < a.count; i++) {
		const struct space_block *block = &a.blocks[i];
		uint32_t number = (addr_low32(&block->base) - 0x2d000000u) / 256 / 77;

		ok &= number < 256 && block->packets == packets[number % 256];
		for (unsigned k = 0; k < 256; k++)
			ok &= bit(block, k) == hosts[number % 256][k];
	}
	CHECK(ok);
	CHECK_U64(a.folded, 0);
	space_clear(&a);
	space_clear(&b);
}

/* IPv4 by number and by address is the same, through doublings; so is what is asked for ahead. */
static void test_space_v4(void)
{
	enum { BLOCKS = 5000 };
	struct space a, b;
	bool ok = true;

	CHECK(space_init(&a, SPACE_BLOCKS_MAX) == STATUS_OK);
	CHECK(space_init(&b, SPACE_BLOCKS_MAX) == STATUS_OK);
	for (uint32_t i = 0; i < 3 * BLOCKS; i++) {
		uint32_t destination = i % BLOCKS * 0x000d0100u + i % 251;
		struct addr to = addr_v4(destination);

		space_prefetch(&a, destination);
		space_prefetch_block(&a, destination);
		ok &= !space_add_v4(&a, destination) && !space_add(&b, &to);
	}
	CHECK_U64(a.count, BLOCKS);
	CHECK_U64(b.count, BLOCKS);
	for (uint32_t i = 0; i < BLOCKS && a.count == b.count; i++)
		ok &= memcmp(&a.blocks[i], &b.blocks[i], sizeof(a.blocks[i])) == 0 &&
		      a.blocks[i].packets == 3 && a.blocks[i].base.b[15] == 0;
	CHECK(ok);
	space_clear(&a);
	space_clear(&b);
}

/* A space that is full counts what it cannot note, and merging keeps that count. */
static void test_space_full(void)
{
	enum { ROOM = 1000, MORE = 500 };
	struct space a, b;
	uint64_t noted = 0;

	CHECK(space_init(&a, ROOM) == STATUS_OK);
	CHECK(space_init(&b, ROOM) == STATUS_OK);
	for (uint32_t i = 0; i < ROOM + MORE; i++) {
		struct addr to = addr_v4(i << 8), other = made_v6(i << 8);

		if (space_add(&a, &to) || space_add(&b, &other))
			abort();
	}
	CHECK_U64(a.count, ROOM);
	CHECK_U64(a.folded, MORE);
	CHECK(space_merge(&a, &b) == STATUS_OK);
	CHECK_U64(a.count, ROOM);
	for (uint32_t i = 0; i < a.count; i++)
		noted += a.blocks[i].packets;
	CHECK_U64(noted + a.folded, 2 * (ROOM + MORE));
	CHECK(space_bytes(&a) < 4 * ROOM * sizeof(struct space_block));
	space_clear(&a);
	space_clear(&b);
	space_clear(&b); /* twice does no harm */
}

int main(void)
{
	test_monitor();
	test_wide();
	test_space();
	test_space_v4();
	test_space_full();
	return tap_done();
}
