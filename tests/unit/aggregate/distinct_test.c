/* SPDX-License-Identifier: Apache-2.0 */
/* Counts are exact to FLOW_EXACT, within 4 sigma beyond, and depend on the set alone. */
#include "aggregate/distinct.h"
#include "base/hash.h"

#include "tap.h"

#include "made.h"

enum { PARTS = 6 };

struct set {
	struct distinct_pool pool;
	struct distinct d;
};

static void set_init(struct set *s)
{
	distinct_pool_init(&s->pool, false);
	s->d = (struct distinct){{0, 0}, 0};
}

static void set_add(struct set *s, uint32_t value)
{
	s->d.state = distinct_add(&s->pool, s->d.words, s->d.state, value);
}

static double set_count(const struct set *s)
{
	return distinct_count(&s->pool, s->d.words, s->d.state);
}

static int compare_u32(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* The same state, and the same values or registers. */
static bool same(const struct set *a, const struct set *b)
{
	uint32_t x[FLOW_EXACT], y[FLOW_EXACT];
	size_t n = a->d.state * sizeof(x[0]);

	if (a->d.state != b->d.state)
		return false;
	if (a->d.state == DISTINCT_SKETCH)
		return memcmp(distinct_registers(&a->pool, a->d.words, a->d.state),
		              distinct_registers(&b->pool, b->d.words, b->d.state),
		              FLOW_REGISTERS) == 0;
	memcpy(x, distinct_list(&a->pool, a->d.words, a->d.state), n);
	memcpy(y, distinct_list(&b->pool, b->d.words, b->d.state), n);
	qsort(x, a->d.state, sizeof(x[0]), compare_u32);
	qsort(y, b->d.state, sizeof(y[0]), compare_u32);
	return memcmp(x, y, n) == 0;
}

static void test_exact(void)
{
	struct set s;

	set_init(&s);
	CHECK(set_count(&s) == 0);
	for (uint32_t i = 0; i < FLOW_EXACT; i++) {
		for (uint32_t k = 0; k <= i; k++)
			set_add(&s, hash_permute32(k, 9)); /* all before come again */
		CHECK_U64(s.d.state, i + 1);
		CHECK(set_count(&s) == i + 1);
		CHECK(distinct_registers(&s.pool, s.d.words, s.d.state) == NULL);
	}
	set_add(&s, hash_permute32(99, 9));
	CHECK_U64(s.d.state, DISTINCT_SKETCH);
	CHECK(distinct_list(&s.pool, s.d.words, s.d.state) == NULL);
	CHECK_U64(slab_live(&s.pool.lists[0]), 0); /* the list's block went back */
	CHECK_NEAR(set_count(&s), 17, 1);
	distinct_free(&s.pool, &s.d);
	CHECK_U64(slab_live(&s.pool.sketches), 0);
	distinct_pool_clear(&s.pool);
}

/* 0 is a value like any other: unused places of a list must not pass for it. */
static void test_zero(void)
{
	for (uint32_t before = 0; before < FLOW_EXACT; before++) {
		struct set s;

		set_init(&s);
		for (uint32_t i = 1; i <= before; i++)
			set_add(&s, i);
		set_add(&s, 0);
		CHECK_U64(s.d.state, before + 1);
		distinct_pool_clear(&s.pool);
	}
}

/* The same values, dealt to several sets in random order with repeats and merged in random
 * order, are the same set as when they are added one after the other. */
static bool canonical(struct prng *r, uint32_t n)
{
	struct set whole, parts[PARTS];
	uint32_t *values = malloc((n + 1) * sizeof(*values)), used = 1 + prng_below(r, PARTS);
	bool result;

	if (!values)
		abort();
	set_init(&whole);
	for (uint32_t i = 0; i < PARTS; i++)
		set_init(&parts[i]);
	for (uint32_t i = 0; i < n; i++) {
		values[i] = hash_permute32(prng_below(r, 2 * n), 1);
		set_add(&whole, values[i]);
	}
	made_shuffle(r, values, n);
	for (uint32_t i = 0; i < n; i++) {
		set_add(&parts[prng_below(r, used)], values[i]);
		set_add(&parts[prng_below(r, used)], values[prng_below(r, i + 1)]);
	}
	for (uint32_t i = 1; i < PARTS; i++)
		distinct_merge(&parts[0].pool, &parts[0].d, &parts[i].pool, parts[i].d.words,
		               parts[i].d.state);
	result = same(&whole, &parts[0]);
	free(values);
	distinct_pool_clear(&whole.pool);
	for (uint32_t i = 0; i < PARTS; i++)
		distinct_pool_clear(&parts[i].pool);
	return result;
}

static void test_canonical(void)
{
	struct prng r;
	bool all = true;

	prng_init(&r, 2);
	for (int round = 0; round < 3000; round++)
		all &= canonical(&r, prng_below(&r, 40));
	CHECK(all);
	for (int round = 0; round < 20; round++)
		all &= canonical(&r, 2000 + prng_below(&r, 2000));
	CHECK(all);
}

/* Every size class into every other: empty, inline, list, full list, sketch. */
static void test_merges(void)
{
	static const uint32_t sizes[] = {0, 1, 2, 3, 15, 16, 17, 500};
	enum { N = sizeof(sizes) / sizeof(sizes[0]) };

	for (int i = 0; i < N * N * 2; i++) {
		uint32_t a = sizes[i % N], b = sizes[i / N % N], from = i / N / N ? a / 2 : a;
		struct set whole, left, right;

		set_init(&whole);
		set_init(&left);
		set_init(&right);
		for (uint32_t k = 0; k < a; k++) {
			set_add(&whole, hash_permute32(k, 3));
			set_add(&left, hash_permute32(k, 3));
		}
		for (uint32_t k = from; k < from + b; k++) {
			set_add(&whole, hash_permute32(k, 3));
			set_add(&right, hash_permute32(k, 3));
		}
		distinct_merge(&left.pool, &left.d, &right.pool, right.d.words, right.d.state);
		if (!CHECK(same(&left, &whole)))
			printf("# %u and %u values from %u\n", a, b, from);
		CHECK(slab_live(&left.pool.lists[0]) + slab_live(&left.pool.sketches) <= 1);
		distinct_pool_clear(&whole.pool);
		distinct_pool_clear(&left.pool);
		distinct_pool_clear(&right.pool);
	}
}

static void test_error(void)
{
	static const uint32_t sizes[] = {100, 300, 1000, 3000, 10000, 100000, 1000000};
	const double sigma = 1.04 / 32;

	for (uint32_t key = 0; key < 3; key++) {
		struct set s;
		uint32_t added = 0;

		set_init(&s);
		for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
			for (; added < sizes[i]; added++)
				set_add(&s, hash_permute32(0xc0000000u + added, key * 7919));
			CHECK_NEAR(set_count(&s), sizes[i], 4 * sigma * sizes[i]);
		}
		distinct_pool_clear(&s.pool);
	}
}

