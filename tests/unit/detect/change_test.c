/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/detector.h"

#include "tap.h"
#include "traffic.h"

enum { DAY = 1440, HOUR = 60 };

static struct traffic t; /* large: not on the stack */

static void start(uint64_t seed)
{
	t = (struct traffic){0};
	traffic_open(&t, &detector_change, seed);
}

static const struct event *only_event(const char *subject)
{
	for (size_t i = 0; i < t.events.count; i++) {
		if (strcmp(t.events.items[i].subject, subject) == 0)
			return &t.events.items[i];
	}
	return NULL;
}

static void quiet_days_raise_nothing(void)
{
	start(11);
	for (unsigned m = 0; m < 3 * DAY; m++) {
		traffic_minute(&t, 0, 1);
		traffic_send(&t, 1, m);
	}
	CHECK(lookout_finish(t.lookout) == STATUS_OK);
	CHECK_U64(t.events.count, 0);
	CHECK_U64(lookout_count(t.lookout, LOOKOUT_BINS), 3 * 144);
	traffic_close(&t);
}

static void threefold_rise_is_found_at_once(void)
{
	const struct event *e;

	start(12);
	for (unsigned m = 0; m < 12 * HOUR; m++) {
		bool risen = m >= 8 * HOUR && m < 9 * HOUR;

		traffic_minute(&t, 1003, risen ? 3 : 1);
		traffic_send(&t, 1, m);
	}
	CHECK(lookout_finish(t.lookout) == STATUS_OK);
	e = only_event("1003/tcp");
	if (CHECK(e)) {
		CHECK_STR(e->what, "rise");
		CHECK(e->noticed_s <= TRAFFIC_START + 8 * 3600 + 2 * BIN_SECONDS + 120);
		CHECK(e->state == EVENT_CLOSED);
		CHECK_U64(e->end_s, TRAFFIC_START + 9 * 3600);
		CHECK(e->confidence > 0.5 && e->confidence < 0.8);
		CHECK(e->reason_count >= 2 && e->wrong_if[0] && e->fact_count >= 5);
	}
	CHECK_U64(t.events.count, 1);
	traffic_close(&t);
}

static void slow_rise_is_found(void)
{
	start(13);
	for (unsigned m = 0; m < 18 * HOUR; m++) {
		double times = m < 8 * HOUR ? 1 : 1 + (m - 8 * HOUR) / 200.0;

		traffic_minute(&t, 1005, times < 2 ? times : 2);
		traffic_send(&t, 1, m);
	}
	CHECK(lookout_finish(t.lookout) == STATUS_OK);
	CHECK(only_event("1005/tcp"));
	traffic_close(&t);
}

static void vanishing_is_found(void)
{
	const struct event *e;

	start(14);
	for (unsigned m = 0; m < 12 * HOUR; m++) {
		traffic_minute(&t, 1004, m < 9 * HOUR ? 1 : 0);
		traffic_send(&t, 1, m);
	}
	CHECK(lookout_finish(t.lookout) == STATUS_OK);
	e = only_event("1004/tcp");
	CHECK(e && strcmp(e->what, "vanished") == 0);
	traffic_close(&t);
}

/* Four sensors, one of which says what it likes. */
static void poisoned_sensor_alone_moves_nothing(double factor)
{
	start(15);
	for (unsigned m = 0; m < 12 * HOUR; m++) {
		for (uint32_t sensor = 1; sensor <= 4; sensor++) {
			bool lies = sensor == 2 && m >= 8 * HOUR && m < 9 * HOUR;

			traffic_minute(&t, 1003, lies ? factor : 1);
			traffic_send(&t, sensor, m);
		}
	}
	CHECK(lookout_finish(t.lookout) == STATUS_OK);
	CHECK(!only_event("1003/tcp"));
	traffic_close(&t);
}

static void poisoned_sensor_hides_nothing(void)
{
	start(16);
	for (unsigned m = 0; m < 12 * HOUR; m++) {
		for (uint32_t sensor = 1; sensor <= 4; sensor++) {
			bool risen = sensor != 3 && m >= 8 * HOUR && m < 9 * HOUR;

			traffic_minute(&t, 1003, risen ? 3 : m >= 8 * HOUR ? 0 : 1);
			traffic_send(&t, sensor, m);
		}
	}
	CHECK(lookout_finish(t.lookout) == STATUS_OK);
	CHECK(only_event("1003/tcp") && only_event("1003/tcp")->start_s < TRAFFIC_START + 9 * 3600);
	traffic_close(&t);
}

/* All of one sensor's windows missing for hours, twice; then of all; and a new sensor. */
static void gaps_raise_nothing(unsigned sensors)
{
	start(17);
	for (unsigned m = 0; m < 24 * HOUR; m++) {
		for (uint32_t sensor = 1; sensor <= sensors; sensor++) {
			bool away = (sensor == 1 && m >= 8 * HOUR && m < 10 * HOUR) ||
			            (m >= 13 * HOUR + 7 && m < 15 * HOUR) ||
			            (sensor == sensors && m < 17 * HOUR && sensors > 1);

			traffic_minute(&t, 0, 1);
			if (away)
				t.count = 0;
			else
				traffic_send(&t, sensor, m);
		}
	}
	CHECK(lookout_finish(t.lookout) == STATUS_OK);
	for (size_t i = 0; i < t.events.count; i++)
		printf("# %u sensors: %s after %.2f h\n", sensors, t.events.items[i].title,
		       (double)(t.events.items[i].start_s - TRAFFIC_START) / 3600);
	CHECK_U64(t.events.count, 0);
	CHECK(lookout_count(t.lookout, LOOKOUT_GAPS) >= 10);
	traffic_close(&t);
}

int main(void)
{
	quiet_days_raise_nothing();
	threefold_rise_is_found_at_once();
	slow_rise_is_found();
	vanishing_is_found();
	poisoned_sensor_alone_moves_nothing(20);
	poisoned_sensor_alone_moves_nothing(0);
	poisoned_sensor_hides_nothing();
	gaps_raise_nothing(1);
	gaps_raise_nothing(2);
	gaps_raise_nothing(3);
	gaps_raise_nothing(6);
	return tap_done();
}
