/* SPDX-License-Identifier: Apache-2.0 */
#include "synth/aim.h"

#include "synth/port_list.h"

static bool is_v6(const struct sender *s)
{
	return !campaign_is_forged(s->campaign) && !addr_is_v4(&s->address);
}

static uint32_t random_target(struct sender *s, const struct targets *space)
{
	return is_v6(s) ? targets_v6_guess(space, s->key, &s->random)
	                : prng_below(&s->random, space->v4_size);
}

/* The place-th of the addresses in the sender's own order; a new order each time round. */
static uint32_t ordered_target(struct sender *s, const struct targets *space, uint64_t place)
{
	uint32_t n = space->v4_size;

	if (is_v6(s))
		return (uint32_t)(place % 65535 + 1);
	return permute_below((uint32_t)(place % n), n, s->key + (uint32_t)(place / n));
}

static uint32_t conficker_target(struct sender *s, const struct targets *space)
{
	uint32_t target;

	do {
		target = prng_below(&s->random, space->v4_size);
	} while (targets_v4(space, target) & 0x00800080);
	return target;
}

/* Each of `destinations` addresses with each port once, then again. */
static uint32_t matrix_target(struct sender *s, const struct targets *space, uint16_t *port)
{
	const struct campaign *c = s->campaign;
	uint64_t destinations = c->destinations, place = s->sent - 1;
	uint32_t nth_port;

	if (!is_v6(s) && destinations > space->v4_size)
		destinations = space->v4_size;
	nth_port = (uint32_t)(place / destinations % c->ports.ports);
	*port = port_list_at(&c->ports, permute_below(nth_port, c->ports.ports, s->key));
	return ordered_target(s, space, place % destinations);
}

uint32_t aim_target(struct sender *s, const struct targets *space, uint16_t *port)
{
	const struct campaign *c = s->campaign;

	switch (c->aim) {
	case AIM_MATRIX:
		return matrix_target(s, space, port);
	case AIM_TOGETHER:
		*port = port_list_at(&c->ports, (uint32_t)((s->sent - 1) % c->ports.ports));
		return random_target(s, space);
	case AIM_SWEEP:
		*port = port_list_draw(&c->ports, &s->random);
		return ordered_target(s, space, s->sent - 1);
	case AIM_CONFICKER:
		*port = port_list_draw(&c->ports, &s->random);
		return conficker_target(s, space);
	default:
		*port = port_list_draw(&c->ports, &s->random);
		return random_target(s, space);
	}
}

struct addr aim_address(const struct sender *s, const struct targets *space, uint32_t target)
{
	return is_v6(s) ? targets_v6(space, s->key, target) : addr_v4(targets_v4(space, target));
}
