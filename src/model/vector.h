/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A vector: the answers of one victim over one protocol (backscatter), as aggregate/
 * counts them and detect/attack judges them.
 *
 * Plain data. Times are nanoseconds since 1970. A vector is closed when it was idle for
 * a whole interval of VECTOR_INTERVAL_S; packets that come later open a new vector of
 * the same victim and protocol. Every count costs O(1) a packet.
 */
#ifndef MODEL_VECTOR_H
#define MODEL_VECTOR_H

#include "model/addr.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	VECTOR_INTERVAL_S = 300, /* Moore et al. 2006: idle for a whole interval closes */
	VECTOR_WINDOW_S = 60,    /* the window of highest_minute ... */
	VECTOR_SLIDE_S = 10,     /* ... and its steps, from the vector's first second */

	/* The provisional rule: so much within one window, and the report may start. Our
	 * choice: a third of the published 30 packets a minute; 4 destinations are what the
	 * sequential test asks for (Jung et al. 2004, alpha = 0.01). */
	VECTOR_PROVISIONAL_PACKETS = 10,
	VECTOR_PROVISIONAL_DESTINATIONS = 4,
};

struct vector {
	struct addr victim;
	uint8_t proto;                 /* IANA number; of the quoted packet for ICMP errors */
	bool closed;                   /* idle for a whole interval before the capture's end */
	uint16_t port;                 /* the commonest service port; 0: not known */
	uint64_t packets;              /* >= 1 */
	uint64_t start_ns, last_ns;    /* first and last packet */
	uint64_t highest_minute;       /* most packets in one window */
	uint64_t first_minute_packets; /* in the first VECTOR_WINDOW_S */
	uint64_t provisional_ns;       /* when the provisional rule first held; 0: never */
	double destinations;           /* distinct monitored addresses that got answers */
};

#endif
