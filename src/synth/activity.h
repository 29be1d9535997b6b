/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When senders send, and how much of it reaches the telescope.
 *
 * A sender of rate R that picks its targets from a space of S addresses hits n monitored
 * ones as a Poisson process of rate R * n / S (thinning). The number of packets is drawn
 * once; their times are then order statistics of the uniform distribution, made one after
 * the other without a list: with k to come, the next lies 1 - U^(1/k) into what is left.
 * That is the same process. Day and night bend time by a table. One thread.
 */
#ifndef SYNTH_ACTIVITY_H
#define SYNTH_ACTIVITY_H

#include "synth/sender.h"

enum { WARP_STEPS = 512 };

/* The time (0 to 1 of the campaign) by which a share of its traffic has come. */
struct warp {
	bool bent;
	float at[WARP_STEPS + 1];
};

void warp_init(struct warp *w, const struct campaign *c, uint64_t scenario_start_ns);
double warp_time(const struct warp *w, double share);

/* How many of a sender's targets out of all that it may choose are monitored. */
double activity_share(const struct campaign *c, const struct targets *space);

/* A Poisson number; the mean is at most 1e12. */
uint64_t activity_poisson(double mean, struct prng *random);

/* Set start, length and packets of the nth sender of its campaign. */
void activity_plan(struct sender *s, const struct scenario *scenario, const struct warp *w,
                   double share, uint64_t nth);

/* The time of the next packet, cut to microseconds, never before the last; false when the
 * sender is done. Counts it as sent. */
bool activity_next(struct sender *s, const struct warp *w, uint64_t *time_ns);

/* When the nth host (from 0) of a growing worm is infected, seconds after its start:
 * susceptible-infected growth; INFINITY for never. */
double growth_time_s(const struct campaign *c, uint64_t nth);

#endif
