/* SPDX-License-Identifier: Apache-2.0 */
#include "parse/link.h"

#include "base/cursor.h"

enum {
	ETHERTYPE_VLAN = 0x8100,
	ETHERTYPE_QINQ = 0x88a8,
	ETHERTYPE_QINQ_OLD = 0x9100,
	ETHERTYPE_QINQ_OLDER = 0x9200,
	ETHERTYPE_MPLS = 0x8847,
	ETHERTYPE_MPLS_MULTICAST = 0x8848,
	ETHERTYPE_PPPOE = 0x8864,
	ETHERTYPE_LOWEST = 0x0600, /* below it is a length (IEEE 802.3) */

	VLAN_TAGS_MAX = 8,
	MPLS_LABELS_MAX = 16,

	PPP_IPV4 = 0x0021,
	PPP_IPV6 = 0x0057,
	PPP_MPLS = 0x0281,
};

/* Each function below reads link headers off the cursor and tells what follows; false: that
 * is not IP. A header that was cut shows in c->failed. */
typedef bool link_function(struct cursor *c, enum link_family *family);

static bool by_version(struct cursor *c, enum link_family *family)
{
	(void)c;
	*family = FAMILY_BY_VERSION;
	return true;
}

static bool always_ipv4(struct cursor *c, enum link_family *family)
{
	(void)c;
	*family = FAMILY_IPV4;
	return true;
}

static bool always_ipv6(struct cursor *c, enum link_family *family)
{
	(void)c;
	*family = FAMILY_IPV6;
	return true;
}

/* Label stack entries of 20 bits label, 3 class, 1 bottom, 8 TTL (RFC 3032). What follows has
 * no type field: IP is told by its version. */
static bool mpls(struct cursor *c, enum link_family *family)
{
	for (int i = 0; i < MPLS_LABELS_MAX && !c->failed; i++) {
		if (cursor_be32(c) & 0x100)
			return by_version(c, family);
	}
	return false;
}

/* RFC 1661: the protocol is one byte when that is odd (compressed), else two. */
static bool ppp_protocol(struct cursor *c, enum link_family *family)
{
	uint16_t protocol = cursor_u8(c);

	if ((protocol & 1) == 0)
		protocol = (uint16_t)(protocol << 8 | cursor_u8(c));
	if (protocol == PPP_MPLS)
		return mpls(c, family);
	if (protocol == PPP_IPV6)
		return always_ipv6(c, family);
	return protocol == PPP_IPV4 && always_ipv4(c, family);
}

/* With or without HDLC-like address FF and control 03 (RFC 1662 section 3.1); no protocol
 * begins with FF. */
static bool ppp(struct cursor *c, enum link_family *family)
{
	if (cursor_left(c) > 0 && c->at[0] == 0xff)
		cursor_skip(c, 2);
	return ppp_protocol(c, family);
}

/* RFC 2516: version and type 0x11, code 0 in the session stage, session, length. */
static bool pppoe(struct cursor *c, enum link_family *family)
{
	uint16_t version_code = cursor_be16(c);

	cursor_skip(c, 4);
	return (version_code == 0x1100 || c->failed) && ppp_protocol(c, family);
}

static bool is_vlan(uint16_t ethertype)
{
	return ethertype == ETHERTYPE_VLAN || ethertype == ETHERTYPE_QINQ ||
	       ethertype == ETHERTYPE_QINQ_OLD || ethertype == ETHERTYPE_QINQ_OLDER;
}

/* IEEE 802.2 with SNAP: AA AA 03, organisation 0, then an ethertype (RFC 1042). */
static bool snap(struct cursor *c, uint16_t *ethertype)
{
	bool is_snap = cursor_be32(c) == 0xaaaa0300;

	is_snap &= cursor_be16(c) == 0;
	*ethertype = cursor_be16(c);
	return is_snap || c->failed;
}

