/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One decoded packet: what parse/ found in the headers, nothing judged.
 *
 * Numbers are in host order. `payload` points into the capture buffer and lives as
 * long as that does. Fields that the protocol does not have are zero.
 */
#ifndef MODEL_PACKET_H
#define MODEL_PACKET_H

#include "model/addr.h"

#include <stdbool.h>
#include <stdint.h>

enum ip_proto {
	PROTO_ICMP = 1,
	PROTO_TCP = 6,
	PROTO_UDP = 17,
	PROTO_ICMPV6 = 58,
};

enum tcp_flag {
	TCP_FIN = 0x01,
	TCP_SYN = 0x02,
	TCP_RST = 0x04,
	TCP_PSH = 0x08,
	TCP_ACK = 0x10,
	TCP_URG = 0x20,
};

/* Layout of a SYN's options, as far as tools are told apart by it. */
enum tcp_options {
	OPTIONS_NONE,     /* header of 20 bytes */
	OPTIONS_MSS_1460, /* MSS 1460 alone (padding allowed) */
	OPTIONS_WINDOWS,  /* MSS 1460, NOP, WS 8, NOP, NOP, SACK permitted */
	OPTIONS_OTHER,
};

struct packet {
	uint64_t time_ns;
	struct addr src, dst;
	uint32_t wire_len;     /* bytes on the wire, link header included */
	uint32_t src32, dst32; /* IPv4 addresses; 0 for IPv6 */
	uint16_t src_port, dst_port;
	uint32_t seq;
	uint16_t ip_id;  /* IPv6: 0 */
	uint16_t ip_len; /* total length by the IP header; IPv6: 40 + payload, at most 65535 */
	uint16_t tcp_window;
	uint8_t tcp_flags;     /* low 8 bits: CWR ECE URG ACK PSH RST SYN FIN */
	uint8_t tcp_options;   /* enum tcp_options */
	uint32_t options_hash; /* TCP option kinds, lengths, MSS and scale; 0: none */
	uint8_t proto;         /* IANA number after extension headers */
	uint8_t ttl;           /* or hop limit */
	uint8_t icmp_type, icmp_code;
	bool v6;
	bool malformed;       /* headers cut, length lies, fragment without its header */
	bool reserved_bits;   /* IPv4 reserved flag or TCP reserved bits */
	bool quoted;          /* an ICMP error that quotes a readable packet */
	uint16_t payload_len; /* captured bytes after the transport header */
	const uint8_t *payload;
	/* The quoted packet of an ICMP error: who sent it and to whom it went. */
	struct addr quoted_src, quoted_dst;
	uint8_t quoted_proto;
	uint16_t quoted_dst_port; /* TCP/UDP port; 0 where it was not quoted */
};

#endif
