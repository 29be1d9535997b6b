/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/detector.h"

#include "tap.h"
#include "traffic.h"

enum { HOUR = 60, DAY = 1440 };

static struct traffic t;

/* Days of the usual ports, then `sources` an hour on port 5555; a few on it on day `once`. */
static void run(unsigned days, unsigned once, unsigned sources, bool same)
{
	unsigned begin = days * DAY;

	t = (struct traffic){0};
	traffic_open(&t, &detector_newcomer, 1);
	for (unsigned m = 0; m < begin + 2 * HOUR; m++) {
		if (m % 5 == 0)
			traffic_minute(&t, 0, 1);
		traffic_row(&t, 1, 1);
		if (once && m == once * DAY)
			traffic_row(&t, 2, 5555);
		if (m >= begin && (m - begin) % 6 == 0 && (m - begin) / 6 < sources)
			traffic_row(&t, same ? 77 : 1000 + m, 5555);
		traffic_send(&t, 1, m);
	}
	CHECK(lookout_finish(t.lookout) == STATUS_OK);
	for (size_t i = 0; i < t.events.count; i++)
		printf("# %s (%s)\n", t.events.items[i].title, t.events.items[i].what);
}

int main(void)
{
	run(29, 0, 10, false);
	CHECK_U64(traffic_events(&t, "new port", "5555/tcp"), 1);
	CHECK(t.events.items[0].state == EVENT_PROVISIONAL); /* one panel of sensors */
	CHECK_NEAR(t.events.items[0].confidence, 0.7, 1e-9);
	CHECK_U64(t.events.items[0].start_s, TRAFFIC_START + 29 * 86400);
	traffic_close(&t);

	run(29, 0, 9, false);
	CHECK_U64(traffic_events(&t, "new port", ""), 0);
	traffic_close(&t);

	run(29, 0, 10, true);
	CHECK_U64(traffic_events(&t, "new port", ""), 0);
	traffic_close(&t);

	run(29, 5, 10, false);
	CHECK_U64(traffic_events(&t, "new port", ""), 0);
	traffic_close(&t);

	run(8, 0, 10, false);
	CHECK_U64(traffic_events(&t, "new port", "5555/tcp"), 1);
	CHECK(t.events.items[0].confidence < 0.5);
	traffic_close(&t);

	run(6, 0, 10, false);
	CHECK_U64(traffic_events(&t, "new port", ""), 0);
	traffic_close(&t);
	return tap_done();
}