static bool by_ethertype(struct cursor *c, enum link_family *family)
{
	uint16_t type = cursor_be16(c);

	for (int i = 0; i < VLAN_TAGS_MAX && is_vlan(type); i++) {
		cursor_skip(c, 2);
		type = cursor_be16(c);
	}
	if (type < ETHERTYPE_LOWEST && !snap(c, &type))
		return false;
	switch (type) {
	case ETHERTYPE_IPV4:
		return always_ipv4(c, family);
	case ETHERTYPE_IPV6:
		return always_ipv6(c, family);
	case ETHERTYPE_MPLS:
	case ETHERTYPE_MPLS_MULTICAST:
		return mpls(c, family);
	case ETHERTYPE_PPPOE:
		return pppoe(c, family);
	default:
		return false;
	}
}

static bool ethernet(struct cursor *c, enum link_family *family)
{
	cursor_skip(c, ETHERNET_HEADER_BYTES - 2);
	return by_ethertype(c, family);
}

static bool linux_sll(struct cursor *c, enum link_family *family)
{
	cursor_skip(c, 14);
	return by_ethertype(c, family);
}

/* The protocol comes first, the rest of the header after it. */
static bool linux_sll2(struct cursor *c, enum link_family *family)
{
	const uint8_t *header = cursor_take(c, 20);
	uint16_t type = header ? bytes_be16(header) : 0;

	if (type == ETHERTYPE_IPV4)
		return always_ipv4(c, family);
	if (type == ETHERTYPE_IPV6)
		return always_ipv6(c, family);
	if (is_vlan(type)) {
		cursor_skip(c, 2);
		return by_ethertype(c, family);
	}
	return type == ETHERTYPE_MPLS && mpls(c, family);
}

/* AF_INET is 2 everywhere; AF_INET6 is 10 on Linux and Solaris (26), 24, 28, 30 on the BSDs and
 * macOS. NULL has the writer's byte order, LOOP the network's: small numbers tell. */
static bool bsd_loopback(struct cursor *c, enum link_family *family)
{
	uint32_t af = cursor_be32(c);

	if (af > 0xffff)
		af = af >> 24 | (af >> 8 & 0xff00);
	switch (af) {
	case 2:
		return always_ipv4(c, family);
	case 10:
	case 24:
	case 26:
	case 28:
	case 30:
		return always_ipv6(c, family);
	default:
		return false;
	}
}

static link_function *link_of(uint32_t type)
{
	switch ((enum link_type)type) {
	case LINK_ETHERNET:
		return ethernet;
	case LINK_LINUX_SLL:
		return linux_sll;
	case LINK_LINUX_SLL2:
		return linux_sll2;
	case LINK_RAW_BSD:
	case LINK_RAW_OPENBSD:
	case LINK_RAW:
		return by_version;
	case LINK_IPV4:
		return always_ipv4;
	case LINK_IPV6:
		return always_ipv6;
	case LINK_NULL:
	case LINK_LOOP:
		return bsd_loopback;
	case LINK_PPP:
	case LINK_PPP_HDLC:
		return ppp;
	case LINK_PPP_ETHER:
		return pppoe;
	case LINK_MPLS:
		return mpls;
	}
	return NULL;
}

bool link_payload(const struct record *record, struct link_payload *out, enum skip_reason *skip)
{
	struct cursor c = cursor_over(record->bytes, record->captured);
	link_function *read_headers = link_of(record->link);
	bool is_ip;

	if (!read_headers) {
		*skip = SKIP_LINK;
		return false;
	}
	is_ip = read_headers(&c, &out->family);
	if (c.failed || !is_ip) {
		*skip = c.failed ? SKIP_SHORT : SKIP_NOT_IP;
		return false;
	}
	out->bytes = c.at;
	out->captured = (uint32_t)cursor_left(&c);
	out->wire = record->wire - (uint32_t)(c.at - record->bytes);
	return true;
}
