/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who takes the windows that a sensor closes: like struct flow_sink, with the window's honest
 * figures beside its header. Plain functions; all calls of one sink come from one thread.
 */
#ifndef AGGREGATE_METER_SINK_H
#define AGGREGATE_METER_SINK_H

#include "base/status.h"
#include "model/flow.h"
#include "model/health.h"

/*
 * begin, then every row in (source, proto, port, kind, marks) order, then end. Of *health the
 * spool's figures are left 0, for whoever has the spool. A status other than OK stops the
 * sensor's run and comes out of it.
 */
struct meter_sink {
	void *state;
	enum status (*begin)(void *state, const struct window_header *header,
	                     const struct window_health *health);
	enum status (*row)(void *state, const struct flow *row);
	enum status (*end)(void *state);
};

#endif
