/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events as they stand: the latest version of each, by id.
 *
 * Bounded: past EVENT_LIST_MAX events new ones are counted and not kept. Owns copies; one thread.
 */
#ifndef DETECT_EVENT_LIST_H
#define DETECT_EVENT_LIST_H

#include "model/event.h"

#include <stddef.h>
#include <stdint.h>

enum { EVENT_LIST_MAX = 1 << 18 };

struct event_list {
	struct event *items; /* in the order in which they were first told */
	size_t count, room;
	uint32_t *index; /* 1 + place, 0: free; twice the room */
	uint64_t left_out;
};

/* Takes events; `state` is the list. */
struct event_sink event_list_sink(struct event_list *l);

/* In the order of start, then of id. */
void event_list_sort(struct event_list *l);

void event_list_clear(struct event_list *l);

#endif
