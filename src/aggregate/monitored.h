/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The monitored space of a running sensor: it can be exchanged while packets come. Counted
 * references; whoever drops the last one frees it. Any thread.
 */
#ifndef AGGREGATE_MONITORED_H
#define AGGREGATE_MONITORED_H

#include "aggregate/monitor.h"
#include "base/status.h"

#include <stdatomic.h>

struct monitored {
	struct prefix_set set;
	struct monitor monitor;
	double addresses; /* IPv4 addresses in the set */
	atomic_uint references;
};

/* With one reference. The set is copied. */
MUST_USE enum status monitored_new(struct monitored **out, const struct prefix_set *set);
struct monitored *monitored_take(struct monitored *m);
void monitored_drop(struct monitored *m);

#endif
