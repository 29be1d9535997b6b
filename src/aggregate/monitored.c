/* SPDX-License-Identifier: Apache-2.0 */
#include "aggregate/monitored.h"

#include <stdlib.h>

enum status monitored_new(struct monitored **out, const struct prefix_set *set)
{
	struct monitored *m = calloc(1, sizeof(*m));
	enum status st = STATUS_OK;

	*out = NULL;
	if (!m)
		return STATUS_NO_MEMORY;
	atomic_init(&m->references, 1);
	for (size_t i = 0; i < set->count && !st; i++)
		st = prefix_set_add(&m->set, set->items[i]);
	if (st) {
		monitored_drop(m);
		return st;
	}
	prefix_set_seal(&m->set);
	monitor_init(&m->monitor, &m->set);
	m->addresses = prefix_set_size_v4(&m->set);
	*out = m;
	return STATUS_OK;
}

struct monitored *monitored_take(struct monitored *m)
{
	if (m)
		atomic_fetch_add(&m->references, 1);
	return m;
}

void monitored_drop(struct monitored *m)
{
	if (!m || atomic_fetch_sub(&m->references, 1) != 1)
		return;
	prefix_set_clear(&m->set);
	free(m);
}