/* The mean over many sets: an estimator that is off by 1 % fails. */
static void test_bias(void)
{
	static const uint32_t sizes[] = {20, 200, 2000, 20000};
	enum { SETS = 200 };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		double sum = 0;
		struct set s;

		set_init(&s);
		for (uint32_t key = 0; key < SETS; key++) {
			for (uint32_t k = 0; k < sizes[i]; k++)
				set_add(&s, hash_permute32(k, key * 104729 + 1));
			sum += set_count(&s);
			distinct_free(&s.pool, &s.d);
		}
		CHECK_NEAR(sum / SETS, sizes[i], 0.01 * sizes[i]);
		distinct_pool_clear(&s.pool);
	}
}

static void test_edges(void)
{
	uint8_t registers[FLOW_REGISTERS] = {0};

	CHECK(distinct_estimate(registers) == 0);
	memset(registers, 255, sizeof(registers)); /* from a batch of somebody else */
	CHECK(distinct_estimate(registers) > 1e9);
}

static uint32_t live_lists(const struct set *s)
{
	uint32_t live = 0;

	for (int i = 0; i < DISTINCT_LISTS; i++)
		live += slab_live(&s->pool.lists[i]);
	return live;
}

static uint32_t spread(uint32_t i)
{
	return hash_permute32(i, 9);
}

/* All values want the same line of a long list, and go to its neighbours. */
static uint32_t crowded(uint32_t i)
{
	return 3u << 30 | i;
}

/* A wide pool counts exactly to 64, through all list lengths, and gives every block back. */
static void test_wide(uint32_t (*value)(uint32_t i))
{
	struct set s;

	distinct_pool_init(&s.pool, true);
	s.d = (struct distinct){{0, 0}, 0};
	for (uint32_t i = 0; i < DISTINCT_WIDE; i++) {
		for (uint32_t k = 0; k <= i; k++)
			set_add(&s, value(k));
		CHECK_U64(s.d.state, i + 1);
		CHECK(live_lists(&s) <= 1);
	}
	CHECK_U64(slab_live(&s.pool.lists[DISTINCT_LISTS - 1]), 1);
	set_add(&s, value(99));
	CHECK_U64(s.d.state, DISTINCT_SKETCH);
	CHECK_U64(live_lists(&s), 0);
	distinct_free(&s.pool, &s.d);
	CHECK_U64(distinct_pool_live(&s.pool), 0);
	distinct_pool_clear(&s.pool);
}

/* Wide sets of every size, merged into each other. */
static void test_wide_merges(void)
{
	static const uint32_t sizes[] = {0, 2, 16, 17, 32, 33, 63, 64, 65};
	enum { N = sizeof(sizes) / sizeof(sizes[0]) };

	for (int i = 0; i < N * N; i++) {
		uint32_t own = sizes[i / N], other = sizes[i % N], all = own > other ? own : other;
		struct set a, b;

		distinct_pool_init(&a.pool, true);
		distinct_pool_init(&b.pool, true);
		a.d = b.d = (struct distinct){{0, 0}, 0};
		for (uint32_t k = 0; k < own; k++)
			set_add(&a, crowded(k));
		for (uint32_t k = 0; k < other; k++)
			set_add(&b, crowded(k));
		distinct_merge(&a.pool, &a.d, &b.pool, b.d.words, b.d.state);
		CHECK_U64(a.d.state, all > DISTINCT_WIDE ? DISTINCT_SKETCH : all);
		distinct_pool_clear(&a.pool);
		distinct_pool_clear(&b.pool);
	}
}

int main(void)
{
	test_wide(spread);
	test_wide(crowded);
	test_wide_merges();
	test_exact();
	test_zero();
	test_canonical();
	test_merges();
	test_error();
	test_bias();
	test_edges();
	return tap_done();
}
