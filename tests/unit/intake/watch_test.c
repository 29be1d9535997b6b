/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/watch.h"
#include "tap.h"

#include <stdlib.h>
#include <unistd.h>

enum { START = 1700000040 };

static struct window_row window(uint32_t minute, uint64_t packets)
{
	struct window_row w = {.header = {.start_s = START + 60 * minute,
	                                  .span_s = 60,
	                                  .sensor = 1,
	                                  .packets = packets,
	                                  .addresses = 256},
	                       .health = {.watched_ms = 60000}};

	return w;
}

/* `minutes` windows of 100 packets each, in time. */
static struct sensor_watch steady(uint32_t minutes)
{
	struct sensor_watch s = {.number = 1};

	for (uint32_t i = 0; i < minutes; i++) {
		struct window_row w = window(i, 100);

		sensor_watch_add(&s, &w, START + 60 * i + 61);
	}
	s.last_contact = START + 60 * minutes;
	return s;
}

static const char *words(const struct sensor_watch *s, unsigned others, uint32_t now_s)
{
	static char text[CONTROL_WORDS_MAX];

	sensor_states_print(sensor_watch_judge(s, others, now_s), text);
	return text;
}

static void test_well_and_silent(void)
{
	struct sensor_watch s = steady(100);
	uint32_t now = s.last_contact;

	CHECK_STR(words(&s, 5, now + 10), "");
	CHECK_STR(words(&s, 5, now + WATCH_SILENT_S), "");
	CHECK_STR(words(&s, 5, now + WATCH_SILENT_S + 1), "silent");
	s.certificate_end = now + 86400;
	CHECK_STR(words(&s, 5, now), "lapsing");
}

static void test_lossy(void)
{
	struct sensor_watch s = steady(100);
	struct window_row w = window(100, 100);
	uint32_t now = START + 101 * 60;

	w.header.dropped = 1;
	sensor_watch_add(&s, &w, now);
	CHECK_STR(words(&s, 5, now), "lossy");
	s = steady(100);
	w = window(100, 100);
	w.health.lost_windows = 3;
	sensor_watch_add(&s, &w, now);
	CHECK_STR(words(&s, 5, now), "lossy");
	CHECK_STR(words(&s, 5, s.last_contact + 100), "lossy");
	s.last_contact = now + 4000;
	CHECK_STR(words(&s, 5, now + 4000), ""); /* an hour later it is history */
}

static void test_clock(void)
{
	struct sensor_watch s = steady(10);
	struct window_row w = window(10, 100);
	uint32_t now = START + 11 * 60;

	w.health.clock_offset_us = -1500000;
	sensor_watch_add(&s, &w, now);
	CHECK_STR(words(&s, 5, now), "skewed");
	w.health.clock_offset_us = 10;
	w.health.clock_error_us = UINT64_MAX;
	sensor_watch_add(&s, &w, now);
	CHECK_STR(words(&s, 5, now), "skewed");
	w = window(11, 100);
	sensor_watch_add(&s, &w, now + 900);
	s.last_contact = now + 900;
	CHECK_STR(words(&s, 5, now + 900), "late");
}

/* Traffic goes; that says something only where others see theirs. */
static void test_dark(void)
{
	struct sensor_watch s = steady(120);
	uint32_t now = 0;

	for (uint32_t i = 120; i < 140; i++) {
		struct window_row w = window(i, 0);

		now = START + 60 * i + 61;
		sensor_watch_add(&s, &w, now);
	}
	s.last_contact = now;
	CHECK_STR(words(&s, WATCH_OTHERS, now), "dark");
	CHECK_STR(words(&s, WATCH_OTHERS - 1, now), "");
	s = steady(WATCH_LEARN / 2); /* too young to know what is usual */
	s.rate_now = 0;
	CHECK_STR(words(&s, 5, s.last_contact), "");
}

/* Through the control data, as the writer does it. */
static void test_tick(void)
{
	char directory[] = "/tmp/noroshi-watch-XXXXXX", path[64], extra[80];
	struct control_actor by = {"test", START};
	struct control *c = NULL;
	struct watch *w = NULL;
	struct trouble t = {0};
	uint32_t member;

	CHECK(mkdtemp(directory) != NULL);
	snprintf(path, sizeof(path), "%s/control.db", directory);
	CHECK(control_create(&c, path, START, &t) == STATUS_OK);
	CHECK(control_member_add(c, "m", "", &by, &member, &t) == STATUS_OK);
	CHECK(watch_new(&w, NULL) == STATUS_OK);
	watch_contact(w, 99, START); /* no sensor of ours: forgotten */
	CHECK(watch_tick(w, c, START, &t) == STATUS_OK);
	CHECK(watch_tick(w, c, START + 1000, &t) == STATUS_OK);
	watch_free(w);
	control_close(c);
	unlink(path);
	snprintf(extra, sizeof(extra), "%s-wal", path);
	unlink(extra);
	snprintf(extra, sizeof(extra), "%s-shm", path);
	unlink(extra);
	CHECK(rmdir(directory) == 0);
}

int main(void)
{
	test_well_and_silent();
	test_lossy();
	test_clock();
	test_dark();
	test_tick();
	return tap_done();
}
