/* SPDX-License-Identifier: Apache-2.0 */
#include "synth/port_list.h"

#include <stdlib.h>
#include <string.h>

/* A decimal number of at most `limit`; *at moves behind it. */
static enum status parse_u32(const char **at, unsigned long limit, uint32_t *value)
{
	char *end;
	unsigned long number;

	if (**at < '0' || **at > '9')
		return STATUS_FORMAT;
	number = strtoul(*at, &end, 10);
	if (number > limit)
		return STATUS_FORMAT;
	*value = (uint32_t)number;
	*at = end;
	return STATUS_OK;
}

/* "port", "low-high", either with ":weight". */
static enum status parse_range(const char **at, struct port_range *range)
{
	uint32_t low, high, weight = 1;

	if (parse_u32(at, 65535, &low))
		return STATUS_FORMAT;
	high = low;
	if (**at == '-') {
		++*at;
		if (parse_u32(at, 65535, &high) || high < low)
			return STATUS_FORMAT;
	}
	if (**at == ':') {
		++*at;
		if (parse_u32(at, 1000000, &weight) || weight == 0)
			return STATUS_FORMAT;
	}
	*range = (struct port_range){(uint16_t)low, (uint16_t)high, weight};
	return STATUS_OK;
}

enum status port_list_parse(const char *text, struct port_list *out)
{
	*out = (struct port_list){0};
	for (const char *at = text;; at++) {
		struct port_range *range = &out->items[out->count];

		at += strspn(at, " \t");
		if (out->count == PORT_RANGES_MAX || parse_range(&at, range))
			return STATUS_FORMAT;
		out->count++;
		out->ports += range->high - range->low + 1u;
		out->weight += range->weight;
		at += strspn(at, " \t");
		if (*at == '\0')
			return STATUS_OK;
		if (*at != ',')
			return STATUS_FORMAT;
	}
}

uint16_t port_list_at(const struct port_list *list, uint32_t place)
{
	const struct port_range *range = list->items;

	while (place > (uint32_t)(range->high - range->low)) {
		place -= range->high - range->low + 1u;
		range++;
	}
	return (uint16_t)(range->low + place);
}

uint16_t port_list_draw(const struct port_list *list, struct prng *random)
{
	const struct port_range *range = list->items;
	uint32_t at;

	if (list->ports == 1)
		return range->low;
	for (at = prng_below(random, list->weight); at >= range->weight; range++)
		at -= range->weight;
	return (uint16_t)(range->low + prng_below(random, range->high - range->low + 1u));
}
