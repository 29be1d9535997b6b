/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ICMP and ICMPv6, inside this room: type, code, and the packet that an error quotes.
 * Pure, any thread.
 */
#ifndef PARSE_ICMP_H
#define PARSE_ICMP_H

#include "parse/parse.h"

enum { ICMP_HEADER_BYTES = 8 };

void icmp_read(struct packet *p, const struct transport *t);

#endif
