/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/event_list.h"

#include <stdlib.h>
#include <string.h>

static size_t slot_of(const struct event_list *l, uint64_t id)
{
	size_t mask = l->room * 2 - 1, at = id & mask;

	while (l->index[at] && l->items[l->index[at] - 1].id != id)
		at = (at + 1) & mask;
	return at;
}

static void index_again(struct event_list *l)
{
	memset(l->index, 0, l->room * 2 * sizeof(*l->index));
	for (size_t i = 0; i < l->count; i++)
		l->index[slot_of(l, l->items[i].id)] = (uint32_t)i + 1;
}

static enum status grow(struct event_list *l)
{
	size_t room = l->room ? l->room * 2 : 64;
	struct event *items = reallocarray(l->items, room, sizeof(*items));
	uint32_t *index;

	if (!items)
		return STATUS_NO_MEMORY;
	l->items = items;
	index = reallocarray(l->index, room * 2, sizeof(*index));
	if (!index)
		return STATUS_NO_MEMORY;
	l->index = index;
	l->room = room;
	index_again(l);
	return STATUS_OK;
}

static enum status take(void *state, const struct event *e)
{
	struct event_list *l = state;
	struct event copy;
	enum status st = l->count == l->room ? grow(l) : STATUS_OK;
	size_t at;

	if (st)
		return st;
	at = slot_of(l, e->id);
	if (!l->index[at] && l->count == EVENT_LIST_MAX) {
		l->left_out++;
		return STATUS_OK;
	}
	st = event_copy(&copy, e);
	if (st)
		return st;
	if (l->index[at]) {
		event_clear(&l->items[l->index[at] - 1]);
		l->items[l->index[at] - 1] = copy;
		return STATUS_OK;
	}
	l->index[at] = (uint32_t)l->count + 1;
	l->items[l->count++] = copy;
	return STATUS_OK;
}

struct event_sink event_list_sink(struct event_list *l)
{
	return (struct event_sink){l, take};
}

static int compare(const void *a, const void *b)
{
	const struct event *x = a, *y = b;

	if (x->start_s != y->start_s)
		return x->start_s < y->start_s ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

void event_list_sort(struct event_list *l)
{
	if (l->count == 0)
		return;
	qsort(l->items, l->count, sizeof(*l->items), compare);
	index_again(l);
}

void event_list_clear(struct event_list *l)
{
	for (size_t i = 0; i < l->count; i++)
		event_clear(&l->items[i]);
	free(l->items);
	free(l->index);
	*l = (struct event_list){0};
}
