/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The streams of one frame, and how they become sections: the lower half of the encoder.
 *
 * Values go straight into the streams as rows come, so that nothing is walked twice.
 * Room for rows_max rows is there from the start and streams never grow; the caller keeps
 * to the most that a column takes for each value. One thread; owns its memory.
 */
#ifndef SHIP_BATCH_PACK_H
#define SHIP_BATCH_PACK_H

#include "ship/batch.h"
#include "ship/varint.h"

#define ZSTD_STATIC_LINKING_ONLY /* for the name ZSTD_c_literalCompressionMode */
#include <zstd.h>

struct batch_stream {
	uint8_t *start, *at; /* BATCH_STREAM_HEADER_BYTES before start belong to it too */
};

struct batch_pack {
	struct batch_stream streams[BATCH_COLUMNS];
	uint8_t *memory;
	uint8_t *small; /* short streams share one section */
	size_t small_used;
	uint8_t *out; /* the frame: its header's room, then the sections */
	size_t used, room;
	uint32_t plain_bytes, sections;
	ZSTD_CCtx *zstd;
};

MUST_USE enum status batch_pack_init(struct batch_pack *p, uint32_t rows_max, int level);
void batch_pack_clear(struct batch_pack *p);

/* Empty all streams and the frame. What was written is zero again, see batch_skip(). */
void batch_pack_reset(struct batch_pack *p);

/* Append the columns from `first` up to and without `end` as sections of one kind. */
MUST_USE enum status batch_pack_sections(struct batch_pack *p, unsigned first, unsigned end,
                                         enum batch_section what);

/* Append a section that is stored as it is. */
MUST_USE enum status batch_pack_stored(struct batch_pack *p, enum batch_section what,
                                       const uint8_t *bytes, size_t n);

static inline void batch_put_byte(struct batch_pack *p, unsigned column, uint8_t value)
{
	*p->streams[column].at++ = value;
}

/* Value number `index` into its planes. Their ends are set once for all values, by
 * batch_end_planes(): moving 22 ends for each row would cost more than the values. */
static inline void batch_set_8(struct batch_pack *p, unsigned column, size_t index, uint8_t value)
{
	p->streams[column].start[index] = value;
}

static inline void batch_set_16(struct batch_pack *p, unsigned column, size_t index, uint16_t value)
{
	batch_set_8(p, column, index, (uint8_t)value);
	batch_set_8(p, column + 1, index, (uint8_t)(value >> 8));
}

static inline void batch_set_32(struct batch_pack *p, unsigned column, size_t index, uint32_t value)
{
	batch_set_16(p, column, index, (uint16_t)value);
	batch_set_16(p, column + 2, index, (uint16_t)(value >> 16));
}

static inline void batch_end_planes(struct batch_pack *p, unsigned column, unsigned planes,
                                    size_t count)
{
	for (unsigned i = column; i < column + planes; i++)
		p->streams[i].at = p->streams[i].start + count;
}

static inline void batch_put_varint(struct batch_pack *p, unsigned column, uint64_t value)
{
	p->streams[column].at = varint_put(p->streams[column].at, value);
}

/* Write n zeros: the streams are zero ahead of their ends. */
static inline void batch_skip(struct batch_pack *p, unsigned column, size_t n)
{
	p->streams[column].at += n;
}

static inline void batch_put_signed(struct batch_pack *p, unsigned column, uint64_t difference)
{
	batch_put_varint(p, column, batch_fold(difference));
}

#endif
