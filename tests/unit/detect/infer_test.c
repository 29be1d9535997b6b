/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/infer.h"

#include "base/prng.h"
#include "detect/rules.h"
#include "tap.h"

#include <stdlib.h>

enum { BLOCKS = 70000 };

/* The destinations of a made-up capture. */
struct space {
	struct space_block *blocks;
	size_t count;
};

static void see_address(struct space *s, const struct addr *a)
{
	struct prefix base = prefix_of(a, SPACE_BLOCK_LENGTH);
	size_t i = 0;

	while (i < s->count && addr_compare(&s->blocks[i].base, &base.base) != 0)
		i++;
	if (i == s->count)
		s->blocks[s->count++] = (struct space_block){.base = base.base};
	s->blocks[i].hosts[a->b[15] / 64] |= UINT64_C(1) << (a->b[15] % 64);
	s->blocks[i].packets++;
}

static void see(struct space *s, const char *text)
{
	struct addr a;

	CHECK(addr_parse(text, &a) == STATUS_OK);
	see_address(s, &a);
}

static void see_v4(struct space *s, uint32_t base, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		struct addr a = addr_v4(base + i);

		see_address(s, &a);
	}
}

static void see_random(struct space *s, struct prng *r, uint32_t base, unsigned length, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		struct addr a = addr_v4(base + prng_below(r, 1u << (32 - length)));

		see_address(s, &a);
	}
}

/* The inferred prefixes as "a b c"; then the space is empty again. */
static void expect(struct space *s, const char *want)
{
	struct inference found;
	char got[4096] = "";

	CHECK(infer_prefixes(s->blocks, s->count, &found) == STATUS_OK);
	for (size_t i = 0; i < found.prefixes.count && strlen(got) < 4000; i++) {
		char text[PREFIX_TEXT_MAX];

		prefix_text(&found.prefixes.items[i], text);
		snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s%s", i ? " " : "", text);
	}
	CHECK_STR(got, want);
	CHECK(!found.scattered && found.left_out == 0);
	prefix_set_clear(&found.prefixes);
	s->count = 0;
}

static void test_full(struct space *s)
{
	expect(s, "");
	see_v4(s, 0xc6336400, 256);
	expect(s, "198.51.100.0/24");
	see_v4(s, 0xc6336400, 256);
	see(s, "203.0.113.77");
	expect(s, "198.51.100.0/24 203.0.113.77/32");
	see_v4(s, 0x0a000000, 256);
	see_v4(s, 0x0a00c800, 256);
	expect(s, "10.0.0.0/24 10.0.200.0/24");
	see_v4(s, 0x0a000100, 512);
	expect(s, "10.0.1.0/24 10.0.2.0/24");
	see_v4(s, 0x0a000000, 768);
	expect(s, "10.0.0.0/23 10.0.2.0/24");
	see_v4(s, 0x0a000080, 128);
	expect(s, "10.0.0.128/25");
	for (uint32_t i = 0; i < 8; i++)
		see_v4(s, 0x0a000000 + i * 0x2000, 256);
	expect(s, "10.0.0.0/24 10.0.32.0/24 10.0.64.0/24 10.0.96.0/24 10.0.128.0/24 "
	          "10.0.160.0/24 10.0.192.0/24 10.0.224.0/24");
}

static void test_few(struct space *s)
{
	see(s, "10.0.0.1");
	see(s, "10.0.0.200");
	see(s, "192.168.7.7");
	expect(s, "10.0.0.1/32 10.0.0.200/32 192.168.7.7/32");
	see(s, "2001:db8::1");
	see(s, "2001:db8:0:5::80");
	see(s, "1.2.3.4");
	expect(s, "1.2.3.4/32 2001:db8::1/128 2001:db8:0:5::80/128");
	see_v4(s, 0x0a000000, 10);
	expect(s, "10.0.0.0/28");
	for (uint32_t i = 0; i < 8; i += 2)
		see_v4(s, 0x0a000010 + i, 1);
	expect(s, "10.0.0.16/32 10.0.0.18/32 10.0.0.20/32 10.0.0.22/32");
}

