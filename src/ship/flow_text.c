/* SPDX-License-Identifier: Apache-2.0 */
#include "ship/flow_text.h"

#include "base/timefmt.h"

#include <inttypes.h>
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
	f->source_length = strlen(f->source_text);
}

const char *flow_text_header(const struct flow_text *f)
{
	return f->json ? "" : CSV_HEADER;
}

void flow_text_window(struct flow_text *f, const struct window_header *header)
{
	char start[TIME_TEXT_MAX];
	int n;

	time_text((uint64_t)header->start_s * NS_PER_SECOND, 0, start);
	n = snprintf(f->window, sizeof(f->window),
	             f->json ? "{\"window\":\"%s\",\"sensor\":%" PRIu32 : "%s,%" PRIu32, start,
	             header->sensor);
	f->window_length = (size_t)n;
}

static inline char *put_bytes(char *at, const char *bytes, size_t n)
{
	memcpy(at, bytes, n);
	return at + n;
}

/* Inlined with a constant, this is one or two stores. */
static inline char *put_text(char *at, const char *text)
{
	return put_bytes(at, text, strlen(text));
}

static const char pairs[] = "00010203040506070809101112131415161718192021222324"
                            "25262728293031323334353637383940414243444546474849"
                            "50515253545556575859606162636465666768697071727374"
                            "75767778798081828384858687888990919293949596979899";

/* Two digits at a time, from the end. */
static char *put_long(char *at, uint64_t value)
{
	char digits[20];
	size_t start = sizeof(digits);

	for (; value >= 100; value /= 100)
		memcpy(digits + (start -= 2), pairs + value % 100 * 2, 2);
	if (value >= 10)
		memcpy(digits + (start -= 2), pairs + value * 2, 2);
	else
		digits[--start] = (char)('0' + value);
	return put_bytes(at, digits + start, sizeof(digits) - start);
}

static inline char *put_u64(char *at, uint64_t value)
{
	if (value >= 10)
		return put_long(at, value);
	*at = (char)('0' + value);
	return at + 1;
}

static size_t v4_text(char *out, const uint8_t bytes[4])
{
	char *at = out;

	for (int i = 0; i < 4; i++) {
		at = put_u64(at, bytes[i]);
		*at++ = i < 3 ? '.' : '\0';
	}
	return (size_t)(at - out) - 1;
}

/* Seconds with six digits of fraction. */
static char *put_seconds(char *at, uint32_t us)
{
	uint32_t fraction = us % 1000000;

	at = put_u64(at, us / 1000000);
	*at = '.';
	memcpy(at + 1, pairs + fraction / 10000 * 2, 2);
	memcpy(at + 3, pairs + fraction / 100 % 100 * 2, 2);
	memcpy(at + 5, pairs + fraction % 100 * 2, 2);
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
	for (; marks; marks &= marks - 1) {
		unsigned i = (unsigned)__builtin_ctz(marks);

		if (i >= MARK_COUNT)
			break;
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
	for (; flags; flags &= flags - 1)
		*l->at++ = "FSRPAUEC"[__builtin_ctz(flags)];
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
	for (; signs; signs &= signs - 1) {
		unsigned i = (unsigned)__builtin_ctz(signs);

		if (!names[i])
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
	if (memcmp(source->b, f->source.b, sizeof(source->b)) == 0)
		return;
	f->source = *source;
	if (addr_is_v4(source)) {
		f->source_length = v4_text(f->source_text, source->b + 12);
	} else {
		addr_text(source, f->source_text);
		f->source_length = strlen(f->source_text);
	}
}

static void put_key(struct flow_text *f, struct line *l, const struct flow *row)
{
	remember_source(f, &row->source);
	l->at = put_bytes(l->at, f->window, f->window_length);
	next_field(l, "\"source\":");
	quote(l);
	l->at = put_bytes(l->at, f->source_text, f->source_length);
	quote(l);
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
