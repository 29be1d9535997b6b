/* SPDX-License-Identifier: Apache-2.0 */
/* Every link layer carries the same packet, and is cut at each of its bytes. */
#include "packets.h"

#define MACS "020202020202 040404040404 "
#define IP4                                                                                 \
	"45000028 d4314000 40060000 c6336407 c0000209 9c400017 deadbeef 00000000 50020400 " \
	"00000000"
#define IP6                                                                                      \
	"60000000 0014 06 40 20010db8000000000000000000000001 20010db8000000000000000000000002 " \
	"9c400017 deadbeef 00000000 50020400 00000000"

struct link_case {
	const char *name;
	uint32_t link;
	const char *header;
	const char *packet;
};

static const struct link_case cases[] = {
        {"ethernet, IPv4", 1, MACS "0800", IP4},
        {"ethernet, IPv6", 1, MACS "86dd", IP6},
        {"802.1Q", 1, MACS "8100 0007 0800", IP4},
        {"802.1Q priority tag, IPv6", 1, MACS "8100 e000 86dd", IP6},
        {"802.1ad", 1, MACS "88a8 0064 8100 0007 0800", IP4},
        {"QinQ of old", 1, MACS "9100 0064 8100 0007 0800", IP4},
        {"three tags", 1, MACS "88a8 0001 8100 0002 8100 0003 0800", IP4},
        {"SNAP", 1, MACS "0030 aaaa03 000000 0800", IP4},
        {"PPPoE", 1, MACS "8864 1100 0001 002a 0021", IP4},
        {"PPPoE in a VLAN, IPv6", 1, MACS "8100 0007 8864 1100 0001 003e 0057", IP6},
        {"MPLS", 1, MACS "8847 0001 01 40", IP4},
        {"MPLS, three labels, IPv6", 1, MACS "8847 00010040 00020040 00003140", IP6},
        {"MPLS multicast", 1, MACS "8848 00010140", IP4},
        {"PPPoE with MPLS", 1, MACS "8864 1100 0001 002e 0281 00010140", IP4},
        {"cooked", 113, "0000 0001 0006 020202020202 0000 0800", IP4},
        {"cooked, IPv6", 113, "0004 0001 0006 020202020202 0000 86dd", IP6},
        {"cooked, VLAN", 113, "0000 0001 0006 020202020202 0000 8100 0007 0800", IP4},
        {"cooked 2", 276, "0800 0000 00000002 0001 00 06 0202020202020000", IP4},
        {"cooked 2, IPv6", 276, "86dd 0000 00000002 0001 00 06 0202020202020000", IP6},
        {"cooked 2, VLAN", 276, "8100 0000 00000002 0001 00 06 0202020202020000 0007 0800", IP4},
        {"cooked 2, MPLS", 276, "8847 0000 00000002 0001 00 06 0202020202020000 00010140", IP4},
        {"raw 12", 12, "", IP4},
        {"raw 14", 14, "", IP6},
        {"raw 101, IPv4", 101, "", IP4},
        {"raw 101, IPv6", 101, "", IP6},
        {"raw IPv4", 228, "", IP4},
        {"raw IPv6", 229, "", IP6},
        {"null, little endian", 0, "02000000", IP4},
        {"null, big endian", 0, "00000002", IP4},
        {"null, FreeBSD IPv6", 0, "1c000000", IP6},
        {"null, macOS IPv6", 0, "1e000000", IP6},
        {"null, NetBSD IPv6, big endian", 0, "00000018", IP6},
        {"null, Linux IPv6", 0, "0a000000", IP6},
        {"loop", 108, "00000002", IP4},
        {"PPP", 9, "0021", IP4},
        {"PPP, address and control", 9, "ff03 0057", IP6},
        {"PPP, short protocol", 9, "21", IP4},
        {"PPP, HDLC", 50, "ff03 0021", IP4},
        {"PPP over Ethernet", 51, "1100 0001 002a 0021", IP4},
        {"MPLS alone", 219, "00010140", IP4},
};

static void check_case(const struct link_case *c)
{
	struct bytes b = {0};
	size_t header, full, fixed = c->packet[0] == '4' ? 20 : 40;
	bool right = true;

	put_hex(&b, c->header);
	header = b.size;
	put_hex(&b, c->packet);
	full = b.size;
	for (size_t n = 0; n <= full; n++) {
		struct parsed r = parse(c->link, b.at, n, full);

		right &= r.ip == (n >= header + fixed);
		right &= r.ip || r.skip == SKIP_SHORT;
		right &= !r.ip || (r.p.v6 == (fixed == 40) && r.p.proto == PROTO_TCP);
		right &= !r.ip || r.p.malformed == (n < header + fixed + 14);
		right &= n < full || (r.p.dst_port == 23 && r.p.seq == 0xdeadbeef);
		if (!right) {
			printf("# %s, %zu of %zu bytes\n", c->name, n, full);
			break;
		}
	}
	CHECK(right);
	bytes_clear(&b);
}

static void check_skipped(uint32_t link, const char *hex, enum skip_reason why)
{
	struct parsed r = parse_hex(link, hex);

	CHECK(!r.ip);
	CHECK_U64(r.skip, why);
}

static void test_not_ip(void)
{
	check_skipped(1, MACS "0806 0001080006040001", SKIP_NOT_IP);
	check_skipped(1, MACS "0026 424203 000000000000", SKIP_NOT_IP);     /* spanning tree */
	check_skipped(1, MACS "0800 60000000 0000 06 40" IP4, SKIP_NOT_IP); /* lies */
	check_skipped(1, MACS "86dd" IP4, SKIP_NOT_IP);
	check_skipped(1, MACS "8864 1109 0001 002a 0021" IP4, SKIP_NOT_IP); /* discovery */
	check_skipped(1, MACS "8864 1100 0001 002a c021" IP4, SKIP_NOT_IP); /* LCP */
	check_skipped(1, MACS "8847 00010140 00000000" IP4, SKIP_NOT_IP);   /* control word */
	check_skipped(101, "00000000 00000000", SKIP_NOT_IP);
	check_skipped(228, IP6, SKIP_NOT_IP);
	check_skipped(229, IP4, SKIP_NOT_IP);
	check_skipped(0, "07000000" IP4, SKIP_NOT_IP);
	check_skipped(276, "0806 0000 00000002 0001 00 06 0202020202020000", SKIP_NOT_IP);
	check_skipped(105, IP4, SKIP_LINK);
	check_skipped(UINT32_MAX, IP4, SKIP_LINK);
	check_skipped(1, "", SKIP_SHORT);
	check_skipped(101, "", SKIP_SHORT);
}

/* Tags and labels without end. */
static void test_bounds(void)
{
	struct bytes b = {0};

	put_hex(&b, MACS);
	for (int i = 0; i < 5000; i++)
		put_hex(&b, "8100 0001");
	CHECK(!parse(1, b.at, b.size, b.size).ip);
	b.size = 0;
	put_hex(&b, MACS "8847");
	for (int i = 0; i < 5000; i++)
		put_hex(&b, "00010040");
	CHECK(!parse(1, b.at, b.size, b.size).ip);
	bytes_clear(&b);
}

int main(void)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check_case(&cases[i]);
	test_not_ip();
	test_bounds();
	return tap_done();
}
