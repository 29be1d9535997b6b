/* SPDX-License-Identifier: Apache-2.0 */
/* Countries, networks and known scanners for the sources and victims of an analysis. */
#ifndef NOROSHI_NAMES_H
#define NOROSHI_NAMES_H

#include "conf/options.h"
#include "model/analysis.h"

struct names;

/* Open what the user gave (NULL and an empty list: nothing). Old files and bad lines become
 * warnings. */
MUST_USE enum status names_open(struct names **out, const char *geo, const char *asn,
                                const struct text_list *known, struct analysis *a,
                                struct trouble *t);

/* Put names to sources and victims. */
void names_add(const struct names *n, struct analysis *a);

void names_free(struct names *n);

#endif
