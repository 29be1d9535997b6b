/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Countries and networks of addresses, from a MaxMind-format file that the user brings.
 *
 * Understood are `country.iso_code`, `registered_country.iso_code`, and flat `country_code`
 * or `country`; `autonomous_system_number` and `autonomous_system_organization`, and flat
 * `asn` ("AS64500") and `as_name`. The file is hostile: what does not decode is not there.
 * Owns the mapping of the file. Questions may come from any thread.
 */
#ifndef ENRICH_GEO_H
#define ENRICH_GEO_H

#include "base/status.h"
#include "model/addr.h"

#include <stdbool.h>
#include <stdint.h>

enum { GEO_COUNTRY_MAX = 3, GEO_NAME_MAX = 64 };

struct geo;

/* STATUS_NOT_FOUND, IO, NO_MEMORY, or FORMAT where it is no such file or damaged. */
MUST_USE enum status geo_open(struct geo **out, const char *path, struct trouble *t);

/* When the file was made, ns since 1970; 0: it does not say. */
uint64_t geo_built_ns(const struct geo *g);

/* ISO 3166-1 alpha-2 in capitals; false, and an empty text, where the file has none. */
bool geo_country(const struct geo *g, const struct addr *a, char country[GEO_COUNTRY_MAX]);

/* AS number, and its name as valid UTF-8 cut between characters (empty: not given). */
bool geo_network(const struct geo *g, const struct addr *a, uint32_t *asn, char name[GEO_NAME_MAX]);

void geo_free(struct geo *g);

#endif
