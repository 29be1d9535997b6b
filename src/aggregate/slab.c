/* SPDX-License-Identifier: Apache-2.0 */
#include "aggregate/slab.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void slab_init(struct slab *s, uint32_t block_bytes, uint32_t chunk_shift)
{
	assert(block_bytes >= 4 && block_bytes % 4 == 0 && chunk_shift < 24);
	*s = (struct slab){
	        .block_bytes = block_bytes, .chunk_shift = chunk_shift, .free_head = SLAB_NONE};
}

void slab_clear(struct slab *s)
{
	for (uint32_t i = 0; i < s->chunk_count; i++)
		free(s->chunks[i]);
	free(s->chunks);
	slab_init(s, s->block_bytes, s->chunk_shift);
}

void slab_reset(struct slab *s)
{
	s->used = 0;
	s->free_head = SLAB_NONE;
	s->free_count = 0;
}

static int add_chunk(struct slab *s)
{
	void *chunk =
	        aligned_alloc(64, (((size_t)s->block_bytes << s->chunk_shift) + 63) & ~(size_t)63);

	if (!chunk)
		return 0;
	if (s->chunk_count == s->chunk_room) {
		uint32_t room = s->chunk_room ? s->chunk_room * 2 : 4;
		uint8_t **chunks = reallocarray(s->chunks, room, sizeof(*chunks));

		if (!chunks) {
			free(chunk);
			return 0;
		}
		s->chunks = chunks;
		s->chunk_room = room;
	}
	s->chunks[s->chunk_count++] = chunk;
	return 1;
}

uint32_t slab_take(struct slab *s)
{
	uint32_t block = s->free_head;

	if (block != SLAB_NONE) {
		memcpy(&s->free_head, slab_at(s, block), sizeof(s->free_head));
		s->free_count--;
		return block;
	}
	if (s->used >> s->chunk_shift == s->chunk_count && !add_chunk(s))
		return SLAB_NONE;
	return s->used++;
}

void slab_give(struct slab *s, uint32_t block)
{
	assert(block < s->used);
	memcpy(slab_at(s, block), &s->free_head, sizeof(s->free_head));
	s->free_head = block;
	s->free_count++;
}

size_t slab_bytes(const struct slab *s)
{
	return ((size_t)s->block_bytes << s->chunk_shift) * s->chunk_count +
	       s->chunk_room * sizeof(*s->chunks);
}
