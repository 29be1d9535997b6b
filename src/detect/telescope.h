/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a telescope of a given size can and cannot see (section 8; Moore et al. 2004,
 * "Network telescopes").
 *
 * Pure functions, any thread. `monitored` counts IPv4 addresses; 0 or less stands for a
 * telescope without IPv4, about which nothing can be said: chances are NAN then, times
 * and smallest rates INFINITY. Rates are packets per second over the whole space.
 */
#ifndef DETECT_TELESCOPE_H
#define DETECT_TELESCOPE_H

#include "model/kind.h"

#include <stdint.h>

#define TELESCOPE_SPACE_V4 4294967296.0

/* How many addresses a tool draws its targets from: all of IPv4 but for tools that are
 * known to leave some out. */
double telescope_space_of(enum tool tool);

/* The chance to get at least one packet of a source that sends `rate` to addresses drawn
 * uniformly from `space` for `seconds`. */
double telescope_chance(double monitored, double space, double rate, double seconds);

/* How long until that chance is `probability` (0 <= probability < 1). */
double telescope_seconds_to_see(double monitored, double space, double rate, double probability);

/* The smallest rate of a victim's answers of which RULE_ATTACK_MINUTE packets a minute arrive
 * here. */
double telescope_smallest_victim(double monitored);

struct telescope_rate {
	double estimate, low, high; /* packets/s at the victim; low to high covers 95 % */
};

/*
 * A victim's rate from `packets` seen here between the first and the last, `seconds` apart
 * (R = r * 2^32 / n, the interval Garwood's). The first packet starts the clock, so packets - 1
 * are counted. Less than a second counts as one. NAN throughout where it cannot be said.
 */
struct telescope_rate telescope_victim_rate(uint64_t packets, double seconds, double monitored);

#endif
