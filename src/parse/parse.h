/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a captured record to a decoded packet, in two steps, so that a worker looks only
 * at the addresses of packets that belong to another. Pure, no allocation, any thread.
 *
 * Link layers: Ethernet (802.1Q, QinQ, 802.1ad, SNAP), Linux cooked SLL and SLL2, raw IP (12,
 * 14, 101, 228, 229), BSD loopback and null, PPP, PPPoE, MPLS stacks. IPv4 with options and
 * fragments, IPv6 with extension headers (hop-by-hop, routing, fragment, destination, AH;
 * at most 16). TCP, UDP, ICMP, ICMPv6; of other protocols only the number.
 * The header's lengths are believed only inside what was captured.
 */
#ifndef PARSE_PARSE_H
#define PARSE_PARSE_H

#include "capture/records.h"
#include "model/kind.h"
#include "model/packet.h"

/* Where the transport header lies, between the two steps. */
struct transport {
	const uint8_t *bytes;
	uint32_t captured;  /* bytes there, cut to what the IP header claims */
	uint32_t claimed;   /* bytes that the IP header claims */
	bool fragment_tail; /* a later fragment: no header here */
	bool more_fragments;
};

/* Step one: time, lengths, addresses, protocol, TTL, IP id. Returns true for an IPv4 or
 * IPv6 packet whose fixed header is there; else false and why in *skip. p->malformed is
 * set where lengths lie or extension headers are cut. */
bool parse_network(const struct record *record, struct packet *p, struct transport *t,
                   enum skip_reason *skip);

/* Step two: ports, flags, options, payload, the quoted packet of ICMP errors. Sets
 * p->malformed where the transport header is cut (unless the snapshot length cut it past
 * the ports and flags), lies about its length, or is hidden by fragmentation. A TCP option that
 * lies is no reason: the header is whole, and the options are OPTIONS_OTHER. Options that the
 * snapshot cut are OPTIONS_OTHER with hash 0. */
void parse_transport(struct packet *p, const struct transport *t);

#endif
