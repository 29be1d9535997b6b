/* SPDX-License-Identifier: Apache-2.0 */
#include "aggregate/classify.h"

#include "model/bogon.h"

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

uint16_t classify_source_signs(uint32_t src32)
{
	uint8_t last = src32 & 0xff;
	unsigned signs = bogon_is_v4(src32) ? SIGN_BOGON_SOURCE : 0;

	if (last == 0 || last == 255)
		signs |= SIGN_ODD_SOURCE;
	return (uint16_t)signs;
}
