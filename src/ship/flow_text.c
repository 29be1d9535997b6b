/* SPDX-License-Identifier: Apache-2.0 */
#include "ship/flow_text.h"

#include <stdio.h>

#define CSV_HEADER                                                                      \
	"window,sensor,source,proto,port,peer_port,kind,marks,tcp_flags,packets,bytes," \
	"destinations,destinations_exact,first,last,ttl_min,ttl_max,ip_len,tcp_window," \
	"options_hash,signs\r\n"

/* Where the next character goes, and in which form. */
struct line {
	char *at;
	bool json;
};

void flow_text_init(struct flow_text *f, bool json)
{
	*f = (struct flow_text){.json = json};
	addr_text(&f->source, f->source_text);
}

const char *flow_text_header(const struct flow_text *f)
{
	return f->json ? "" : CSV_HEADER;
}

void flow_text_window(struct flow_text *f, const struct window_header *header)
{
	time_text((uint64_t)header->start_s * NS_PER_SECOND, 0, f->window);
	f->sensor = header->sensor;
}

static inline char *put_text(char *at, const char *text)
{
	while (*text)
		*at++ = *text++;
	return at;
}

static inline char *put_u64(char *at, uint64_t value)
{
	char digits[20];
	int n = 0;

	do {
		digits[n++] = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	while (n > 0)
		*at++ = digits[--n];
	return at;
}

static void put_v4(char *at, const uint8_t bytes[4])
{
	for (int i = 0; i < 4; i++) {
		at = put_u64(at, bytes[i]);
		*at++ = i < 3 ? '.' : '\0';
	}
}

/* Seconds with six digits of fraction. */
static char *put_seconds(char *at, uint32_t us)
{
	uint32_t fraction = us % 1000000;

	at = put_u64(at, us / 1000000);
	*at = '.';
	for (int i = 6; i > 0; i--, fraction /= 10)
		at[i] = (char)('0' + fraction % 10);
	return at + 7;
}

/* The comma before a field, and its name in JSON. `name` brings its quotes and colon. */
static inline void next_field(struct line *l, const char *name)
{
	*l->at++ = ',';
	if (l->json)
		l->at = put_text(l->at, name);
}

static inline void field_u64(struct line *l, const char *name, uint64_t value)
{
	next_field(l, name);
	l->at = put_u64(l->at, value);
}

static inline void field_seconds(struct line *l, const char *name, uint32_t us)
{
	next_field(l, name);
	l->at = put_seconds(l->at, us);
}

static inline void quote(struct line *l)
{
	if (l->json)
		*l->at++ = '"';
}

/* Our own words only: nothing to escape in either form. */
static inline void field_text(struct line *l, const char *name, const char *text)
{
	next_field(l, name);
	quote(l);
	l->at = put_text(l->at, text);
	quote(l);
}

static void field_marks(struct line *l, unsigned marks)
{
	bool first = true;

	next_field(l, "\"marks\":");
	quote(l);
	for (unsigned i = 0; marks >> i && i < MARK_COUNT; i++) {
		if (!(marks >> i & 1))
			continue;
		if (!first)
			*l->at++ = '+';
		l->at = put_text(l->at, mark_name((enum mark)i));
		first = false;
	}
	quote(l);
}

/* Letters from the lowest bit up, as tcpdump orders them: a SYN+ACK is "SA". */
static void field_tcp_flags(struct line *l, unsigned flags)
{
	next_field(l, "\"tcp_flags\":");
	quote(l);
	for (unsigned i = 0; flags >> i; i++) {
		if (flags >> i & 1)
			*l->at++ = "FSRPAUEC"[i];
	}
	quote(l);
}

static void field_hash(struct line *l, uint32_t hash)
{
	next_field(l, "\"options_hash\":");
	quote(l);
	for (int shift = 28; shift >= 0; shift -= 4)
		*l->at++ = "0123456789abcdef"[hash >> shift & 15];
	quote(l);
}

static void field_signs(struct line *l, unsigned signs)
{
	static const char *const names[16] = {
	        [0] = "bogon-source",     [1] = "odd-source",          [2] = "self",
	        [3] = "port-zero",        [4] = "reserved-bits",       [8] = "ttl-varies",
	        [9] = "peer-port-varies", [10] = "fingerprint-varies", [11] = "ip-id-varies",
	        [12] = "not-conficker",   [13] = "repeated",           [14] = "long-path",
	};
	bool first = true;

	next_field(l, "\"signs\":");
	quote(l);
	for (unsigned i = 0; signs >> i && i < 16; i++) {
		if (!(signs >> i & 1) || !names[i])
			continue;
		if (!first)
			*l->at++ = '+';
		l->at = put_text(l->at, names[i]);
		first = false;
	}
	quote(l);
}

static void remember_source(struct flow_text *f, const struct addr *source)
{
	if (addr_compare(source, &f->source) == 0)
		return;
	f->source = *source;
	if (addr_is_v4(source))
		put_v4(f->source_text, source->b + 12);
	else
		addr_text(source, f->source_text);
}

static void put_key(struct flow_text *f, struct line *l, const struct flow *row)
{
	remember_source(f, &row->source);
	if (l->json)
		l->at = put_text(l->at, "{\"window\":\"");
	l->at = put_text(l->at, f->window);
	quote(l);
	field_u64(l, "\"sensor\":", f->sensor);
	field_text(l, "\"source\":", f->source_text);
	field_u64(l, "\"proto\":", row->proto);
	field_u64(l, "\"port\":", row->port);
	field_u64(l, "\"peer_port\":", row->peer_port);
	field_text(l, "\"kind\":", packet_kind_name(row->kind));
	field_marks(l, row->marks);
	field_tcp_flags(l, row->tcp_flags);
}

size_t flow_text_row(struct flow_text *f, const struct flow *row, char out[FLOW_TEXT_LINE_MAX])
{
	struct line l = {.at = out, .json = f->json};

	put_key(f, &l, row);
	field_u64(&l, "\"packets\":", row->packets);
	field_u64(&l, "\"bytes\":", row->bytes);
	field_u64(&l, "\"destinations\":", row->destinations);
	next_field(&l, "\"destinations_exact\":");
	l.at = put_text(l.at, row->exact || !row->destinations ? "true" : "false");
	field_seconds(&l, "\"first\":", row->first_us);
	field_seconds(&l, "\"last\":", row->last_us);
	field_u64(&l, "\"ttl_min\":", row->ttl_min);
	field_u64(&l, "\"ttl_max\":", row->ttl_max);
	field_u64(&l, "\"ip_len\":", row->ip_len);
	field_u64(&l, "\"tcp_window\":", row->tcp_window);
	field_hash(&l, row->options_hash);
	field_signs(&l, row->signs);
	l.at = put_text(l.at, l.json ? "}\n" : "\r\n");
	return (size_t)(l.at - out);
}
