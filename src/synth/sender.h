/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One simulated sender: who it is, what stays the same in all its packets, when it sends
 * next, and what it has sent so far (the truth).
 *
 * A forged flood is one sender that draws a source address for each packet. The generator
 * owns the senders. One thread.
 */
#ifndef SYNTH_SENDER_H
#define SYNTH_SENDER_H

#include "base/prng.h"
#include "synth/exact_set.h"
#include "synth/scenario.h"

struct sender {
	const struct campaign *campaign;
	struct addr address;
	struct prng random;

	/* when: `left` packets between start and start + length */
	uint64_t start_ns, length_ns;
	uint64_t left, sent;
	double at; /* share of the activity that is over, 0 to 1 */

	/* what stays the same */
	uint32_t key; /* order of targets, session constant */
	uint16_t source_port, window, ip_id;
	uint16_t mss;
	uint8_t ttl; /* as it arrives */
	uint8_t stack;
	uint8_t model; /* enum model_id; not NOISE */

	/* truth */
	uint64_t packets, first_ns, last_ns;
	struct exact_set destinations; /* target numbers */
	struct exact_set ports;        /* proto << 16 | port */
	struct exact_set forged;       /* IPv4 source addresses */
};

/* One packet that is about to be sent. */
struct shot {
	uint64_t time_ns;
	struct addr src, dst;
	uint32_t target; /* number in the space */
	uint32_t seq;
	uint16_t src_port, dst_port;
	uint8_t attempt;     /* 0, then retransmissions */
	uint8_t proto;       /* as truth tells it: enum ip_proto */
	uint16_t truth_port; /* destination port; attacked port; ICMP type and code */
};

#endif
