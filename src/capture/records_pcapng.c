/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pcapng (draft-ietf-opsawg-pcapng): blocks of type, total length, body, total length again.
 *
 *   section header      byte order of what follows; interfaces start anew
 *   interface           link type, snapshot length, options (time unit and offset)
 *   enhanced packet     interface, time, lengths, bytes
 *   simple packet       wire length, bytes; interface 0, no time
 *   packet              (obsolete) as enhanced, with a 16-bit interface
 *
 * All else is passed over. The framing must hold, or the stream ends: behind a block that
 * lies nothing can be believed. A packet block whose inside lies is counted and passed over.
 */
#include "base/cursor.h"
#include "base/timefmt.h"
#include "capture/records_inner.h"

#include <inttypes.h>
#include <stdlib.h>

enum {
	BLOCK_SECTION = 0x0a0d0d0a, /* the same in either byte order */
	BLOCK_INTERFACE = 1,
	BLOCK_PACKET = 2,
	BLOCK_SIMPLE = 3,
	BLOCK_ENHANCED = 6,

	BYTE_ORDER_MAGIC = 0x1a2b3c4d,

	BLOCK_BYTES_MIN = 12, /* type, length, length */
	SECTION_BYTES_MIN = 28,
	BLOCK_BODY = 8,           /* where the body begins */
	PACKET_HEADER_BYTES = 20, /* of an enhanced packet's body */

	OPTION_END = 0,
	OPTION_TIME_UNIT = 9,
	OPTION_TIME_OFFSET = 14,

	INTERFACES_MAX = 65536, /* in a section: 3 MiB */
};

static uint16_t u16(const struct records *r, const uint8_t *p)
{
	return r->pcapng.big_endian ? bytes_be16(p) : bytes_le16(p);
}

static uint32_t u32(const struct records *r, const uint8_t *p)
{
	return r->pcapng.big_endian ? bytes_be32(p) : bytes_le32(p);
}

static uint64_t u64(const struct records *r, const uint8_t *p)
{
	return r->pcapng.big_endian ? bytes_be64(p) : bytes_le64(p);
}

/* if_tsresol: 10^-n, or 2^-n with the high bit set. 10^-6 where it is not given. */
static void set_unit(struct pcapng_interface *i, uint8_t resolution)
{
	unsigned n = resolution & 0x7f;

	*i = (struct pcapng_interface){
	        .link = i->link, .snaplen = i->snaplen, .offset_s = i->offset_s, .divide = 1};
	if (resolution & 0x80) {
		i->multiply = NS_PER_SECOND;
		i->shift = n;
		return;
	}
	i->multiply = 1;
	for (; n < 9; n++)
		i->multiply *= 10;
	for (; n > 9; n--)
		i->divide = i->divide <= UINT64_MAX / 10 ? i->divide * 10 : 0;
}

/* Nanoseconds since 1970; 0 where that does not fit. */
static uint64_t time_of(const struct pcapng_interface *i, uint64_t units)
{
	__extension__ typedef __int128 wide;
	__extension__ typedef unsigned __int128 wide_unsigned;
	wide ns;

	if (i->divide == 0)
		return 0;
	ns = (wide)((wide_unsigned)units * i->multiply >> i->shift);
	if (i->divide > 1)
		ns /= i->divide;
	ns += (wide)i->offset_s * (int64_t)NS_PER_SECOND;
	return ns >= 0 && ns <= (wide)UINT64_MAX ? (uint64_t)ns : 0;
}

/* Options of code, length, value padded to four; one that lies ends the list. */
static void read_interface_options(const struct records *r, struct pcapng_interface *i,
                                   const uint8_t *bytes, size_t n)
{
	struct cursor c = cursor_over(bytes, n);

	while (cursor_left(&c) >= 4) {
		const uint8_t *head = cursor_take(&c, 4), *value;
		uint16_t code = u16(r, head), length = u16(r, head + 2);

		value = cursor_take(&c, length);
		if (!value || code == OPTION_END)
			return;
		cursor_skip(&c, -(size_t)length & 3);
		if (code == OPTION_TIME_UNIT && length == 1)
			set_unit(i, value[0]);
		if (code == OPTION_TIME_OFFSET && length == 8)
			i->offset_s = (int64_t)u64(r, value);
	}
}

static bool add_interface(struct records *r, const uint8_t *body, size_t n)
{
	struct pcapng_file *f = &r->pcapng;
	struct pcapng_interface i = {0};

	if (n < 8 || f->interface_count == INTERFACES_MAX)
		return records_stop(r, STATUS_LIMIT,
		                    "broken interface block before packet %" PRIu64,
		                    records_number(r));
	if (f->interface_count == f->interface_room) {
		size_t room = f->interface_room ? f->interface_room * 2 : 8;
		void *grown = reallocarray(f->interfaces, room, sizeof(*f->interfaces));

		r->stream.no_memory |= !grown;
		if (!grown)
			return records_stop(r, STATUS_NO_MEMORY, "out of memory");
		f->interfaces = grown;
		f->interface_room = room;
	}
	i.link = u16(r, body);
	i.snaplen = u32(r, body + 4);
	set_unit(&i, 6);
	read_interface_options(r, &i, body + 8, n - 8);
	f->interfaces[f->interface_count++] = i;
	return true;
}

/* The byte order is known before the length is read. */
static bool begin_section(struct records *r, const uint8_t *block, size_t n)
{
	unsigned major;

	if (n < SECTION_BYTES_MIN)
		return records_stop(r, STATUS_LIMIT, "broken section before packet %" PRIu64,
		                    records_number(r));
	major = u16(r, block + 12);
	if (major != 1)
		return records_stop(r, records_number(r) > 1 ? STATUS_LIMIT : STATUS_FORMAT,
		                    "pcapng version %u is not known", major);
	r->pcapng.interface_count = 0;
	return true;
}

