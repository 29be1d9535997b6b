/* SPDX-License-Identifier: Apache-2.0 */
#include "ship/batch_pack.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
	SMALL_STREAM = 4096, /* shorter ones share a section: a section costs 25 bytes */
	SMALL_ROOM = BATCH_COLUMNS * (SMALL_STREAM + BATCH_STREAM_HEADER_BYTES),
	SAMPLES = 1024,
	/* All streams are written at the same pace: were they a power of two apart, they would
	 * fight for the same few lines of the cache. */
	STAGGER = 187,
};

static const struct {
	unsigned number, planes, bytes;
} columns[] = {
#define COLUMN(number, id, planes, bytes) {(number), (planes), (bytes)},
#include "ship/batch_columns.def"
#undef COLUMN
};

enum { COLUMNS = sizeof(columns) / sizeof(columns[0]) };

/* Sketches are bounded by their own maximum, not by rows. */
static size_t stream_room(unsigned column, unsigned bytes, uint32_t rows_max)
{
	if (column == BATCH_REGISTERS)
		return BATCH_SKETCH_MAX + FLOW_REGISTERS;
	if (column == BATCH_LIST)
		return BATCH_SKETCH_MAX / 4 + FLOW_EXACT;
	return (size_t)bytes * rows_max;
}

/* Give each stream its part of one block; with memory NULL only count. */
static size_t lay_out(struct batch_pack *p, uint32_t rows_max, uint8_t *memory)
{
	size_t used = 0;

	for (unsigned i = 0; i < COLUMNS; i++) {
		unsigned planes = columns[i].planes ? columns[i].planes : 1;

		for (unsigned plane = 0; plane < planes; plane++) {
			used += BATCH_STREAM_HEADER_BYTES;
			if (memory)
				p->streams[columns[i].number + plane].start = memory + used;
			used += stream_room(columns[i].number, columns[i].bytes, rows_max) +
			        STAGGER;
		}
	}
	return used;
}

/*
 * A plane is a stream of symbols with hardly a repetition longer than chance: what helps is
 * the entropy coder. At level 1 the match finder is kept small and in large steps; that is
 * faster and slightly smaller than the level's own setting (docs/adr/0005). Higher levels search.
 */
static void set_parameters(ZSTD_CCtx *zstd, int level)
{
	ZSTD_CCtx_setParameter(zstd, ZSTD_c_compressionLevel, level);
	if (level != 1)
		return;
	ZSTD_CCtx_setParameter(zstd, ZSTD_c_minMatch, 7);
	ZSTD_CCtx_setParameter(zstd, ZSTD_c_hashLog, 8);
	ZSTD_CCtx_setParameter(zstd, ZSTD_c_targetLength, 64);
	ZSTD_CCtx_setParameter(zstd, ZSTD_c_literalCompressionMode, ZSTD_lcm_huffman);
}

enum status batch_pack_init(struct batch_pack *p, uint32_t rows_max, int level)
{
	*p = (struct batch_pack){0};
	p->memory = calloc(1, lay_out(p, rows_max, NULL));
	p->small = malloc(SMALL_ROOM);
	p->room = BATCH_FRAME_HEADER_BYTES;
	p->out = malloc(p->room);
	p->zstd = ZSTD_createCCtx();
	if (!p->memory || !p->small || !p->out || !p->zstd) {
		batch_pack_clear(p);
		return STATUS_NO_MEMORY;
	}
	set_parameters(p->zstd, level);
	lay_out(p, rows_max, p->memory);
	batch_pack_reset(p);
	return STATUS_OK;
}

void batch_pack_clear(struct batch_pack *p)
{
	free(p->memory);
	free(p->small);
	free(p->out);
	ZSTD_freeCCtx(p->zstd);
	*p = (struct batch_pack){0};
}

void batch_pack_reset(struct batch_pack *p)
{
	for (unsigned i = 0; i < BATCH_COLUMNS; i++) {
		struct batch_stream *s = &p->streams[i];

		if (s->at > s->start)
			memset(s->start, 0, (size_t)(s->at - s->start));
		s->at = s->start;
	}
	p->small_used = 0;
	p->used = BATCH_FRAME_HEADER_BYTES;
	p->plain_bytes = 0;
	p->sections = 0;
}

