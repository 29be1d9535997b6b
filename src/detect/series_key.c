/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/digest.h"

#include "model/packet.h"

#include <stdio.h>

uint64_t series_all(void)
{
	return UINT64_C(1) << 40; /* scope 0: any bit that is not 0 */
}

uint64_t series_port(uint8_t proto, uint16_t port)
{
	return (uint64_t)SCOPE_PORT << 56 | (uint64_t)proto << 48 | (uint64_t)port << 32;
}

uint64_t series_country(uint8_t proto, uint16_t port, const char country[3])
{
	return (uint64_t)SCOPE_COUNTRY << 56 | (uint64_t)proto << 48 | (uint64_t)port << 32 |
	       (uint32_t)(uint8_t)country[0] << 8 | (uint8_t)country[1];
}

/* IPv4 has protocol 4 here, IPv6 41, as on the wire (RFC 2473, 4213). */
uint64_t series_network(const struct addr *source)
{
	uint32_t top = (uint32_t)source->b[0] << 24 | (uint32_t)source->b[1] << 16 |
	               (uint32_t)source->b[2] << 8 | source->b[3];

	if (addr_is_v4(source))
		return (uint64_t)SCOPE_NETWORK << 56 | UINT64_C(4) << 48 |
		       (addr_low32(source) & 0xffff0000);
	return (uint64_t)SCOPE_NETWORK << 56 | UINT64_C(41) << 48 | top;
}

enum scope series_scope(uint64_t key)
{
	return (enum scope)(key >> 56);
}

uint8_t series_proto(uint64_t key)
{
	return (uint8_t)(key >> 48);
}

uint16_t series_port_number(uint64_t key)
{
	return (uint16_t)(key >> 32);
}

static void port_text(uint64_t key, char *out, size_t size)
{
	unsigned port = series_port_number(key);

	switch (series_proto(key)) {
	case PROTO_TCP:
		snprintf(out, size, "%u/tcp", port);
		break;
	case PROTO_UDP:
		snprintf(out, size, "%u/udp", port);
		break;
	case PROTO_ICMP:
		snprintf(out, size, "icmp type %u", port >> 8);
		break;
	case PROTO_ICMPV6:
		snprintf(out, size, "icmpv6 type %u", port >> 8);
		break;
	default:
		snprintf(out, size, "protocol %u", series_proto(key));
	}
}

static void network_text(uint64_t key, char *out, size_t size)
{
	uint32_t low = (uint32_t)key;
	struct prefix p = {.length = series_proto(key) == 4 ? 112 : 32};
	char text[PREFIX_TEXT_MAX];

	if (series_proto(key) == 4)
		p.base = addr_v4(low);
	for (int i = 0; series_proto(key) != 4 && i < 4; i++)
		p.base.b[i] = (uint8_t)(low >> (24 - 8 * i));
	prefix_text(&p, text);
	snprintf(out, size, "%s", text);
}

void series_text(uint64_t key, char out[SERIES_TEXT_MAX])
{
	char port[32];

	port_text(key, port, sizeof(port));
	switch (series_scope(key)) {
	case SCOPE_PORT:
		snprintf(out, SERIES_TEXT_MAX, "%s", port);
		break;
	case SCOPE_COUNTRY:
		snprintf(out, SERIES_TEXT_MAX, "%c%c on %s", (char)(key >> 8 & 0x7f),
		         (char)(key & 0x7f), port);
		break;
	case SCOPE_NETWORK:
		network_text(key, out, SERIES_TEXT_MAX);
		break;
	default:
		snprintf(out, SERIES_TEXT_MAX, "all");
	}
}
