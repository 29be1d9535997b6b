/* SPDX-License-Identifier: Apache-2.0 */
#include "synth/trace_out.h"

#include "base/timefmt.h"

#include <string.h>

enum { LINK_ETHERNET = 1 };

static void put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)value;
	at[1] = (uint8_t)(value >> 8);
}

static void put32(uint8_t *at, uint32_t value)
{
	put16(at, value & 0xffff);
	put16(at + 2, value >> 16);
}

/* magic, 2.4, zone, accuracy, snaplen, link type */
static void begin_pcap(const struct trace_out *out)
{
	uint8_t header[24] = {0};

	put32(header, 0xa1b2c3d4);
	put16(header + 4, 2);
	put16(header + 6, 4);
	put32(header + 16, out->snaplen);
	put32(header + 20, LINK_ETHERNET);
	outfile_write(out->file, header, sizeof(header));
}

/* A section header block and one interface description block, default resolution. */
static void begin_pcapng(const struct trace_out *out)
{
	uint8_t blocks[28 + 20] = {0}, *interface = blocks + 28;

	put32(blocks, 0x0a0d0d0a);
	put32(blocks + 4, 28);
	put32(blocks + 8, 0x1a2b3c4d);
	put16(blocks + 12, 1);
	memset(blocks + 16, 0xff, 8); /* section length not given */
	put32(blocks + 24, 28);
	put32(interface, 1);
	put32(interface + 4, 20);
	put16(interface + 8, LINK_ETHERNET);
	put32(interface + 12, out->snaplen);
	put32(interface + 16, 20);
	outfile_write(out->file, blocks, sizeof(blocks));
}

void trace_begin(struct trace_out *out, struct outfile *file, bool pcapng, uint32_t snaplen)
{
	*out = (struct trace_out){.file = file, .snaplen = snaplen, .pcapng = pcapng};
	if (pcapng)
		begin_pcapng(out);
	else
		begin_pcap(out);
}

static void write_pcap(struct trace_out *out, uint64_t time_us, const struct frame *f, uint32_t n)
{
	uint8_t record[16 + FRAME_MAX];

	put32(record, (uint32_t)(time_us / 1000000));
	put32(record + 4, (uint32_t)(time_us % 1000000));
	put32(record + 8, n);
	put32(record + 12, (uint32_t)f->length);
	memcpy(record + 16, f->bytes, n);
	outfile_write(out->file, record, 16 + n);
}

/* An enhanced packet block, padded to 32 bits. */
static void write_pcapng(struct trace_out *out, uint64_t time_us, const struct frame *f, uint32_t n)
{
	uint8_t block[32 + FRAME_MAX + 3];
	uint32_t padded = (n + 3) & ~3u, length = 32 + padded;

	put32(block, 6);
	put32(block + 4, length);
	put32(block + 8, 0);
	put32(block + 12, (uint32_t)(time_us >> 32));
	put32(block + 16, (uint32_t)time_us);
	put32(block + 20, n);
	put32(block + 24, (uint32_t)f->length);
	memcpy(block + 28, f->bytes, n);
	memset(block + 28 + n, 0, padded - n);
	put32(block + 28 + padded, length);
	outfile_write(out->file, block, length);
}

void trace_frame(struct trace_out *out, uint64_t time_ns, const struct frame *f)
{
	uint32_t n = f->length < out->snaplen ? (uint32_t)f->length : out->snaplen;

	if (out->pcapng)
		write_pcapng(out, time_ns / 1000, f, n);
	else
		write_pcap(out, time_ns / 1000, f, n);
}
