/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The honest figures of one window of one sensor: what was lost and where, how long it
 * watched, how true its clock is (20-observation, "How honest").
 *
 * Travels with the window (ship/batch.h, section HEALTH) and comes out with each answer.
 * All counts are of this window unless they say otherwise. Plain data, no memory.
 */
#ifndef MODEL_HEALTH_H
#define MODEL_HEALTH_H

#include <stdint.h>

enum { HEALTH_VERSION_MAX = 32 };

struct window_health {
	uint64_t dropped_kernel; /* packets that the ring had no room for */
	uint64_t dropped_own;    /* packets that we had no room or memory for */
	uint64_t malformed;      /* packets whose headers lie or are cut */
	uint32_t watched_ms;     /* of the window's span in which packets would have been seen */
	uint64_t uptime_s;       /* since the sensor started */
	int64_t clock_offset_us; /* local less true time, as the kernel's NTP state says */
	uint64_t clock_error_us; /* its bound; UINT64_MAX: the clock is not synchronised */
	uint64_t spool_bytes;    /* waiting at the time when the window was closed */
	uint64_t lost_windows; /* dropped for room, in the spool's life: over restarts it only grows
	                        */
	uint64_t lost_rows;    /* rows in these */
	uint64_t lost_packets; /* packets in these */
	uint64_t refused;      /* frames that the hub refused, in the spool's life */
	char version[HEALTH_VERSION_MAX]; /* of the sensor's software, ASCII, NUL ended */
};

#endif
