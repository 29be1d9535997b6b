/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stretches of a line, inside this room: split at separators with the quotes of RFC 4180, read
 * as numbers, times, addresses and protocols. Nothing is copied or changed; a stretch ends with
 * its line. Pure, any thread.
 */
#ifndef HISTORY_TEXT_H
#define HISTORY_TEXT_H

#include "base/status.h"
#include "model/addr.h"

struct text {
	const char *at;
	size_t n;
};

enum { TEXT_FIELDS_MAX = 128 };

/* White space and one pair of quotes taken off. */
struct text text_trim(struct text s);

bool text_is(struct text s, const char *word); /* letters of either case */

/* Fields between any of `separators`; a separator inside double quotes is none. Fields past
 * TEXT_FIELDS_MAX are left out. */
unsigned text_split(struct text line, const char *separators, struct text *fields);

/* A whole number without sign, at most `high`. */
bool text_number(struct text s, uint64_t high, uint64_t *out);

/* Seconds since 1970: RFC 3339 with 'T' or a space, also before the offset; without an offset
 * UTC. Or seconds (up to 10 digits, fraction cut off) or milliseconds (13 digits) as a number.
 * False also for times past 2105, which 32 bits do not hold. */
bool text_time(struct text s, uint32_t *time_s);

/* An IPv4 or IPv6 address; a bare number is IPv4 in host order. */
bool text_addr(struct text s, struct addr *out);

/* An IANA protocol number, or tcp, udp, icmp, icmp6, sctp, gre, igmp in either case. */
bool text_proto(struct text s, uint8_t *out);

#endif
