/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events for a person, and as JSON (docs/schema/event.schema.json).
 *
 * Errors are the outfile's. One thread.
 */
#ifndef REPORT_EVENTS_H
#define REPORT_EVENTS_H

#include "base/outfile.h"
#include "detect/event_list.h"
#include "detect/lookout.h"

void events_text(const struct event_list *events, const struct lookout *l, struct outfile *out);
void events_json(const struct event_list *events, const struct lookout *l, struct outfile *out);

#endif
