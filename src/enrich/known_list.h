/* SPDX-License-Identifier: Apache-2.0 */
/* The forms in which lists of scanners are published: plain text, CSV, MISP JSON. The lower
 * half of known.h; pure but for what the sink does. */
#ifndef ENRICH_KNOWN_LIST_H
#define ENRICH_KNOWN_LIST_H

#include "enrich/known.h"

struct known_sink {
	enum status (*add)(void *state, const struct prefix *prefix, const char *operator);
	void *state;
};

/* list->name and date_ns hold what to take where the list has no own. A status of the sink
 * other than OK ends the reading and is handed back. */
MUST_USE enum status known_list_read(const char *bytes, size_t n, const char *path,
                                     const struct known_sink *sink, struct known_list *list,
                                     struct trouble *t);

#endif