static void test_sparse(struct space *s)
{
	struct prng r;

	for (uint64_t seed = 0; seed < 20; seed++) {
		prng_init(&r, seed);
		see_random(s, &r, 0x2c000000, 16, 1000);
		expect(s, "44.0.0.0/16");
		see_random(s, &r, 0x2c000000, 16, 300);
		for (uint32_t i = 0; i < 20; i++)
			see_v4(s, 0x2c000000 + (i * 12 + 1) * 256, 256);
		expect(s, "44.0.0.0/16");
		see_random(s, &r, 0xc0000200, 24, 150);
		expect(s, "192.0.2.0/24");
		see_random(s, &r, 0x2c040000, 16, 800);
		see_random(s, &r, 0x2c060000, 16, 800);
		expect(s, "44.4.0.0/16 44.6.0.0/16");
	}
}

static void test_order_and_repeats(struct space *s)
{
	see_v4(s, 0x0a000200, 256);
	see_v4(s, 0x0a000000, 256);
	s->blocks[s->count] = s->blocks[0];
	s->blocks[s->count].hosts[0] = 0;
	s->blocks[0].hosts[2] = 0;
	s->count++;
	s->blocks[s->count++] = (struct space_block){.base = addr_v4(0x63000000)};
	expect(s, "10.0.0.0/24 10.0.2.0/24");
}

/* Capture of a client: destinations all over. The heaviest are kept and the rest is said. */
static void test_scattered(struct space *s)
{
	struct inference found;
	struct addr heavy = addr_v4(0xfa010203);

	for (uint32_t i = 0; i < 200; i++)
		see_v4(s, i * 0x01010155 + 0x01000000, 1);
	see_v4(s, 0xfa010203, 1);
	s->blocks[s->count - 1].packets = 1000;
	CHECK(infer_prefixes(s->blocks, s->count, &found) == STATUS_OK);
	CHECK(found.scattered);
	CHECK_U64(found.prefixes.count, INFER_PREFIXES_MAX);
	CHECK_U64(found.left_out, 201 - INFER_PREFIXES_MAX);
	CHECK_U64(found.packets_left_out, 201 - INFER_PREFIXES_MAX);
	CHECK(prefix_set_contains(&found.prefixes, &heavy));
	prefix_set_clear(&found.prefixes);
	s->count = 0;
}

/* Whatever was seen: nothing shorter than the limits, every kept block's address covered. */
static void test_any(struct space *s)
{
	struct prng r;
	bool covered = true, bounded = true;

	prng_init(&r, 7);
	for (unsigned round = 0; round < 300; round++) {
		struct inference found;

		s->count = 1 + prng_below(&r, 60);
		for (size_t i = 0; i < s->count; i++) {
			struct addr a = addr_v4(prng_u32(&r) & (0xffffff00u >> prng_below(&r, 20)));

			if (prng_below(&r, 4) == 0)
				a.b[prng_below(&r, 12)] ^= 0x21;
			a.b[15] = 0;
			s->blocks[i] = (struct space_block){.base = a, .packets = prng_u64(&r)};
			s->blocks[i].hosts[prng_below(&r, 4)] = prng_u64(&r) & prng_u64(&r);
			s->blocks[i].hosts[3] |= 1;
		}
		CHECK(infer_prefixes(s->blocks, s->count, &found) == STATUS_OK);
		for (size_t i = 0; i < found.prefixes.count; i++) {
			const struct prefix *p = &found.prefixes.items[i];

			bounded &= p->length >= (addr_is_v4(&p->base) ? 104 : 32);
		}
		for (size_t i = 0; i < s->count && !found.scattered; i++) {
			s->blocks[i].base.b[15] = 192;
			covered &= prefix_set_contains(&found.prefixes, &s->blocks[i].base);
		}
		prefix_set_clear(&found.prefixes);
	}
	CHECK(covered);
	CHECK(bounded);
	s->count = 0;
}

int main(void)
{
	struct space s = {.blocks = calloc(BLOCKS, sizeof(struct space_block))};

	test_full(&s);
	test_few(&s);
	test_sparse(&s);
	test_order_and_repeats(&s);
	test_scattered(&s);
	test_any(&s);
	free(s.blocks);
	return tap_done();
}
