/* SPDX-License-Identifier: Apache-2.0 */
#include "synth/targets.h"

#include "tap.h"

#include <stdlib.h>

static struct targets open_targets(const char *const *prefixes)
{
	struct prefix_set set = {0};
	struct targets t;

	for (; *prefixes; prefixes++) {
		struct prefix p;

		CHECK(prefix_parse(*prefixes, &p) == STATUS_OK);
		CHECK(prefix_set_add(&set, p) == STATUS_OK);
	}
	prefix_set_seal(&set);
	CHECK(targets_init(&t, &set) == STATUS_OK);
	prefix_set_clear(&set);
	return t;
}

static void check_numbers(void)
{
	static const char *const prefixes[] = {"198.18.0.0/24", "192.0.2.128/25", "203.0.113.7/32",
	                                       "2001:db8::/48", NULL};
	struct targets t = open_targets(prefixes);
	struct addr a;
	char text[ADDR_TEXT_MAX];

	CHECK_U64(t.v4_size, 256 + 128 + 1);
	CHECK_U64(targets_v4(&t, 0), 0xc0000280);
	CHECK_U64(targets_v4(&t, 127), 0xc00002ff);
	CHECK_U64(targets_v4(&t, 128), 0xc6120000);
	CHECK_U64(targets_v4(&t, 384), 0xcb007107);
	a = targets_v6(&t, 0, 0x00020010);
	addr_text(&a, text);
	CHECK_STR(text, "2001:db8:0:2::10");
	targets_clear(&t);
}

static void check_permutation(uint32_t n, uint32_t key)
{
	unsigned char *seen = calloc(n, 1);
	uint32_t fixed = 0, twice = 0;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t x = permute_below(i, n, key);

		twice += seen[x]++;
		fixed += x == i;
	}
	CHECK_U64(twice, 0);
	CHECK(n < 100 || fixed < n / 10);
	free(seen);
}

static void check_sources(void)
{
	static const char *const prefixes[] = {"64.0.0.0/8", NULL};
	static const char *const never[] = {"10.0.0.0/8",     "127.0.0.0/8",   "224.0.0.0/3",
	                                    "192.168.0.0/16", "100.64.0.0/10", "172.16.0.0/12"};
	struct targets t;
	struct prng random;
	int inside = 0;

	t = open_targets(prefixes);
	prng_init(&random, 1);
	for (int i = 0; i < 20000; i++) {
		struct addr a = addr_v4(i % 2 ? targets_draw_uniform(&t, &random)
		                              : targets_draw_crowded(&t, &random));

		for (size_t j = 0; j < sizeof(never) / sizeof(never[0]); j++) {
			struct prefix p;

			inside += prefix_parse(never[j], &p) || prefix_contains(&p, &a);
		}
		inside += prefix_set_contains(&t.all, &a);
	}
	CHECK_U64(inside, 0);
	targets_clear(&t);
}

int main(void)
{
	struct prefix_set large = {0};
	struct targets t;
	struct prefix p;

	check_numbers();
	for (uint32_t n = 1; n < 70; n++)
		check_permutation(n, n * 77);
	check_permutation(65536, 5);
	check_permutation(65537, 6);
	check_sources();
	CHECK(prefix_parse("0.0.0.0/1", &p) == STATUS_OK);
	CHECK(prefix_set_add(&large, p) == STATUS_OK);
	CHECK(targets_init(&t, &large) == STATUS_LIMIT);
	targets_clear(&t);
	prefix_set_clear(&large);
	return tap_done();
}
