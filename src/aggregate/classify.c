/* SPDX-License-Identifier: Apache-2.0 */
#include "aggregate/classify.h"

#include <string.h>

/* Slammer (CAIDA 2003): 376 bytes to UDP 1434, first byte 4. */
static bool is_slammer(const struct packet *p)
{
	return p->proto == PROTO_UDP && p->dst_port == 1434 && p->ip_len == 404 &&
	       p->payload[0] == 4;
}

/* Witty (Shannon and Moore 2004): UDP from port 4000, an ICQ packet (version 5), padded to
 * a random length, 768 bytes and more. */
static bool is_witty(const struct packet *p)
{
	return p->proto == PROTO_UDP && p->src_port == 4000 && p->ip_len >= 768 &&
	       p->payload[0] == 5 && p->payload_len >= 2 && p->payload[1] == 0;
}

static bool starts_with(const struct packet *p, const char *text)
{
	size_t n = strlen(text);

	return p->payload_len >= n && memcmp(p->payload, text, n) == 0;
}

/* Code Red (CERT CA-2001-19): GET /default.ida? followed by a run of N or X. */
static bool is_codered(const struct packet *p)
{
	return p->proto == PROTO_TCP && p->dst_port == 80 &&
	       (starts_with(p, "GET /default.ida?NNNN") || starts_with(p, "GET /default.ida?XXXX"));
}

/* Blaster (CERT CA-2003-20): a DCE RPC bind to ISystemActivator (000001a0-...) on TCP 135;
 * the interface's UUID stands at offset 32 of the bind. */
static bool is_blaster(const struct packet *p)
{
	static const uint8_t bind[] = {5, 0, 0x0b, 3};
	static const uint8_t activator[] = {0xa0, 1, 0, 0, 0, 0, 0, 0,
	                                    0xc0, 0, 0, 0, 0, 0, 0, 0x46};

	return p->proto == PROTO_TCP && p->dst_port == 135 && p->payload_len >= 48 &&
	       memcmp(p->payload, bind, sizeof(bind)) == 0 &&
	       memcmp(p->payload + 32, activator, sizeof(activator)) == 0;
}

bool classify_payload(const struct packet *p)
{
	return p->proto == PROTO_UDP ? is_slammer(p) || is_witty(p)
	                             : is_codered(p) || is_blaster(p);
}

/* RFC 6890 and successors: space that cannot be a source on the Internet. */
static bool is_bogon(uint32_t a)
{
	/* A bit for each first byte of the table below: 0, 10; 100, 127; 169, 172; 192, 198, 203.
	 */
	static const uint32_t suspects[7] = {1u << 0 | 1u << 10,
	                                     0,
	                                     0,
	                                     1u << (100 - 96) | 1u << (127 - 96),
	                                     0,
	                                     1u << (169 - 160) | 1u << (172 - 160),
	                                     1u << (192 - 192) | 1u << (198 - 192) |
	                                             1u << (203 - 192)};
	static const struct {
		uint32_t base, mask;
	} bogons[] = {
	        {0x00000000, 0xff000000}, /* 0.0.0.0/8 "this network" */
	        {0x0a000000, 0xff000000}, /* 10.0.0.0/8 private */
	        {0x64400000, 0xffc00000}, /* 100.64.0.0/10 shared (RFC 6598) */
	        {0x7f000000, 0xff000000}, /* 127.0.0.0/8 loopback */
	        {0xa9fe0000, 0xffff0000}, /* 169.254.0.0/16 link local */
	        {0xac100000, 0xfff00000}, /* 172.16.0.0/12 private */
	        {0xc0000000, 0xffffff00}, /* 192.0.0.0/24 protocol assignments */
	        {0xc0000200, 0xffffff00}, /* 192.0.2.0/24 documentation */
	        {0xc0a80000, 0xffff0000}, /* 192.168.0.0/16 private */
	        {0xc6120000, 0xfffe0000}, /* 198.18.0.0/15 benchmarks */
	        {0xc6336400, 0xffffff00}, /* 198.51.100.0/24 documentation */
	        {0xcb007100, 0xffffff00}, /* 203.0.113.0/24 documentation */
	        {0xe0000000, 0xe0000000}, /* 224.0.0.0/3 multicast, reserved, broadcast */
	};

	/* Most of the Internet is none of these first bytes. */
	if (a < 0xe0000000 && !(suspects[a >> 29] >> (a >> 24 & 31) & 1))
		return false;
	for (size_t i = 0; i < sizeof(bogons) / sizeof(bogons[0]); i++) {
		if ((a & bogons[i].mask) == bogons[i].base)
			return true;
	}
	return false;
}

uint16_t classify_source_signs(uint32_t src32)
{
	uint8_t last = src32 & 0xff;
	unsigned signs = is_bogon(src32) ? SIGN_BOGON_SOURCE : 0;

	if (last == 0 || last == 255)
		signs |= SIGN_ODD_SOURCE;
	return (uint16_t)signs;
}
