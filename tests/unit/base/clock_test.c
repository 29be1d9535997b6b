/* SPDX-License-Identifier: Apache-2.0 */
/* The clocks go forward, and the kernel's opinion of its own is one of two. */
#include "base/clock.h"

#include "tap.h"

int main(void)
{
	uint64_t wall_ns = clock_wall_ns(), steady_ns = clock_steady_ns();
	struct clock_truth truth = clock_truth_now();

	CHECK(wall_ns > UINT64_C(1700000000) * 1000000000);
	CHECK(clock_steady_ns() >= steady_ns);
	CHECK(truth.error_us == UINT64_MAX ? truth.offset_us == 0
	                                   : truth.error_us < UINT64_C(1000000000));
	return tap_done();
}
