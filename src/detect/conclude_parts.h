/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of conclude(), in their order. Private to detect/. */
#ifndef DETECT_CONCLUDE_PARTS_H
#define DETECT_CONCLUDE_PARTS_H

#include "detect/conclude.h"

/* Judge all sources: kinds, behaviours, tools, the top list. Sources inside an inferred space
 * are taken out of the ports. */
MUST_USE enum status conclude_sources(struct pipeline *p, const struct conclude_options *o,
                                      struct analysis *out);

/* All ports, however many. */
MUST_USE enum status conclude_ports(struct pipeline *p, struct analysis *out);
MUST_USE enum status conclude_attacks(struct pipeline *p, const struct conclude_options *o,
                                      struct analysis *out);
MUST_USE enum status conclude_series(struct pipeline *p, struct analysis *out);

#endif
