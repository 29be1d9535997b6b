/* SPDX-License-Identifier: Apache-2.0 */
#include "model/bogon.h"

struct range {
	uint32_t base, mask;
	bool private;
};

/* RFC 6890 and its successors, in address order; multicast is RFC 5771. */
static const struct range ranges[] = {
        {0x00000000, 0xff000000, false}, /* 0.0.0.0/8 this network */
        {0x0a000000, 0xff000000, true},  /* 10.0.0.0/8 private */
        {0x64400000, 0xffc00000, true},  /* 100.64.0.0/10 shared (RFC 6598) */
        {0x7f000000, 0xff000000, false}, /* 127.0.0.0/8 loopback */
        {0xa9fe0000, 0xffff0000, true},  /* 169.254.0.0/16 link local */
        {0xac100000, 0xfff00000, true},  /* 172.16.0.0/12 private */
        {0xc0000000, 0xffffff00, false}, /* 192.0.0.0/24 protocol assignments */
        {0xc0000200, 0xffffff00, false}, /* 192.0.2.0/24 documentation */
        {0xc0a80000, 0xffff0000, true},  /* 192.168.0.0/16 private */
        {0xc6120000, 0xfffe0000, false}, /* 198.18.0.0/15 benchmarks */
        {0xc6336400, 0xffffff00, false}, /* 198.51.100.0/24 documentation */
        {0xcb007100, 0xffffff00, false}, /* 203.0.113.0/24 documentation */
        {0xe0000000, 0xe0000000, false}, /* 224.0.0.0/3 multicast, reserved, broadcast */
};

/* A bit for each first byte in the table below 224; most of the Internet has none of them. */
static const uint32_t suspects[7] = {1u << 0 | 1u << 10,
                                     0,
                                     0,
                                     1u << (100 - 96) | 1u << (127 - 96),
                                     0,
                                     1u << (169 - 160) | 1u << (172 - 160),
                                     1u << (192 - 192) | 1u << (198 - 192) | 1u << (203 - 192)};

static const struct range *find_range(uint32_t a)
{
	if (a < 0xe0000000 && !(suspects[a >> 29] >> (a >> 24 & 31) & 1))
		return NULL;
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		if ((a & ranges[i].mask) == ranges[i].base)
			return &ranges[i];
	}
	return NULL;
}

bool bogon_is_v4(uint32_t host_order)
{
	return find_range(host_order) != NULL;
}

/* fc00::/7 unique local, fe80::/10 link local. */
static bool is_private_v6(const struct addr *a)
{
	return (a->b[0] & 0xfe) == 0xfc || (a->b[0] == 0xfe && (a->b[1] & 0xc0) == 0x80);
}

/* Global unicast is 2000::/3 (RFC 4291) without 2001:db8::/32 and 2001:10::/28; also not a
 * source: everything else but 64:ff9b::/96 (NAT64). */
static bool is_bogon_v6(const struct addr *a)
{
	static const uint8_t nat64[12] = {0, 0x64, 0xff, 0x9b};
	bool documentation =
	        a->b[0] == 0x20 && a->b[1] == 0x01 && a->b[2] == 0x0d && a->b[3] == 0xb8;
	bool orchid =
	        a->b[0] == 0x20 && a->b[1] == 0x01 && a->b[2] == 0 && (a->b[3] & 0xf0) == 0x10;

	if ((a->b[0] & 0xe0) == 0x20)
		return documentation || orchid;
	return memcmp(a->b, nat64, sizeof(nat64)) != 0;
}

bool bogon_is(const struct addr *a)
{
	return addr_is_v4(a) ? bogon_is_v4(addr_low32(a)) : is_bogon_v6(a);
}

bool bogon_is_private(const struct addr *a)
{
	const struct range *range;

	if (!addr_is_v4(a))
		return is_private_v6(a);
	range = find_range(addr_low32(a));
	return range && range->private;
}
