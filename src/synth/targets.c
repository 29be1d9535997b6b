/* SPDX-License-Identifier: Apache-2.0 */
#include "synth/targets.h"

#include "base/hash.h"

#include <assert.h>
#include <math.h>

enum { NETWORKS = 6000 }; /* crowded networks, each a /16 */

enum status targets_init(struct targets *s, const struct prefix_set *telescope)
{
	*s = (struct targets){0};
	if (prefix_set_size_v4(telescope) > TARGETS_V4_MAX ||
	    telescope->count > TARGETS_PREFIXES_MAX)
		return STATUS_LIMIT;
	for (size_t i = 0; i < telescope->count; i++) {
		const struct prefix *p = &telescope->items[i];

		if (prefix_set_add(&s->all, *p))
			return STATUS_NO_MEMORY;
		if (p->length >= 96 && addr_is_v4(&p->base)) {
			s->v4_first[s->v4_count] = s->v4_size;
			s->v4[s->v4_count++] = *p;
			s->v4_size += 1u << (128 - p->length);
		} else {
			s->v6[s->v6_count++] = *p;
		}
	}
	prefix_set_seal(&s->all);
	return telescope->count ? STATUS_OK : STATUS_FORMAT;
}

void targets_clear(struct targets *s)
{
	prefix_set_clear(&s->all);
}

uint32_t targets_v4(const struct targets *s, uint32_t number)
{
	uint32_t low = 0, high = s->v4_count;

	assert(number < s->v4_size);
	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;

		if (s->v4_first[middle] <= number)
			low = middle;
		else
			high = middle;
	}
	return addr_low32(&s->v4[low].base) + (number - s->v4_first[low]);
}

/* Bits for hosts (at most 16) and for subnets between the prefix and the /64. */
static unsigned host_bits(const struct prefix *p)
{
	unsigned left = 128u - p->length;

	return left < 16 ? left : 16;
}

static unsigned subnet_bits(const struct prefix *p)
{
	unsigned left = p->length < 64 ? 64u - p->length : 0;

	return left < 16 ? left : 16;
}

struct addr targets_v6(const struct targets *s, uint32_t which, uint32_t number)
{
	const struct prefix *p = &s->v6[which % s->v6_count];
	uint32_t subnet = (number >> 16) & ((1u << subnet_bits(p)) - 1);
	uint32_t host = number & ((1u << host_bits(p)) - 1);
	struct addr a = p->base;

	a.b[6] |= (uint8_t)(subnet >> 8);
	a.b[7] |= (uint8_t)subnet;
	a.b[14] |= (uint8_t)(host >> 8);
	a.b[15] |= (uint8_t)host;
	return a;
}

uint32_t targets_v6_guess(const struct targets *s, uint32_t which, struct prng *random)
{
	const struct prefix *p = &s->v6[which % s->v6_count];
	uint32_t subnet = prng_below(random, 1u << subnet_bits(p));
	uint32_t host = prng_below(random, 1u << (host_bits(p) < 8 ? host_bits(p) : 8));

	return subnet << 16 | host;
}

/* RFC 6890 and its registry; multicast and class E; plus addresses that end in .0 and .255,
 * which hosts rarely have. */
static bool is_special(uint32_t a)
{
	static const struct {
		uint32_t base;
		unsigned length;
	} blocks[] = {
	        {0x00000000, 8},  {0x0a000000, 8},  {0x64400000, 10}, {0x7f000000, 8},
	        {0xa9fe0000, 16}, {0xac100000, 12}, {0xc0000000, 24}, {0xc0000200, 24},
	        {0xc0586300, 24}, {0xc0a80000, 16}, {0xc6120000, 15}, {0xc6336400, 24},
	        {0xcb007100, 24}, {0xe0000000, 3},
	};

	for (size_t i = 0; i < sizeof(blocks) / sizeof(blocks[0]); i++) {
		if ((a ^ blocks[i].base) >> (32 - blocks[i].length) == 0)
			return true;
	}
	return (a & 0xff) == 0 || (a & 0xff) == 0xff;
}

bool targets_is_public(const struct targets *s, uint32_t address)
{
	struct addr a = addr_v4(address);

	return !is_special(address) && !prefix_set_contains(&s->all, &a);
}

uint32_t targets_draw_uniform(const struct targets *s, struct prng *random)
{
	uint32_t a = prng_u32(random);

	while (!targets_is_public(s, a))
		a = prng_u32(random);
	return a;
}

uint32_t targets_draw_crowded(const struct targets *s, struct prng *random)
{
	uint32_t a;

	do {
		uint32_t rank = (uint32_t)exp(prng_unit(random) * log(NETWORKS));

		a = hash_permute32(rank, 0x6e6f726f) & 0xffff0000;
		a |= prng_below(random, 1u << 16);
	} while (!targets_is_public(s, a));
	return a;
}

struct addr targets_v6_source(struct prng *random)
{
	/* The first /12 of each registry (IANA's unicast assignments). */
	static const uint16_t registries[] = {0x2400, 0x2600, 0x2800, 0x2a00, 0x2c00};
	uint16_t registry = registries[prng_below(random, 5)];
	struct prefix p = {.length = 12};

	p.base.b[0] = (uint8_t)(registry >> 8);
	p.base.b[1] = (uint8_t)registry;
	return prefix_draw(&p, random);
}

struct addr prefix_draw(const struct prefix *p, struct prng *random)
{
	struct addr a = p->base;

	for (unsigned i = p->length / 8; i < 16; i++) {
		unsigned kept = p->length > i * 8 ? p->length - i * 8 : 0;

		a.b[i] |= (uint8_t)(prng_u32(random) & (0xffu >> kept));
	}
	return a;
}

uint32_t permute_below(uint32_t i, uint32_t n, uint32_t key)
{
	unsigned bits = 1;
	uint32_t mask, x = i;

	assert(i < n);
	while (bits < 32 && (n - 1) >> bits)
		bits++;
	mask = bits == 32 ? UINT32_MAX : (1u << bits) - 1;
	/* A bijection on `bits` bits, walked until it falls below n again. */
	do {
		for (unsigned round = 0; round < 3; round++) {
			x = (x * (0x9e3779b1u + 4 * round) + (key >> round)) & mask;
			x ^= x >> (bits / 2 + 1);
		}
	} while (x >= n);
	return x;
}
