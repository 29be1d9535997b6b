/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/detector.h"

#include "tap.h"
#include "traffic.h"

enum { HOUR = 60, DAY = 1440, MEMBERS = 30 };

static struct traffic t;

static void start(uint64_t seed)
{
	t = (struct traffic){0};
	traffic_open(&t, &detector_group, seed);
}

/* Bots that choose among two ports at their own times: the same ports, no step. */
static void bots(unsigned minute)
{
	for (uint32_t i = 0; i < 600; i++) {
		if (prng_below(&t.random, 6) == 0)
			traffic_row(&t, 0x14000000 + i * 977,
			            prng_below(&t.random, 10) ? 23 : 2323);
	}
	(void)minute;
}

/* Each member one packet in each ten minutes, at its own time in the first five. */
static void group(unsigned minute, unsigned offset)
{
	static const uint16_t ports[] = {8291, 7547, 9000, 5000};

	for (uint32_t i = 0; i < MEMBERS; i++) {
		if (minute >= offset && (minute - offset) % 10 == i % 5)
			traffic_row(&t, 0x28000000 + i * 65537, ports[(minute - offset) / 10 % 4]);
	}
}

static unsigned true_members(const struct event *e)
{
	unsigned n = 0;

	for (size_t i = 0; i < e->member_count; i++)
		n += addr_low32(&e->members[i]) >> 24 == 0x28;
	return n;
}

static const char *text_fact(const struct event *e, const char *name)
{
	for (unsigned i = 0; i < e->fact_count; i++) {
		if (strcmp(e->facts[i].name, name) == 0)
			return e->facts[i].text;
	}
	return "";
}

/* From `offset` minutes on: wherever the bursts lie in the slots, found within half an hour. */
static void slow_group_is_found(unsigned offset)
{
	const struct event *e;

	start(offset);
	for (unsigned m = 0; m < 5 * HOUR; m++) {
		traffic_minute(&t, 0, 1);
		bots(m);
		if (m < 4 * HOUR)
			group(m, offset);
		traffic_send(&t, 1, m);
	}
	CHECK(lookout_finish(t.lookout) == STATUS_OK);
	e = t.events.items;
	if (CHECK(t.events.count == 1)) {
		uint64_t began = TRAFFIC_START + offset * 60;

		CHECK(e->noticed_s <= began + 30 * 60 + 120);
		CHECK(e->state == EVENT_CONFIRMED);
		CHECK_U64(true_members(e), MEMBERS);
		CHECK(e->member_count <= MEMBERS + 1);
		CHECK_STR(text_fact(e, "tool"), "not known");
	}
	traffic_close(&t);
}

static void bots_are_no_group(void)
{
	start(77);
	for (unsigned m = 0; m < 12 * HOUR; m++) {
		traffic_minute(&t, 0, 1);
		bots(m);
		traffic_send(&t, 1, m);
	}
	CHECK_U64(t.events.count, 0);
	traffic_close(&t);
}

static void group_comes_back_under_its_name(void)
{
	start(5);
	for (unsigned m = 0; m < DAY; m++) {
		traffic_minute(&t, 0, 1);
		if (m < 2 * HOUR || m >= 20 * HOUR)
			group(m, 0);
		traffic_send(&t, 1, m);
	}
	CHECK(lookout_finish(t.lookout) == STATUS_OK);
	if (CHECK(t.events.count == 2)) {
		CHECK(t.events.items[0].state == EVENT_CLOSED);
		CHECK(t.events.items[1].state == EVENT_CONFIRMED);
		CHECK(t.events.items[0].id != t.events.items[1].id);
		CHECK_STR(text_fact(&t.events.items[1], "campaign"),
		          text_fact(&t.events.items[0], "campaign"));
	}
	traffic_close(&t);
}

/* What one of four sensors alone says stays provisional. */
static void one_sensor_confirms_nothing(void)
{
	start(6);
	for (unsigned m = 0; m < 3 * HOUR; m++) {
		for (uint32_t sensor = 1; sensor <= 4; sensor++) {
			traffic_minute(&t, 0, 1);
			if (sensor == 2)
				group(m, 0);
			traffic_send(&t, sensor, m);
		}
	}
	CHECK(t.events.count == 1 && t.events.items[0].state == EVENT_PROVISIONAL);
	CHECK(t.events.items[0].confidence < 0.5);
	traffic_close(&t);
}

static void restart_keeps_the_group(void)
{
	struct keep bytes = {0};

	start(7);
	for (unsigned m = 0; m < 2 * HOUR; m++) {
		group(m, 0);
		traffic_send(&t, 1, m);
	}
	CHECK(lookout_save(t.lookout, &bytes) == STATUS_OK);
	lookout_free(t.lookout);
	traffic_open(&t, &detector_group, 7);
	CHECK(lookout_load(t.lookout, bytes.bytes, bytes.size) == STATUS_OK);
	for (unsigned m = (unsigned)(lookout_resume_s(t.lookout) - TRAFFIC_START) / 60;
	     m < 6 * HOUR; m++) {
		if (m < 3 * HOUR)
			group(m, 0);
		traffic_row(&t, 1, 1);
		traffic_send(&t, 1, m);
	}
	CHECK(t.events.count == 1 && t.events.items[0].state == EVENT_CLOSED);
	CHECK_U64(t.events.items[0].member_count, MEMBERS);
	CHECK_U64(t.events.items[0].end_s, TRAFFIC_START + 3 * 3600);
	keep_clear(&bytes);
	traffic_close(&t);
}

int main(void)
{
	for (unsigned offset = 60; offset < 70; offset++)
		slow_group_is_found(offset);
	bots_are_no_group();
	group_comes_back_under_its_name();
	one_sensor_confirms_nothing();
	restart_keeps_the_group();
	return tap_done();
}
