/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pcap (draft-ietf-opsawg-pcap): a header of 24 bytes, then records of seconds, fraction,
 * captured length, wire length, bytes. Either byte order, told by the magic number.
 */
#include "base/cursor.h"
#include "base/timefmt.h"
#include "capture/records_inner.h"

#include <inttypes.h>

enum {
	FILE_HEADER_BYTES = 24,
	RECORD_HEADER_BYTES = 16,
	/* Kuznetzov's Linux patch of 1998 adds interface, protocol and packet type. */
	KUZNETZOV_HEADER_BYTES = 24,
	LINK_MASK = 0xffff, /* above: length of a frame check sequence */
};

static bool pcap_magic(struct pcap_file *f, uint32_t magic)
{
	f->header_bytes = RECORD_HEADER_BYTES;
	f->fraction_ns = 1000;
	switch (magic) {
	case 0xa1b2c3d4:
		return true;
	case 0xa1b23c4d:
		f->fraction_ns = 1;
		return true;
	case 0xa1b2cd34:
		f->header_bytes = KUZNETZOV_HEADER_BYTES;
		return true;
	default:
		return false;
	}
}

static inline uint32_t pcap_u32(const uint8_t *p, bool swapped)
{
	return swapped ? bytes_be32(p) : bytes_le32(p);
}

bool pcap_open_file(struct records *r, const uint8_t magic[4])
{
	struct pcap_file *f = &r->pcap;
	const uint8_t *p;
	unsigned major;

	f->swapped = !pcap_magic(f, bytes_le32(magic));
	if (f->swapped && !pcap_magic(f, bytes_be32(magic)))
		return false;
	p = stream_need(&r->stream, FILE_HEADER_BYTES);
	if (!p)
		return !records_stop(r, STATUS_FORMAT, "cut within the file header");
	major = f->swapped ? bytes_be16(p + 4) : bytes_le16(p + 4);
	if (major != 2)
		return !records_stop(r, STATUS_FORMAT, "pcap version %u is not known", major);
	f->link = pcap_u32(p + 20, f->swapped) & LINK_MASK;
	stream_skip(&r->stream, FILE_HEADER_BYTES);
	return true;
}

static inline void pcap_record(struct record *out, const struct pcap_file *f, const uint8_t *p,
                               uint32_t captured, bool swapped)
{
	uint32_t wire = pcap_u32(p + 12, swapped);

	/* Below 2^63, as 32 bits of seconds and 32 of a fraction are. */
	out->time_ns = pcap_u32(p, swapped) * NS_PER_SECOND +
	               (uint64_t)pcap_u32(p + 4, swapped) * f->fraction_ns;
	out->bytes = p + f->header_bytes;
	out->captured = captured;
	out->wire = wire < captured ? captured : wire;
	out->link = f->link;
}

/* The records that lie whole in the present block, from out[n] on. */
static inline __attribute__((always_inline)) unsigned
pcap_walk(struct records *r, struct record *out, unsigned n, bool swapped)
{
	const struct pcap_file f = r->pcap;
	const uint8_t *at = r->stream.at, *end = r->stream.end;

	for (; n < RECORD_BATCH && (size_t)(end - at) >= f.header_bytes; n++) {
		uint32_t captured = pcap_u32(at + 8, swapped);

		if (captured > (size_t)(end - at) - f.header_bytes)
			break;
		pcap_record(&out[n], &f, at, captured, swapped);
		at += f.header_bytes + captured;
	}
	r->stream.at = at;
	return n;
}

/* The record that straddles blocks; false at the end. */
static bool pcap_straddling(struct records *r, struct record *out)
{
	const struct pcap_file *f = &r->pcap;
	const uint8_t *p;
	uint32_t captured;

	if (stream_at_end(&r->stream))
		return false;
	p = stream_need(&r->stream, f->header_bytes);
	if (!p)
		return records_stop_cut(r);
	captured = pcap_u32(p + 8, f->swapped);
	if (captured > RECORD_BYTES_MAX - f->header_bytes)
		return records_stop(r, STATUS_LIMIT, "packet %" PRIu64 " claims %u captured bytes",
		                    records_number(r), captured);
	p = stream_need(&r->stream, f->header_bytes + captured);
	if (!p)
		return records_stop_cut(r);
	pcap_record(out, f, p, captured, f->swapped);
	return stream_skip(&r->stream, f->header_bytes + captured);
}

static unsigned pcap_walk_any(struct records *r, struct record *out, unsigned n)
{
	return r->pcap.swapped ? pcap_walk(r, out, n, true) : pcap_walk(r, out, n, false);
}

unsigned pcap_next(struct records *r, struct record out[RECORD_BATCH])
{
	unsigned n = 0;

	/* Bytes that are carried over belong to a record before those of the block. */
	if (r->stream.carry_size == 0)
		n = pcap_walk_any(r, out, 0);
	if (n > 0)
		return n;
	if (!pcap_straddling(r, &out[0]))
		return 0;
	return pcap_walk_any(r, out, 1);
}
