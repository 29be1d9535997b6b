/* SPDX-License-Identifier: Apache-2.0 */
#include "synth/amplifier.h"

#include <string.h>

#define REQUEST(name, port, payload)                     \
	{                                                \
		name, port, sizeof(payload) - 1, payload \
	}

static const struct amplifier table[] = {
        /* any record of the root, with EDNS (RFC 1035, RFC 6891) */
        REQUEST("dns", 53,
                "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x01\x00\x00\xff\x00\x01"
                "\x00\x00\x29\x10\x00\x00\x00\x00\x00\x00\x00"),
        /* mode 7, MON_GETLIST_1 */
        REQUEST("ntp", 123, "\x17\x00\x03\x2a\x00\x00\x00\x00"),
        REQUEST("ssdp", 1900,
                "M-SEARCH * HTTP/1.1\r\nHost: 239.255.255.250:1900\r\nST: ssdp:all\r\n"
                "Man: \"ssdp:discover\"\r\nMX: 3\r\n\r\n"),
        REQUEST("memcached", 11211, "\x00\x01\x00\x00\x00\x01\x00\x00stats\r\n"),
        /* search of the root DSE (RFC 4511) */
        REQUEST("cldap", 389,
                "\x30\x25\x02\x01\x01\x63\x20\x04\x00\x0a\x01\x00\x0a\x01\x00\x02\x01\x00"
                "\x02\x01\x00\x01\x01\x00\x87\x0b"
                "objectclass"
                "\x30\x00"),
        /* GET /.well-known/core (RFC 7252) */
        REQUEST("coap", 5683,
                "\x40\x01\x7d\x70\xbb.well-known\x04"
                "core"),
        /* GetBulk of 1.3.6.1, community public (RFC 3416) */
        REQUEST("snmp", 161,
                "\x30\x23\x02\x01\x01\x04\x06public\xa5\x16\x02\x01\x01\x02\x01\x00\x02\x01\x32"
                "\x30\x0b\x30\x09\x06\x05\x2b\x06\x01\x02\x01\x05\x00"),
        REQUEST("chargen", 19, "\x01"),
        REQUEST("qotd", 17, "\x0d"),
        /* DUMP (RFC 1833) */
        REQUEST("portmap", 111,
                "\x65\x72\x0a\x37\x00\x00\x00\x00\x00\x00\x00\x02\x00\x01\x86\xa0\x00\x00\x00\x02"
                "\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"),
        /* node status */
        REQUEST("netbios", 137,
                "\x80\xf0\x00\x10\x00\x01\x00\x00\x00\x00\x00\x00\x20"
                "CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\x00\x00\x21\x00\x01"),
        /* _services._dns-sd._udp.local */
        REQUEST("mdns", 5353,
                "\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x09_services\x07_dns-sd\x04_udp"
                "\x05local\x00\x00\x0c\x00\x01"),
        REQUEST("ws-discovery", 3702, "<:/>"),
        REQUEST("arms", 3283, "\x00\x14\x00\x01\x03"),
        /* phase 1 header */
        REQUEST("isakmp", 500,
                "\x5b\x5e\x64\xc0\x3e\x99\xb5\x11\x00\x00\x00\x00\x00\x00\x00\x00\x01\x10\x02\x00"
                "\x00\x00\x00\x00\x00\x00\x00\x1c"),
        /* who-is, then read-property of the device object */
        REQUEST("bacnet", 47808,
                "\x81\x0a\x00\x11\x01\x04\x00\x05\x01\x0c\x0c\x02\x3f\xff\xff\x19\x4b"),
        REQUEST("steam", 27015, "\xff\xff\xff\xffTSource Engine Query\x00"),
        REQUEST("tftp", 69, "\x00\x01x\x00octet\x00"),
        REQUEST("rip", 520,
                "\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
                "\x00\x00\x00\x10"),
};

enum { VECTORS = sizeof(table) / sizeof(table[0]) };

int amplifier_find(const char *name)
{
	for (int i = 0; i < VECTORS; i++) {
		if (strcmp(table[i].name, name) == 0)
			return i;
	}
	return -1;
}

const struct amplifier *amplifier_draw(uint32_t vectors, uint32_t key)
{
	uint32_t set = vectors ? vectors : (1u << VECTORS) - 1;
	int nth = (int)(key % (uint32_t)__builtin_popcount(set));

	for (int i = 0;; i++) {
		if ((set >> i & 1) && nth-- == 0)
			return &table[i];
	}
}
