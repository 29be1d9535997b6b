/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/detector.h"

#include "tap.h"
#include "traffic.h"

enum { HOUR = 60 };

static struct traffic t;

static void search(unsigned sources, unsigned each)
{
	for (unsigned s = 0; s < sources; s++) {
		for (unsigned i = 0; i < each; i++) {
			traffic_row(&t, 0x30000000 + s * 70001, 11211);
			t.rows[t.count - 1].proto = PROTO_UDP;
		}
	}
}

/* A day in which one source searches now and then, then an hour of `sources`, `each` a minute. */
static void run(unsigned sources, unsigned each)
{
	t = (struct traffic){0};
	traffic_open(&t, &detector_amplifier, 1);
	for (unsigned m = 0; m < 28 * HOUR; m++) {
		traffic_minute(&t, 0, 1);
		if (prng_below(&t.random, 10) == 0)
			search(1, 3);
		if (m >= 24 * HOUR && m < 25 * HOUR)
			search(sources, each);
		traffic_send(&t, 1, m);
	}
	CHECK(lookout_finish(t.lookout) == STATUS_OK);
}

int main(void)
{
	run(6, 3);
	if (CHECK(t.events.count == 1)) {
		const struct event *e = t.events.items;

		CHECK_STR(e->subject, "11211/udp");
		CHECK(e->state == EVENT_CLOSED);
		CHECK(e->start_s >= TRAFFIC_START + 24 * 3600 &&
		      e->noticed_s <= TRAFFIC_START + 24 * 3600 + 3 * BIN_SECONDS + 120);
	}
	traffic_close(&t);

	/* One source, however loud, is one source. */
	run(1, 200);
	CHECK_U64(t.events.count, 0);
	traffic_close(&t);

	run(0, 0);
	CHECK_U64(t.events.count, 0);
	traffic_close(&t);
	return tap_done();
}
