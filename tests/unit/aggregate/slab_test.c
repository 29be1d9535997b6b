/* SPDX-License-Identifier: Apache-2.0 */
/* Blocks keep their content and their place, and freed ones are used again first. */
#include "aggregate/slab.h"

#include "tap.h"

#include "made.h"

enum { BLOCKS = 1000 };

static void fill(const struct slab *s, uint32_t block, uint8_t value)
{
	memset(slab_at(s, block), value, s->block_bytes);
}

static bool holds(const struct slab *s, uint32_t block, uint8_t value)
{
	const uint8_t *bytes = slab_at(s, block);
	bool same = true;

	for (uint32_t i = 0; i < s->block_bytes; i++)
		same &= bytes[i] == value;
	return same;
}

static void test_content_stays(uint32_t block_bytes, uint32_t shift)
{
	struct slab s;
	bool numbered = true, kept = true;

	slab_init(&s, block_bytes, shift);
	for (uint32_t i = 0; i < BLOCKS; i++) {
		numbered &= slab_take(&s) == i;
		fill(&s, i, (uint8_t)i);
	}
	for (uint32_t i = 0; i < BLOCKS; i++)
		kept &= holds(&s, i, (uint8_t)i);
	CHECK(numbered);
	CHECK(kept);
	CHECK_U64(slab_live(&s), BLOCKS);
	CHECK(slab_bytes(&s) >= (size_t)BLOCKS * block_bytes);
	slab_clear(&s);
	CHECK_U64(slab_bytes(&s), 0);
}

static void test_freed_first(void)
{
	struct slab s;
	size_t bytes;

	slab_init(&s, 8, 2);
	for (uint32_t i = 0; i < 10; i++)
		CHECK_U64(slab_take(&s), i);
	slab_give(&s, 3);
	slab_give(&s, 7);
	CHECK_U64(slab_live(&s), 8);
	CHECK_U64(slab_take(&s), 7);
	CHECK_U64(slab_take(&s), 3);
	CHECK_U64(slab_take(&s), 10);
	bytes = slab_bytes(&s);
	slab_give(&s, 1);
	slab_reset(&s);
	CHECK_U64(slab_live(&s), 0);
	for (uint32_t i = 0; i < 11; i++)
		CHECK_U64(slab_take(&s), i);
	CHECK_U64(slab_bytes(&s), bytes); /* reset kept the memory */
	slab_clear(&s);
}

/* Random takes and gives against a plain list of who holds what. */
static void test_random_use(void)
{
	struct prng r;
	struct slab s;
	uint32_t held[BLOCKS], n = 0;
	uint8_t values[BLOCKS];
	bool kept = true;

	prng_init(&r, 1);
	slab_init(&s, 12, 3);
	for (int round = 0; round < 20000; round++) {
		if (n < BLOCKS && (n == 0 || prng_below(&r, 100) < 52)) {
			held[n] = slab_take(&s);
			values[n] = (uint8_t)prng_u32(&r);
			fill(&s, held[n], values[n]);
			n++;
		} else {
			uint32_t k = prng_below(&r, n);

			kept &= holds(&s, held[k], values[k]);
			slab_give(&s, held[k]);
			held[k] = held[--n];
			values[k] = values[n];
		}
	}
	CHECK(kept);
	CHECK_U64(slab_live(&s), n);
	slab_clear(&s);
}

int main(void)
{
	test_content_stays(4, 0);
	test_content_stays(64, 5);
	test_content_stays(1024, 4);
	test_freed_first();
	test_random_use();
	return tap_done();
}
