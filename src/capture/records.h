/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From bytes to captured records: pcap (both byte orders, micro- and nanoseconds, the
 * Kuznetzov variant) and pcapng (sections, several interfaces, any resolution, enhanced,
 * simple and old packet blocks), recognised by the first bytes.
 *
 * One `struct records` belongs to one worker and walks one input from its first block;
 * every worker of an input sees the same records in the same order. Bytes are hostile: a
 * lying length ends the stream with a trouble that names the packet; nothing else is
 * believed. Memory: one carry buffer for a record that straddles blocks, at most
 * RECORD_BYTES_MAX.
 */
#ifndef CAPTURE_RECORDS_H
#define CAPTURE_RECORDS_H

#include "base/status.h"
#include "capture/input.h"

#include <stdint.h>

enum {
	RECORD_BYTES_MAX = 16 * 1024 * 1024, /* a longer record or block is a lie */
	RECORD_BATCH = 64,
};

struct record {
	uint64_t time_ns; /* since 1970; a time that does not fit is 0 */
	const uint8_t *bytes;
	uint32_t captured; /* bytes at `bytes` */
	uint32_t wire;     /* length on the wire; at least `captured` */
	uint32_t link;     /* LINKTYPE_ number (tcpdump.org/linktypes.html) */
};

struct records;

MUST_USE enum status records_new(struct records **out, struct input *in, unsigned worker);

/* Up to RECORD_BATCH records; pointers are valid until the next call. *count 0 with STATUS_END:
 * the stream is over, see records_result(). */
MUST_USE enum status records_next(struct records *r, struct record out[RECORD_BATCH],
                                  unsigned *count);

/* After the end: STATUS_OK; STATUS_FORMAT: not a capture at all (nothing was read);
 * STATUS_LIMIT: ended early at a broken or cut record (the trouble names its number, from
 * 1, counted over the file); or what input_result() says. */
MUST_USE enum status records_result(const struct records *r, struct trouble *t);

/* Records handed out so far. */
uint64_t records_count(const struct records *r);

/* Records that were passed over because their own header made no sense although the next one could
 * be found (pcapng: unknown interface, lengths past the block's end). */
uint64_t records_broken(const struct records *r);

void records_free(struct records *r);

#endif
