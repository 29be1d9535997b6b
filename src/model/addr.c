/* SPDX-License-Identifier: Apache-2.0 */
#include "model/addr.h"

#include <arpa/inet.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

void addr_text(const struct addr *a, char out[ADDR_TEXT_MAX])
{
	if (addr_is_v4(a))
		inet_ntop(AF_INET, a->b + 12, out, ADDR_TEXT_MAX);
	else
		inet_ntop(AF_INET6, a->b, out, ADDR_TEXT_MAX);
}

enum status addr_parse(const char *text, struct addr *out)
{
	uint8_t v4[4];

	if (inet_pton(AF_INET, text, v4) == 1) {
		*out = addr_v4((uint32_t)v4[0] << 24 | (uint32_t)v4[1] << 16 |
		               (uint32_t)v4[2] << 8 | v4[3]);
		return STATUS_OK;
	}
	return inet_pton(AF_INET6, text, out->b) == 1 ? STATUS_OK : STATUS_FORMAT;
}

void prefix_text(const struct prefix *p, char out[PREFIX_TEXT_MAX])
{
	char address[ADDR_TEXT_MAX];
	unsigned skip = p->length >= 96 && addr_is_v4(&p->base) ? 96 : 0;

	addr_text(&p->base, address);
	snprintf(out, PREFIX_TEXT_MAX, "%s/%u", address, p->length - skip);
}

struct prefix prefix_of(const struct addr *a, unsigned length)
{
	struct prefix p = {.base = *a, .length = (uint8_t)length};

	for (unsigned i = 0; i < 16; i++) {
		unsigned kept = length > i * 8 ? length - i * 8 : 0;

		if (kept < 8)
			p.base.b[i] &= (uint8_t)(0xff00u >> kept);
	}
	return p;
}

/* The number after the slash, as bits of the 16-byte form. */
static enum status parse_length(const char *text, bool v4, unsigned *length)
{
	unsigned long value;
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return STATUS_FORMAT;
	value = strtoul(text, &end, 10);
	if (*end || value > (v4 ? 32 : 128))
		return STATUS_FORMAT;
	*length = (unsigned)value + (v4 ? 96 : 0);
	return STATUS_OK;
}

enum status prefix_parse_loose(const char *text, struct prefix *out)
{
	char address[PREFIX_TEXT_MAX];
	const char *slash = strchr(text, '/');
	size_t n = slash ? (size_t)(slash - text) : strlen(text);
	struct addr a;
	unsigned length = 128;

	if (n >= sizeof(address))
		return STATUS_FORMAT;
	memcpy(address, text, n);
	address[n] = '\0';
	if (addr_parse(address, &a))
		return STATUS_FORMAT;
	if (slash && parse_length(slash + 1, addr_is_v4(&a), &length))
		return STATUS_FORMAT;
	*out = prefix_of(&a, length);
	return STATUS_OK;
}

enum status prefix_parse(const char *text, struct prefix *out)
{
	char address[PREFIX_TEXT_MAX];
	struct addr a;

	if (prefix_parse_loose(text, out))
		return STATUS_FORMAT;
	snprintf(address, sizeof(address), "%.*s", (int)strcspn(text, "/"), text);
	if (addr_parse(address, &a) || addr_compare(&a, &out->base) != 0)
		return STATUS_FORMAT;
	return STATUS_OK;
}

bool prefix_contains(const struct prefix *p, const struct addr *a)
{
	unsigned whole = p->length / 8, rest = p->length % 8;

	if (memcmp(p->base.b, a->b, whole) != 0)
		return false;
	return rest == 0 || ((p->base.b[whole] ^ a->b[whole]) & (0xff00u >> rest) & 0xff) == 0;
}

double prefix_size(const struct prefix *p)
{
	return ldexp(1.0, 128 - p->length);
}

void prefix_set_clear(struct prefix_set *s)
{
	free(s->items);
	*s = (struct prefix_set){0};
}

enum status prefix_set_add(struct prefix_set *s, struct prefix p)
{
	if (s->count == s->room) {
		size_t room = s->room ? s->room * 2 : 16;
		struct prefix *items = reallocarray(s->items, room, sizeof(*items));

		if (!items)
			return STATUS_NO_MEMORY;
		s->items = items;
		s->room = room;
	}
	s->items[s->count++] = p;
	return STATUS_OK;
}

static int compare_prefixes(const void *left, const void *right)
{
	const struct prefix *a = left, *b = right;
	int order = addr_compare(&a->base, &b->base);

	return order ? order : (int)a->length - (int)b->length;
}

void prefix_set_seal(struct prefix_set *s)
{
	size_t kept = 0;

	if (s->count)
		qsort(s->items, s->count, sizeof(*s->items), compare_prefixes);
	for (size_t i = 0; i < s->count; i++) {
		if (kept == 0 || !prefix_contains(&s->items[kept - 1], &s->items[i].base))
			s->items[kept++] = s->items[i];
	}
	s->count = kept;
}

bool prefix_set_contains(const struct prefix_set *s, const struct addr *a)
{
	size_t low = 0, high = s->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (addr_compare(&s->items[middle].base, a) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low > 0 && prefix_contains(&s->items[low - 1], a);
}

static double set_size(const struct prefix_set *s, bool v4)
{
	double size = 0;

	for (size_t i = 0; i < s->count; i++) {
		if ((s->items[i].length >= 96 && addr_is_v4(&s->items[i].base)) == v4)
			size += prefix_size(&s->items[i]);
	}
	return size;
}

double prefix_set_size_v4(const struct prefix_set *s)
{
	return set_size(s, true);
}

double prefix_set_size_v6(const struct prefix_set *s)
{
	return set_size(s, false);
}
