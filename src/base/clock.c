/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include <sys/timex.h>
#include <time.h>

enum { NS_PER_US = 1000 };

static uint64_t clock_ns(clockid_t id)
{
	struct timespec now;

	(void)clock_gettime(id, &now);
	return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

uint64_t clock_wall_ns(void)
{
	return clock_ns(CLOCK_REALTIME);
}

uint64_t clock_steady_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC);
}

/* The kernel's offset is what it still adds to the local clock: its sign is the other way. */
struct clock_truth clock_truth_now(void)
{
	struct timex t = {.modes = 0};
	int state = adjtimex(&t);

	if (state < 0 || state == TIME_ERROR || t.status & STA_UNSYNC)
		return (struct clock_truth){.offset_us = 0, .error_us = UINT64_MAX};
	return (struct clock_truth){
	        .offset_us = -(int64_t)(t.status & STA_NANO ? t.offset / NS_PER_US : t.offset),
	        .error_us = t.maxerror > 0 ? (uint64_t)t.maxerror : 0,
	};
}
