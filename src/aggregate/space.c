/* SPDX-License-Identifier: Apache-2.0 */
#include "aggregate/space.h"

#include "base/cursor.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS_MIN = 512 };

enum status space_init(struct space *s, uint32_t blocks_max)
{
	*s = (struct space){.mask = SLOTS_MIN - 1, .blocks_max = blocks_max};
	s->slots = calloc(SLOTS_MIN, sizeof(*s->slots));
	s->blocks = malloc(SLOTS_MIN / 2 * sizeof(*s->blocks));
	return s->slots && s->blocks ? STATUS_OK : STATUS_NO_MEMORY;
}

void space_clear(struct space *s)
{
	free(s->blocks);
	free(s->slots);
	*s = (struct space){0};
}

size_t space_bytes(const struct space *s)
{
	return (size_t)(s->mask + 1) * (sizeof(*s->slots) + sizeof(*s->blocks) / 2);
}

static struct space_base base_of(const struct addr *a)
{
	return (struct space_base){bytes_be64(a->b), bytes_be64(a->b + 8)};
}

static uint32_t *find(const struct space *s, struct space_base base)
{
	uint32_t at = space_place(s, base);

	for (; s->slots[at]; at = (at + 1) & s->mask) {
		struct space_base here = base_of(&s->blocks[s->slots[at] - 1].base);

		if (here.low == base.low && here.high == base.high)
			break;
	}
	return &s->slots[at];
}

static enum status grow(struct space *s)
{
	uint32_t places = (s->mask + 1) * 2;
	struct space_block *blocks = reallocarray(s->blocks, places / 2, sizeof(*blocks));
	uint32_t *slots = calloc(places, sizeof(*slots));

	if (blocks)
		s->blocks = blocks;
	if (!blocks || !slots) {
		free(slots);
		return STATUS_NO_MEMORY;
	}
	free(s->slots);
	s->slots = slots;
	s->mask = places - 1;
	for (uint32_t i = 0; i < s->count; i++)
		*find(s, base_of(&s->blocks[i].base)) = i + 1;
	return STATUS_OK;
}

static struct addr addr_of(struct space_base base)
{
	struct addr a;

	for (unsigned i = 0; i < 8; i++) {
		a.b[i] = (uint8_t)(base.high >> (56 - 8 * i));
		a.b[8 + i] = (uint8_t)(base.low >> (56 - 8 * i));
	}
	return a;
}

/* The block of a destination, made where it is new; *out NULL where the space is full. */
static enum status block_of(struct space *s, struct space_base base, struct space_block **out)
{
	uint32_t *slot = find(s, base);

	*out = NULL;
	if (!*slot) {
		if (s->count >= s->blocks_max)
			return STATUS_OK;
		if (s->count == (s->mask + 1) / 2) {
			if (grow(s))
				return STATUS_NO_MEMORY;
			slot = find(s, base);
		}
		assert(s->blocks); /* grown before the first */
		s->blocks[s->count] = (struct space_block){.base = addr_of(base)};
		*slot = ++s->count;
	}
	*out = &s->blocks[*slot - 1];
	return STATUS_OK;
}

static inline enum status add_host(struct space *s, struct space_base base, uint8_t host)
{
	struct space_block *block;

	if (block_of(s, base, &block))
		return STATUS_NO_MEMORY;
	if (!block) {
		s->folded++;
		return STATUS_OK;
	}
	block->hosts[host / 64] |= UINT64_C(1) << (host % 64);
	block->packets++;
	return STATUS_OK;
}

enum status space_add(struct space *s, const struct addr *destination)
{
	struct space_base base = base_of(destination);

	base.low &= ~UINT64_C(0xff);
	return add_host(s, base, destination->b[15]);
}

enum status space_add_v4(struct space *s, uint32_t destination)
{
	return add_host(s, space_base_v4(destination), (uint8_t)destination);
}

enum status space_merge(struct space *s, const struct space *other)
{
	for (uint32_t i = 0; i < other->count; i++) {
		const struct space_block *from = &other->blocks[i];
		struct space_block *block;

		if (block_of(s, base_of(&from->base), &block))
			return STATUS_NO_MEMORY;
		if (!block) {
			s->folded += from->packets;
			continue;
		}
		for (int k = 0; k < 4; k++)
			block->hosts[k] |= from->hosts[k];
		block->packets += from->packets;
	}
	s->folded += other->folded;
	return STATUS_OK;
}
