/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Windows of made-up traffic for the tests of event detectors: so many sources on so many
 * ports each minute, and whatever a test adds. Shares nothing with noroshi synth.
 */
#ifndef TESTS_TRAFFIC_H
#define TESTS_TRAFFIC_H

#include "base/prng.h"
#include "detect/event_list.h"
#include "detect/lookout.h"
#include "model/packet.h"

#include <stdio.h>
#include <stdlib.h>

enum { TRAFFIC_START = 1767225600, TRAFFIC_PORTS = 12, TRAFFIC_ROWS = 4000 };

struct traffic {
	struct lookout *lookout;
	struct event_list events;
	struct prng random;
	struct flow rows[TRAFFIC_ROWS];
	unsigned count;
	unsigned each; /* sources a minute on each port */
};

__attribute__((unused)) static void traffic_open(struct traffic *t, const struct detector *only,
                                                 uint64_t seed)
{
	const struct detector *wanted[] = {only, NULL};
	struct lookout_options o = {.settings = detect_settings_usual(),
	                            .wanted = wanted,
	                            .sink = event_list_sink(&t->events),
	                            .grace_s = 120};

	o.settings.memory = DETECT_MEMORY_MIN;
	prng_init(&t->random, seed);
	t->count = 0;
	t->each = 4;
	if (lookout_new(&t->lookout, &o))
		abort();
}

__attribute__((unused)) static void traffic_close(struct traffic *t)
{
	lookout_free(t->lookout);
	event_list_clear(&t->events);
}

__attribute__((unused)) static void traffic_row(struct traffic *t, uint32_t source, uint16_t port)
{
	if (t->count < TRAFFIC_ROWS)
		t->rows[t->count++] = (struct flow){.source = addr_v4(source),
		                                    .proto = PROTO_TCP,
		                                    .kind = KIND_SCAN,
		                                    .port = port,
		                                    .packets = 1,
		                                    .bytes = 40,
		                                    .destinations = 1};
}

/* `times` as many sources as usual on `port`, and the usual ones on all. */
__attribute__((unused)) static void traffic_minute(struct traffic *t, uint16_t port, double times)
{
	for (unsigned p = 0; p < TRAFFIC_PORTS; p++) {
		double factor = 1000 + p == port ? times : 1;
		unsigned n = prng_below(&t->random, (unsigned)(2 * t->each * factor) + 1);

		for (unsigned i = 0; i < n; i++)
			traffic_row(t, prng_u32(&t->random), (uint16_t)(1000 + p));
	}
}

/* Hand in the rows gathered as this minute of this sensor. */
__attribute__((unused)) static void traffic_send(struct traffic *t, uint32_t sensor,
                                                 uint32_t minute)
{
	struct flow_sink sink = lookout_sink(t->lookout);
	struct window_header h = {.start_s = TRAFFIC_START + minute * 60,
	                          .span_s = 60,
	                          .sensor = sensor,
	                          .packets = t->count,
	                          .rows = t->count,
	                          .addresses = 65536};

	if (sink.begin(sink.state, &h))
		abort();
	for (unsigned i = 0; i < t->count; i++) {
		if (sink.row(sink.state, &t->rows[i]))
			abort();
	}
	if (sink.end(sink.state))
		abort();
	t->count = 0;
}

/* How many events of this `what` about this subject ("": any) were not withdrawn. */
__attribute__((unused)) static unsigned traffic_events(const struct traffic *t, const char *what,
                                                       const char *subject)
{
	unsigned n = 0;

	for (size_t i = 0; i < t->events.count; i++) {
		const struct event *e = &t->events.items[i];

		n += e->state != EVENT_WITHDRAWN && (!what[0] || strcmp(e->what, what) == 0) &&
		     (!subject[0] || strcmp(e->subject, subject) == 0);
	}
	return n;
}

#endif
