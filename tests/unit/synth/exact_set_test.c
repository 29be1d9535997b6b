/* SPDX-License-Identifier: Apache-2.0 */
#include "synth/exact_set.h"

#include "tap.h"

/* Every third number below the universe, offered twice: the set and its count stay exact
 * from the first slots over the change to a bitmap. */
static void check_exact(uint32_t universe, bool becomes_bitmap)
{
	struct exact_set d = {0};
	size_t budget = 1 << 20;
	uint32_t lowest[4], fresh = 0;
	bool all_there = true;

	for (int round = 0; round < 2; round++) {
		for (uint32_t v = 0; v < universe; v += 3)
			fresh += exact_set_add(&d, v * 7 % universe, universe, &budget);
	}
	CHECK_U64(fresh, d.count);
	CHECK(!d.inexact && d.bitmap == becomes_bitmap);
	for (uint32_t v = 0; v < universe; v += 3)
		all_there &= exact_set_has(&d, v * 7 % universe);
	CHECK(all_there);
	CHECK_U64(exact_set_lowest(&d, lowest, 4), 4);
	CHECK(lowest[0] == 0 && lowest[1] < lowest[2] && lowest[2] < lowest[3]);
	exact_set_clear(&d);
	CHECK(!exact_set_has(&d, 0));
}

static void check_budget(void)
{
	struct exact_set d = {0};
	size_t budget = 100;

	for (uint32_t v = 0; v < 1000; v++)
		exact_set_add(&d, v * 1000, 1u << 30, &budget);
	CHECK(d.inexact && d.count > 0 && d.count < 1000);
	CHECK(budget < 100);
	CHECK(exact_set_has(&d, 0));
	exact_set_clear(&d);
}

int main(void)
{
	check_exact(65536, true);
	check_exact(100, true);
	check_exact(1000003, true);
	check_budget();
	return tap_done();
}
