/* SPDX-License-Identifier: Apache-2.0 */
#include "synth/schedule.h"

#include <stdlib.h>

enum { CHILDREN = 4 }; /* flatter than a binary heap: fewer cache misses */

static bool before(const struct pending *a, const struct pending *b)
{
	if (a->time_ns != b->time_ns)
		return a->time_ns < b->time_ns;
	if (a->sender != b->sender)
		return a->sender < b->sender;
	return a->attempt < b->attempt;
}

enum status schedule_add(struct schedule *s, const struct pending *p)
{
	size_t at = s->count;

	if (s->count == s->room) {
		size_t room = s->room ? s->room * 2 : 1024;
		struct pending *heap;

		if (room > SCHEDULE_MAX)
			return STATUS_LIMIT;
		heap = reallocarray(s->heap, room, sizeof(*heap));
		if (!heap)
			return STATUS_NO_MEMORY;
		s->heap = heap;
		s->room = room;
	}
	s->count++;
	for (; at > 0 && before(p, &s->heap[(at - 1) / CHILDREN]); at = (at - 1) / CHILDREN)
		s->heap[at] = s->heap[(at - 1) / CHILDREN];
	s->heap[at] = *p;
	return STATUS_OK;
}

static size_t earliest_child(const struct schedule *s, size_t at)
{
	size_t first = at * CHILDREN + 1, best = first;

	for (size_t i = first + 1; i < first + CHILDREN && i < s->count; i++) {
		if (before(&s->heap[i], &s->heap[best]))
			best = i;
	}
	return best;
}

bool schedule_next(struct schedule *s, struct pending *out)
{
	struct pending last;
	size_t at = 0, child;

	if (s->count == 0)
		return false;
	*out = s->heap[0];
	last = s->heap[--s->count];
	while (at * CHILDREN + 1 < s->count) {
		child = earliest_child(s, at);
		if (!before(&s->heap[child], &last))
			break;
		s->heap[at] = s->heap[child];
		at = child;
	}
	s->heap[at] = last;
	return true;
}

void schedule_clear(struct schedule *s)
{
	free(s->heap);
	*s = (struct schedule){0};
}
