/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/records_inner.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum status records_new(struct records **out, struct input *in, unsigned worker)
{
	struct records *r = calloc(1, sizeof(*r));

	if (!r)
		return STATUS_NO_MEMORY;
	r->stream.input = in;
	r->stream.worker = worker;
	*out = r;
	return STATUS_OK;
}

uint64_t records_number(const struct records *r)
{
	return r->count + r->pending + r->broken + 1;
}

bool records_stop(struct records *r, enum status st, const char *fmt, ...)
{
	const char *name = input_name(r->stream.input);
	char text[256];
	va_list args;

	if (r->result)
		return false;
	/* Not before its end: what a reader found further on is not yet a trouble here. */
	if (r->stream.ended)
		r->result = input_result(r->stream.input, &r->trouble);
	if (r->stream.no_memory)
		r->result = trouble_set(&r->trouble, STATUS_NO_MEMORY, name, 0, "out of memory");
	if (r->result || !st)
		return false;
	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	r->result = trouble_set(&r->trouble, st, name, st == STATUS_LIMIT ? records_number(r) : 0,
	                        "%s", text);
	return false;
}

bool records_stop_cut(struct records *r)
{
	return records_stop(r, STATUS_LIMIT, "cut in the middle of packet %" PRIu64,
	                    records_number(r));
}

/* A hint for a person who took the wrong file. */
static const char *name_of_magic(const uint8_t *p, size_t n)
{
	static const struct {
		const char *bytes;
		size_t size;
		const char *name;
	} known[] = {
	        {"\xfd"
	         "7zXZ",
	         5, "xz; decompress it first"},
	        {"BZh", 3, "bzip2; decompress it first"},
	        {"\x04\x22\x4d\x18", 4, "lz4; decompress it first"},
	        {"PK\x03\x04", 4, "a zip archive; unpack it first"},
	        {"snoop", 5, "snoop; convert it with editcap"},
	        {"\x7f"
	         "ELF",
	         4, "a program"},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (n >= known[i].size && memcmp(p, known[i].bytes, known[i].size) == 0)
			return known[i].name;
	}
	return NULL;
}

static void records_refuse(struct records *r, const uint8_t *p, size_t n)
{
	const char *name = name_of_magic(p, n);
	char hex[3 * 8 + 1] = "", text[8 + 1] = "";

	if (n == 0) {
		records_stop(r, STATUS_FORMAT, "empty");
		return;
	}
	for (size_t i = 0; i < n; i++) {
		snprintf(hex + 3 * i, 4, " %02x", p[i]);
		text[i] = isprint(p[i]) ? (char)p[i] : '.';
	}
	if (name)
		records_stop(r, STATUS_FORMAT, "not a capture: looks like %s", name);
	else
		records_stop(r, STATUS_FORMAT, "not a capture: it begins with%s '%s'", hex, text);
}

static bool records_recognise(struct records *r)
{
	const uint8_t *p;
	size_t n = 8;

	do
		p = stream_need(&r->stream, n);
	while (!p && --n > 0);
	if (n >= 4 && pcap_open_file(r, p))
		r->format = FORMAT_PCAP;
	else if (n >= 4 && pcapng_open_file(r, p))
		r->format = FORMAT_PCAPNG;
	else
		records_refuse(r, p, n);
	return r->result == STATUS_OK && r->format != FORMAT_UNKNOWN;
}

static unsigned records_fill(struct records *r, struct record out[RECORD_BATCH])
{
	if (r->result || (r->format == FORMAT_UNKNOWN && !records_recognise(r)))
		return 0;
	return r->format == FORMAT_PCAP ? pcap_next(r, out) : pcapng_next(r, out);
}

enum status records_next(struct records *r, struct record out[RECORD_BATCH], unsigned *count)
{
	*count = r->over ? 0 : records_fill(r, out);
	r->count += *count;
	if (*count > 0)
		return STATUS_OK;
	if (!r->over) {
		r->over = true;
		records_stop(r, STATUS_OK, "the input's own trouble, if it has one");
		input_leave(r->stream.input, r->stream.worker);
	}
	return STATUS_END;
}

enum status records_result(const struct records *r, struct trouble *t)
{
	if (r->result && t)
		*t = r->trouble;
	return r->result;
}

uint64_t records_count(const struct records *r)
{
	return r->count;
}

uint64_t records_broken(const struct records *r)
{
	return r->broken;
}

void records_free(struct records *r)
{
	if (!r)
		return;
	if (!r->over)
		input_leave(r->stream.input, r->stream.worker);
	stream_clear(&r->stream);
	free(r->pcapng.interfaces);
	free(r);
}
