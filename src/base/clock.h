/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The clocks of this machine, and how far the kernel believes its own. For programs and threads at
 * the edge: what counts and judges is handed its times. Any thread.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/* Nanoseconds since 1970; may jump. */
uint64_t clock_wall_ns(void);

/* Nanoseconds since some point; never jumps. */
uint64_t clock_steady_ns(void);

/* The kernel's NTP state (adjtimex(2)). */
struct clock_truth {
	int64_t offset_us; /* local less true time, as far as known */
	uint64_t error_us; /* its bound; UINT64_MAX: the clock is not synchronised */
};
struct clock_truth clock_truth_now(void);

#endif
