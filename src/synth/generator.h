/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The labelled traffic generator: a scenario in, a capture and the truth about it out.
 *
 * The same scenario and seed give the same bytes. Sections do not touch one another: a
 * change in one leaves the others' packets as they were, but for addresses that both draw.
 * Memory grows with the number of senders, not of packets. It shares no code with parse/,
 * aggregate/ and detect/, so that its truth can hold their verdicts to account. One thread;
 * the scenario must outlive the generator.
 */
#ifndef SYNTH_GENERATOR_H
#define SYNTH_GENERATOR_H

#include "base/outfile.h"
#include "synth/activity.h"
#include "synth/schedule.h"
#include "synth/sender.h"

/* What a campaign sent. */
struct tally {
	uint64_t packets, first_ns, last_ns;
	size_t first_sender, sender_count; /* in generator.senders */
};

struct generator {
	const struct scenario *scenario;
	struct sender *senders;
	size_t sender_count;
	struct warp *warps;     /* one a campaign */
	struct tally *tallies;  /* one a campaign */
	struct exact_set taken; /* IPv4 addresses of listed senders */
	size_t budget;          /* bytes left for sets of destinations and ports */
	struct schedule schedule;
	uint64_t kinds[KIND_COUNT];
	uint64_t packets, dropped_retransmissions;
};

/* Called now and then with the packets so far and the share of time that is done; false
 * stops with STATUS_INTERRUPTED. */
struct progress {
	bool (*report)(void *context, uint64_t packets, double share);
	void *context;
};

MUST_USE enum status generator_init(struct generator *g, const struct scenario *scenario,
                                    struct trouble *t);

/* Write the whole capture. Call once. */
MUST_USE enum status generator_run(struct generator *g, struct outfile *capture,
                                   const struct progress *progress, struct trouble *t);

void generator_clear(struct generator *g);

/* The kind of the campaign's packets, by what it sends. */
enum packet_kind campaign_kind(const struct campaign *c);

#endif
