/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Blocks of one size, named by a 32-bit number instead of a pointer.
 *
 * Blocks never move; numbers start at 0 and freed ones are used again, last freed first.
 * A slab knows its bytes, so that its owner can keep to a budget. One thread.
 */
#ifndef AGGREGATE_SLAB_H
#define AGGREGATE_SLAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SLAB_NONE UINT32_MAX

struct slab {
	uint8_t **chunks;
	uint32_t block_bytes; /* a multiple of 4 */
	uint32_t chunk_shift; /* log2 of the blocks in a chunk */
	uint32_t chunk_count, chunk_room;
	uint32_t used; /* blocks ever handed out since the last reset */
	uint32_t free_head;
	uint32_t free_count;
};

/* block_bytes >= 4; chunks hold 2^chunk_shift blocks. */
void slab_init(struct slab *s, uint32_t block_bytes, uint32_t chunk_shift);
void slab_clear(struct slab *s);

/* Forget all blocks but keep the memory for the next ones. */
void slab_reset(struct slab *s);

/* A block with undefined content, or SLAB_NONE where memory is out. */
uint32_t slab_take(struct slab *s);
void slab_give(struct slab *s, uint32_t block);

/* Bytes held. */
size_t slab_bytes(const struct slab *s);

/* Whether the next block needs no new chunk. */
static inline bool slab_has_free(const struct slab *s)
{
	return s->free_count > 0 || s->used >> s->chunk_shift < s->chunk_count;
}

/* Blocks in use. */
static inline uint32_t slab_live(const struct slab *s)
{
	return s->used - s->free_count;
}

static inline void *slab_at(const struct slab *s, uint32_t block)
{
	size_t within = block & ((1u << s->chunk_shift) - 1);

	return s->chunks[block >> s->chunk_shift] + within * s->block_bytes;
}

#endif
