/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A sensor's capturing as a whole: tap, meters, raw ring, one thread a queue.
 *
 *   lookout_open -> confine (base/confine.h, CONFINE_CAPTURE) -> lookout_run -> lookout_close
 *
 * lookout_open() takes what needs rights: sockets, the kernel's ring, the raw folder, a replay's
 * file. lookout_run() makes the threads and returns when *stop is set, the replay is over or
 * something broke; packets that the kernel still holds are counted first. One thread calls
 * these; lookout_reload() and lookout_stats() are for any while it runs. The sinks are called
 * from threads of the meters' own (aggregate/meter.h).
 */
#ifndef AGGREGATE_LOOKOUT_H
#define AGGREGATE_LOOKOUT_H

#include "aggregate/meter.h"
#include "base/log.h"
#include "capture/capture_settings.h"
#include "capture/raw.h"
#include "capture/tap.h"

#include <stdatomic.h>

struct lookout;

struct lookout_options {
	const struct capture_settings *capture; /* read while opening */
	const struct raw_settings *raw;         /* NULL: no raw ring */
	const char *replay;                     /* a file instead of the interface; NULL: none */
	struct replay_options replay_options;
	const struct meter_sink *sink, *live; /* live is used if [capture] live says so */
	uint32_t destination_key, sensor;
	const char *version; /* borrowed */
	const struct log *log;
};

MUST_USE enum status lookout_open(struct lookout **out, const struct lookout_options *o,
                                  struct trouble *t);

/* STATUS_OK: stopped, or the replay is over. Else what broke, with the trouble; what was counted
 * went to the sink as far as it took it. */
MUST_USE enum status lookout_run(struct lookout *w, const atomic_bool *stop, struct trouble *t);

/* Take over net and filter; the rest of the settings needs a new start. No packet is lost. */
MUST_USE enum status lookout_reload(struct lookout *w, const struct capture_settings *s,
                                    struct trouble *t);

struct lookout_stats {
	struct meter_counts counts; /* over all threads */
	struct raw_counts raw;
	unsigned threads;
	bool watching;      /* all threads would see a packet now */
	uint64_t outages;   /* times that they ceased to */
	uint64_t outage_ms; /* how long, those that are over */
	uint64_t uptime_s;
};
struct lookout_stats lookout_stats(struct lookout *w);

void lookout_close(struct lookout *w);

#endif
