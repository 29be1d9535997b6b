/* SPDX-License-Identifier: Apache-2.0 */
/*
 * IP headers, inside this room: of a captured packet, and of the packet that an ICMP error
 * quotes. Pure, any thread.
 */
#ifndef PARSE_IP_H
#define PARSE_IP_H

#include "parse/parse.h"

enum { IPV4_HEADER_BYTES = 20, IPV6_HEADER_BYTES = 40, EXTENSION_HEADERS_MAX = 16 };

/* What stands between an IPv6 fixed header and the transport header. */
struct extensions {
	uint8_t proto;        /* the first header that is no extension, or where it broke off */
	const uint8_t *bytes; /* behind the extension headers */
	uint32_t captured;    /* bytes there */
	uint32_t length;      /* of the extension headers */
	uint32_t jumbo;       /* jumbo payload length (RFC 2675); 0: none */
	bool broken;          /* cut, or more than EXTENSION_HEADERS_MAX */
	bool fragment_tail, more_fragments;
};

/* Walk from the header number `next` at bytes. Authentication headers are walked through. */
void extensions_walk(struct extensions *x, uint8_t next, const uint8_t *bytes, uint32_t captured);

#endif
