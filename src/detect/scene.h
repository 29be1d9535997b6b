/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What event detectors are shown: ten minutes, or five, of all sensors, boiled down.
 *
 * Sensors are dealt to PANELS panels in the order in which they first came, so that one sensor
 * speaks in one panel only: what holds in most panels is not one poisoned sensor's word.
 * Plain data, borrowed during the call.
 */
#ifndef DETECT_SCENE_H
#define DETECT_SCENE_H

#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	PANELS = 4,
	BIN_SECONDS = 600,  /* series: section 5 of the design */
	SLOT_SECONDS = 300, /* groups: half a bin, so that one burst lies in one pair of slots */
};

/* How much of the time the sensors were there. A panel that was not is a gap, and says nothing. */
struct coverage {
	unsigned panels;      /* with sensors that were expected, gaps or not */
	unsigned usable;      /* of these, without a gap */
	bool use[PANELS];     /* expected and no gap */
	double share[PANELS]; /* of the expected seconds that came, 0 to 1 */
	unsigned sensors;     /* that were there */
	double addresses;     /* monitored by these; 0: not known */
};

struct digest;
struct roster;
struct scene {
	uint64_t start_s, end_s;
	uint64_t noted_s; /* when sensors had been given their time to deliver */
	const struct coverage *coverage;
	const struct digest *digest; /* of a bin, else NULL */
	const struct roster *roster; /* of a slot, else NULL */
};

#endif
