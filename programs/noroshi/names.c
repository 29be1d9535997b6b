/* SPDX-License-Identifier: Apache-2.0 */
#include "names.h"

#include "base/timefmt.h"
#include "enrich/geo.h"
#include "enrich/known.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

/* Past these ages a person is warned: address space changes hands by a few percent a year,
 * cloud addresses of scanners within months. */
enum { GEO_AGE_DAYS = 60, KNOWN_AGE_DAYS = 180 };

_Static_assert((int)GEO_NAME_MAX == (int)ASN_TEXT_MAX, "names of networks fit");
_Static_assert((int)KNOWN_NAME_MAX == (int)OPERATOR_TEXT_MAX, "names of operators fit");

#define DAY_NS (86400 * NS_PER_SECOND)

struct names {
	struct geo *geo, *asn;
	struct known *known;
};

static enum status open_geo(struct geo **out, const char *path, uint64_t now_ns, uint64_t *built_ns,
                            struct analysis *a, struct trouble *t)
{
	enum status st;

	if (!path)
		return STATUS_OK;
	st = geo_open(out, path, t);
	if (st)
		return st;
	*built_ns = geo_built_ns(*out);
	if (*built_ns && now_ns > *built_ns && now_ns - *built_ns > GEO_AGE_DAYS * DAY_NS)
		st = analysis_warn(a, "%s was made %" PRIu64 " days ago: addresses may have moved",
		                   path, (now_ns - *built_ns) / DAY_NS);
	return st;
}

static enum status load_list(struct known *k, const char *path, uint64_t now_ns, struct analysis *a,
                             struct trouble *t)
{
	char warnings[KNOWN_WARNINGS_MAX][KNOWN_WARNING_MAX];
	struct known_list list;
	enum status st = known_load(k, path, &list, t);
	unsigned count;

	if (st)
		return st;
	count = known_list_warnings(&list, path, now_ns, KNOWN_AGE_DAYS * DAY_NS, warnings);
	for (unsigned i = 0; i < count && !st; i++)
		st = analysis_warn(a, "%s", warnings[i]);
	return st;
}

static enum status load_lists(struct names *n, const struct text_list *known, uint64_t now_ns,
                              struct analysis *a, struct trouble *t)
{
	enum status st = STATUS_OK;

	if (known->count == 0)
		return STATUS_OK;
	if (known_new(&n->known))
		return trouble_set(t, STATUS_NO_MEMORY, NULL, 0, "out of memory");
	for (size_t i = 0; i < known->count && !st; i++)
		st = load_list(n->known, known->items[i], now_ns, a, t);
	if (!st)
		known_seal(n->known);
	return st;
}

enum status names_open(struct names **out, const char *geo, const char *asn,
                       const struct text_list *known, struct analysis *a, struct trouble *t)
{
	struct names *n = calloc(1, sizeof(*n));
	uint64_t now_ns = (uint64_t)time(NULL) * NS_PER_SECOND;
	enum status st;

	*out = NULL;
	if (!n)
		return trouble_set(t, STATUS_NO_MEMORY, NULL, 0, "out of memory");
	st = open_geo(&n->geo, geo, now_ns, &a->geo_built_ns, a, t);
	if (!st)
		st = open_geo(&n->asn, asn, now_ns, &a->asn_built_ns, a, t);
	if (!st)
		st = load_lists(n, known, now_ns, a, t);
	if (st)
		names_free(n);
	else
		*out = n;
	return st;
}

static void add_places(const struct names *n, const struct addr *address, char country[3],
                       uint32_t *asn, char asn_name[ASN_TEXT_MAX])
{
	if (n->geo)
		(void)geo_country(n->geo, address, country);
	if (n->asn)
		(void)geo_network(n->asn, address, asn, asn_name);
}

void names_add(const struct names *n, struct analysis *a)
{
	for (size_t i = 0; i < a->source_count; i++) {
		struct source_report *s = &a->sources[i];
		const char *operator= n->known ? known_find(n->known, &s->facts.address) : NULL;

		add_places(n, &s->facts.address, s->country, &s->asn, s->asn_name);
		if (operator)
			snprintf(s->known, sizeof(s->known), "%s", operator);
	}
	for (size_t i = 0; i < a->attack_count; i++) {
		struct attack *at = &a->attacks[i];

		add_places(n, &at->victim, at->country, &at->asn, at->asn_name);
	}
}

void names_free(struct names *n)
{
	if (!n)
		return;
	geo_free(n->geo);
	geo_free(n->asn);
	known_free(n->known);
	free(n);
}
