/* SPDX-License-Identifier: Apache-2.0 */
#include "synth/schedule.h"

#include "base/prng.h"
#include "tap.h"

int main(void)
{
	struct schedule s = {0};
	struct pending p = {0}, last = {0};
	struct prng random;
	int wrong = 0, count = 0;

	CHECK(!schedule_next(&s, &p));
	prng_init(&random, 1);
	for (uint32_t i = 0; i < 5000; i++) {
		struct pending next = {.time_ns = prng_below(&random, 500), .sender = i};

		wrong += schedule_add(&s, &next) != STATUS_OK;
	}
	/* Comes out by time, then sender, also while others come in. */
	while (schedule_next(&s, &p)) {
		wrong += p.time_ns < last.time_ns ||
		         (p.time_ns == last.time_ns && count && p.sender <= last.sender);
		last = p;
		if (count++ % 10 == 0 && count < 3000) {
			p.time_ns += 1 + prng_below(&random, 50);
			wrong += schedule_add(&s, &p) != STATUS_OK;
		}
	}
	CHECK_U64(wrong, 0);
	CHECK_U64(count, 5300);
	schedule_clear(&s);
	return tap_done();
}
