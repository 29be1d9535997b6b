/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/lookout.h"

#include "tap.h"
#include "traffic.h"

enum { HOUR = 60 };

static struct traffic t, other;

/* One minute of one sensor; the same for the same seed, minute and sensor. */
static void minute(struct traffic *to, uint32_t sensor, unsigned m)
{
	prng_init(&to->random, sensor * 100000 + m);
	traffic_minute(to, 1003, m >= 8 * HOUR && m < 10 * HOUR ? 4 : 1);
	traffic_send(to, sensor, m);
}

static void start(struct traffic *to)
{
	*to = (struct traffic){0};
	traffic_open(to, &detector_change, 1);
}

static bool same_events(const struct event_list *a, const struct event_list *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		struct event x = a->items[i], y = b->items[i];

		x.members = y.members = NULL;
		if (memcmp(&x, &y, sizeof(x)) != 0)
			return false;
	}
	return true;
}

/* Windows of two sensors swapped within two minutes, some twice. */
static void disorder_changes_nothing(void)
{
	start(&t);
	start(&other);
	for (unsigned m = 0; m < 12 * HOUR; m++) {
		minute(&t, 1, m);
		minute(&t, 2, m);
	}
	minute(&other, 1, 0);
	minute(&other, 2, 0);
	for (unsigned m = 1; m + 1 < 12 * HOUR; m += 2) {
		minute(&other, 2, m + 1);
		minute(&other, 2, m);
		minute(&other, 1, m);
		minute(&other, 1, m + 1);
		if (m % 7 == 0)
			minute(&other, 1, m);
	}
	minute(&other, 1, 12 * HOUR - 1);
	minute(&other, 2, 12 * HOUR - 1);
	CHECK(lookout_finish(t.lookout) == STATUS_OK);
	CHECK(lookout_finish(other.lookout) == STATUS_OK);
	CHECK(traffic_events(&t, "", "1003/tcp") > 0);
	CHECK(same_events(&t.events, &other.events));
	CHECK(lookout_count(other.lookout, LOOKOUT_DOUBLED) > 20);
	CHECK_U64(lookout_count(other.lookout, LOOKOUT_LATE), 0);
	traffic_close(&t);
	traffic_close(&other);
}

static void late_windows_are_counted(void)
{
	start(&t);
	for (unsigned m = 0; m < 2 * HOUR; m++)
		minute(&t, 1, m);
	minute(&t, 1, 30);
	CHECK_U64(lookout_count(t.lookout, LOOKOUT_LATE), 1);
	minute(&t, 1, 119);
	CHECK_U64(lookout_count(t.lookout, LOOKOUT_DOUBLED), 1);
	traffic_close(&t);
}

/* Of four sensors one lives in the next year: the others' bins stay open for them. */
static void one_clock_does_not_close_bins(void)
{
	start(&t);
	for (unsigned m = 0; m < 3 * HOUR; m++) {
		for (uint32_t sensor = 1; sensor <= 4; sensor++) {
			if (sensor == 4 && m > HOUR)
				minute(&t, 4, m + 500000);
			else
				minute(&t, sensor, m);
		}
	}
	CHECK_U64(lookout_count(t.lookout, LOOKOUT_LATE), 0);
	CHECK(lookout_count(t.lookout, LOOKOUT_AHEAD) > 100);
	CHECK_U64(lookout_count(t.lookout, LOOKOUT_BINS), 17);
	traffic_close(&t);
}

/* After a year without windows the gap is jumped over, and time goes on. */
static void a_year_without_windows(void)
{
	start(&t);
	minute(&t, 1, 0);
	minute(&t, 1, 525600);
	minute(&t, 1, 525600 + 30);
	CHECK(lookout_count(t.lookout, LOOKOUT_BINS) < 40);
	CHECK_U64(lookout_count(t.lookout, LOOKOUT_LATE), 0);
	traffic_close(&t);
}

static void restart_changes_nothing(unsigned stop)
{
	struct keep bytes = {0};
	unsigned from;

	start(&t);
	start(&other);
	for (unsigned m = 0; m < 12 * HOUR; m++) {
		minute(&t, 1, m);
		minute(&t, 2, m);
	}
	for (unsigned m = 0; m < stop; m++) {
		minute(&other, 1, m);
		minute(&other, 2, m);
	}
	CHECK(lookout_save(other.lookout, &bytes) == STATUS_OK);
	from = (unsigned)(lookout_resume_s(other.lookout) - TRAFFIC_START) / 60;
	CHECK(from <= stop && from + 13 >= stop);
	lookout_free(other.lookout);
	traffic_open(&other, &detector_change, 1);
	CHECK(lookout_load(other.lookout, bytes.bytes, bytes.size) == STATUS_OK);
	for (unsigned m = from; m < 12 * HOUR; m++) {
		minute(&other, 1, m);
		minute(&other, 2, m);
	}
	CHECK(lookout_finish(t.lookout) == STATUS_OK);
	CHECK(lookout_finish(other.lookout) == STATUS_OK);
	CHECK(t.events.count > 0);
	CHECK(same_events(&t.events, &other.events));
	keep_clear(&bytes);
	traffic_close(&t);
	traffic_close(&other);
}

/* Cut anywhere, or with any byte changed, a checkpoint is refused. */
static void damaged_checkpoints_are_refused(void)
{
	struct keep bytes = {0};
	unsigned taken = 0;

	start(&t);
	for (unsigned m = 0; m < 9 * HOUR; m++)
		minute(&t, 1, m);
	CHECK(lookout_save(t.lookout, &bytes) == STATUS_OK);
	for (size_t n = 0; n < bytes.size; n += 37) {
		start(&other);
		taken += lookout_load(other.lookout, bytes.bytes, n) == STATUS_OK;
		traffic_close(&other);
	}
	for (size_t at = 0; at < bytes.size; at += 131) {
		bytes.bytes[at] ^= 0x40;
		start(&other);
		taken += lookout_load(other.lookout, bytes.bytes, bytes.size) == STATUS_OK;
		traffic_close(&other);
		bytes.bytes[at] ^= 0x40;
	}
	CHECK_U64(taken, 0);
	keep_clear(&bytes);
	traffic_close(&t);
}

int main(void)
{
	disorder_changes_nothing();
	late_windows_are_counted();
	one_clock_does_not_close_bins();
	a_year_without_windows();
	restart_changes_nothing(8 * HOUR + 33);
	restart_changes_nothing(8 * HOUR + 8);
	restart_changes_nothing(5 * HOUR);
	damaged_checkpoints_are_refused();
	return tap_done();
}
