/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Link layers, inside this room: where the IP packet begins in a captured record.
 *
 * A new link type is one function and one row in link.c. Bytes are hostile; tags and
 * labels are followed to a bound. Pure, any thread.
 */
#ifndef PARSE_LINK_H
#define PARSE_LINK_H

#include "capture/records.h"
#include "model/kind.h"

#include <stdbool.h>
#include <stdint.h>

/* LINKTYPE_ numbers (www.tcpdump.org/linktypes.html). */
enum link_type {
	LINK_NULL = 0,
	LINK_ETHERNET = 1,
	LINK_PPP = 9,
	LINK_RAW_BSD = 12, /* DLT_RAW of most systems, found in files of old programs */
	LINK_RAW_OPENBSD = 14,
	LINK_PPP_HDLC = 50,
	LINK_PPP_ETHER = 51,
	LINK_RAW = 101,
	LINK_LOOP = 108,
	LINK_LINUX_SLL = 113,
	LINK_MPLS = 219,
	LINK_IPV4 = 228,
	LINK_IPV6 = 229,
	LINK_LINUX_SLL2 = 276,
};

enum {
	ETHERTYPE_IPV4 = 0x0800,
	ETHERTYPE_IPV6 = 0x86dd,
	ETHERNET_HEADER_BYTES = 14,
};

enum link_family {
	FAMILY_IPV4 = 4,
	FAMILY_IPV6 = 6,
	FAMILY_BY_VERSION, /* the first half byte tells */
};

/* The network packet: `captured` bytes are at `bytes`, `wire` were on the wire (with the link's
 * padding, if any). */
struct link_payload {
	const uint8_t *bytes;
	uint32_t captured, wire;
	enum link_family family;
};

/* False: not an IP packet as far as can be told, and why. */
bool link_payload(const struct record *record, struct link_payload *out, enum skip_reason *skip);

#endif