static void put_le32(uint8_t *at, size_t value)
{
	assert(value <= BATCH_BODY_MAX);
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

static enum status make_room(struct batch_pack *p, size_t n)
{
	size_t room = p->used + n;
	uint8_t *out;

	if (room <= p->room)
		return STATUS_OK;
	room += room / 2;
	out = realloc(p->out, room);
	if (!out)
		return STATUS_NO_MEMORY;
	p->out = out;
	p->room = room;
	return STATUS_OK;
}

static enum status add_section(struct batch_pack *p, enum batch_section what,
                               enum batch_storage storage, const uint8_t *bytes, size_t n)
{
	size_t bound = storage == BATCH_ZSTD ? ZSTD_compressBound(n) : n, packed = n;
	enum status st = make_room(p, BATCH_SECTION_HEADER_BYTES + bound);
	uint8_t *header = p->out + p->used, *body = header + BATCH_SECTION_HEADER_BYTES;

	if (st)
		return st;
	if (storage == BATCH_ZSTD)
		packed = ZSTD_compress2(p->zstd, body, bound, bytes, n);
	if (ZSTD_isError(packed))
		return STATUS_NO_MEMORY;
	if (storage == BATCH_STORED || packed >= n) {
		storage = BATCH_STORED;
		packed = n;
		memcpy(body, bytes, n);
	}
	header[0] = (uint8_t)what;
	header[1] = (uint8_t)storage;
	header[2] = header[3] = 0;
	put_le32(header + 4, n);
	put_le32(header + 8, packed);
	p->used += BATCH_SECTION_HEADER_BYTES + packed;
	p->plain_bytes += (uint32_t)n;
	p->sections++;
	return STATUS_OK;
}

enum status batch_pack_stored(struct batch_pack *p, enum batch_section what, const uint8_t *bytes,
                              size_t n)
{
	return add_section(p, what, BATCH_STORED, bytes, n);
}

/*
 * Would compressing be in vain? The entropy of a sample of the bytes leaves less than a
 * tenth to gain (what of 1024 even samples over 256 values is about 7.82 bits), and
 * neighbours differ.
 */
static bool looks_random(const uint8_t *bytes, size_t n)
{
	size_t step = n / SAMPLES, repeats = 0;
	uint32_t counts[256] = {0};
	double spent = 0;

	for (size_t i = 0; i < SAMPLES; i++) {
		counts[bytes[i * step]]++;
		repeats += bytes[i * step] == bytes[i * step + 1];
	}
	for (size_t i = 0; i < 256; i++) {
		if (counts[i])
			spent += counts[i] * log2((double)SAMPLES / counts[i]);
	}
	return spent > 7.0 * SAMPLES && repeats < SAMPLES / 8;
}

static bool all_zero(const uint8_t *bytes, size_t n)
{
	return bytes[0] == 0 && memcmp(bytes, bytes + 1, n - 1) == 0;
}

static enum status add_stream(struct batch_pack *p, enum batch_section what, unsigned column)
{
	uint8_t *bytes = p->streams[column].start, *whole = bytes - BATCH_STREAM_HEADER_BYTES;
	size_t n = (size_t)(p->streams[column].at - bytes);
	bool counted = column == BATCH_FAR_ADDRESS || column == BATCH_REGISTERS;

	if (n == 0 || (!counted && all_zero(bytes, n)))
		return STATUS_OK;
	whole[0] = (uint8_t)column;
	put_le32(whole + 1, n);
	n += BATCH_STREAM_HEADER_BYTES;
	if (n > SMALL_STREAM)
		return add_section(p, what,
		                   looks_random(bytes, n - BATCH_STREAM_HEADER_BYTES) ? BATCH_STORED
		                                                                      : BATCH_ZSTD,
		                   whole, n);
	memcpy(p->small + p->small_used, whole, n);
	p->small_used += n;
	return STATUS_OK;
}

enum status batch_pack_sections(struct batch_pack *p, unsigned first, unsigned end,
                                enum batch_section what)
{
	enum status st = STATUS_OK;

	p->small_used = 0;
	for (unsigned column = first; column < end && !st; column++) {
		if (p->streams[column].start)
			st = add_stream(p, what, column);
	}
	if (!st && p->small_used)
		st = add_section(p, what, BATCH_ZSTD, p->small, p->small_used);
	return st;
}