/* An enhanced or an old packet block: they differ in the interface's width alone, 32 bits or
 * 16 with as many of a drop count. */
static bool read_packet(struct records *r, uint32_t interface, const uint8_t *body, size_t n,
                        struct record *out)
{
	const struct pcapng_interface *i;
	uint32_t captured = u32(r, body + 12), wire = u32(r, body + 16);

	if (interface >= r->pcapng.interface_count || captured > n - PACKET_HEADER_BYTES)
		return false;
	i = &r->pcapng.interfaces[interface];
	out->time_ns = time_of(i, (uint64_t)u32(r, body + 4) << 32 | u32(r, body + 8));
	out->bytes = body + PACKET_HEADER_BYTES;
	out->captured = captured;
	out->wire = wire < captured ? captured : wire;
	out->link = i->link;
	return true;
}

/* The captured length is not written: all, as far as the snapshot length allows. */
static bool read_simple(struct records *r, const uint8_t *body, size_t n, struct record *out)
{
	const struct pcapng_interface *i = r->pcapng.interfaces;
	uint32_t captured;

	if (n < 4 || r->pcapng.interface_count == 0)
		return false;
	out->time_ns = 0;
	out->wire = captured = u32(r, body);
	if (i->snaplen && i->snaplen < captured)
		captured = i->snaplen;
	if (captured > n - 4)
		return false;
	out->bytes = body + 4;
	out->captured = captured;
	out->link = i->link;
	return true;
}

static bool is_packet(uint32_t type)
{
	return type == BLOCK_ENHANCED || type == BLOCK_SIMPLE || type == BLOCK_PACKET;
}

static bool read_packet_block(struct records *r, uint32_t type, const uint8_t *body, size_t n,
                              struct record *out)
{
	if (type == BLOCK_SIMPLE)
		return read_simple(r, body, n, out);
	if (n < PACKET_HEADER_BYTES)
		return false;
	return read_packet(r, type == BLOCK_PACKET ? u16(r, body) : u32(r, body), body, n, out);
}

/* One whole block; true when it filled in a record. */
static bool read_block(struct records *r, uint32_t type, const uint8_t *block, uint32_t length,
                       struct record *out)
{
	const uint8_t *body = block + BLOCK_BODY;
	size_t n = length - BLOCK_BYTES_MIN;

	if (type == BLOCK_SECTION)
		(void)begin_section(r, block, length);
	else if (type == BLOCK_INTERFACE)
		(void)add_interface(r, body, n);
	else if (is_packet(type)) {
		if (read_packet_block(r, type, body, n, out))
			return true;
		r->broken++;
	}
	return false;
}

/* Type and length of the block at p, of which 12 bytes are there. 0: they make no sense. */
static uint32_t block_length(struct records *r, const uint8_t *p, uint32_t *type)
{
	uint32_t length;

	*type = u32(r, p);
	if (*type == BLOCK_SECTION) {
		if (bytes_be32(p + 8) != BYTE_ORDER_MAGIC && bytes_le32(p + 8) != BYTE_ORDER_MAGIC)
			return 0;
		r->pcapng.big_endian = bytes_be32(p + 8) == BYTE_ORDER_MAGIC;
	}
	length = u32(r, p + 4);
	if (length < BLOCK_BYTES_MIN || length % 4 != 0 || length > RECORD_BYTES_MAX)
		return 0;
	return length;
}

static bool stop_broken(struct records *r)
{
	return records_stop(r, STATUS_LIMIT, "broken block before packet %" PRIu64,
	                    records_number(r));
}

/* A block that does not lie in the present input block, or might not. The result of
 * read_block(), through *filled; false: the stream ends here. */
static bool next_block(struct records *r, struct record *out, bool *filled)
{
	uint32_t type, length;
	const uint8_t *p;

	*filled = false;
	if (stream_at_end(&r->stream))
		return false;
	p = stream_need(&r->stream, BLOCK_BYTES_MIN);
	if (!p)
		return records_stop_cut(r);
	length = block_length(r, p, &type);
	if (length == 0)
		return stop_broken(r);
	p = stream_need(&r->stream, length);
	if (!p)
		return records_stop_cut(r);
	if (u32(r, p + length - 4) != length)
		return stop_broken(r);
	*filled = read_block(r, type, p, length, out);
	return stream_skip(&r->stream, length) && r->result == STATUS_OK;
}

/* True when the next block lies whole in the present input block, so that reading it moves
 * nothing that was handed out in this batch. */
static bool block_is_here(struct records *r)
{
	const struct stream *s = &r->stream;
	uint32_t type;

	if (s->carry_size > 0 || stream_here(s) < BLOCK_BYTES_MIN)
		return false;
	return block_length(r, s->at, &type) <= stream_here(s);
}

bool pcapng_open_file(struct records *r, const uint8_t magic[4])
{
	uint32_t type, length;
	const uint8_t *p;

	if (bytes_be32(magic) != BLOCK_SECTION)
		return false;
	p = stream_need(&r->stream, BLOCK_BYTES_MIN);
	length = p ? block_length(r, p, &type) : 0;
	if (length == 0)
		return !records_stop(r, STATUS_FORMAT, "pcapng without a whole section header");
	return true;
}

unsigned pcapng_next(struct records *r, struct record out[RECORD_BATCH])
{
	unsigned n = 0;
	bool filled;

	while (n < RECORD_BATCH && (n == 0 || block_is_here(r))) {
		/* The count is behind by the records of this batch, for the trouble's text. */
		r->pending = n;
		if (!next_block(r, &out[n], &filled))
			break;
		n += filled;
	}
	r->pending = 0;
	return n;
}
