/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ethernet frames with an IPv4 or IPv6 packet in them, checksums correct (RFC 791, 768,
 * 792, 1071, 8200, 4443, 9293). The family follows from ip->src; both addresses must be of
 * one family. Numbers are in host order. Pure, no allocation, any thread.
 */
#ifndef SYNTH_FRAME_H
#define SYNTH_FRAME_H

#include "model/addr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	FRAME_MAX = 1514,
	ETHERNET_BYTES = 14,
	PAYLOAD_MAX = 1400,
};

struct frame {
	size_t length;
	uint8_t bytes[FRAME_MAX];
};

struct ip_fields {
	struct addr src, dst;
	uint16_t id; /* IPv4 only */
	uint8_t ttl; /* or hop limit, as it arrives */
	bool dont_fragment;
};

struct tcp_fields {
	uint32_t seq, ack;
	uint16_t src_port, dst_port, window;
	uint8_t flags;          /* enum tcp_flag */
	uint8_t options_length; /* a multiple of 4, at most 40 */
	const uint8_t *options;
};

/* `rest` is the second word of the ICMP header: identifier and sequence, or unused. */
struct icmp_fields {
	uint8_t type, code;
	uint32_t rest;
};

void frame_tcp(struct frame *f, const struct ip_fields *ip, const struct tcp_fields *tcp);

/* n <= PAYLOAD_MAX */
void frame_udp(struct frame *f, const struct ip_fields *ip, uint16_t src_port, uint16_t dst_port,
               const void *payload, size_t n);

/* ICMP, or ICMPv6 where the addresses are IPv6; n <= PAYLOAD_MAX */
void frame_icmp(struct frame *f, const struct ip_fields *ip, const struct icmp_fields *icmp,
                const void *payload, size_t n);

#endif
