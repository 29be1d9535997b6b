/* SPDX-License-Identifier: Apache-2.0 */
#include "tap.h"

#include "control_fixture.h"

/* The sequence of a boot, UINT64_MAX where it is unknown. */
static uint64_t sequence_of(struct control *c, uint32_t sensor, uint64_t boot)
{
	struct control_progress *all;
	uint64_t sequence = UINT64_MAX;
	size_t n;

	if (control_progress_all(c, &all, &n, NULL))
		return UINT64_MAX;
	for (size_t i = 0; i < n; i++) {
		if (all[i].sensor == sensor && all[i].boot == boot)
			sequence = all[i].sequence;
	}
	free(all);
	return sequence;
}

static void check_advance(struct control *c)
{
	const uint64_t high = UINT64_C(0xfedcba9876543210);
	const struct control_progress first[] = {
	        {1, high, 5, T0}, {2, high, 9, T0}, {1, 7, 3, T0}, {1, high, 6, T0 + 1}};
	const struct control_progress back[] = {{1, high, 2, T0 - 5}, {2, high, 10, T0}};
	const struct control_progress stranger[] = {{1, high, 50, T0}, {99, 1, 1, T0}};
	const struct control_progress wild[] = {{1, high, 50, T0}, {2, high, UINT64_MAX, T0}};
	struct trouble t = {0};
	bool done;

	CHECK(fine(control_progress_advance(c, first, 4, 1, &t), &t));
	CHECK_U64(sequence_of(c, 1, high), 6);
	CHECK_U64(sequence_of(c, 2, high), 9);
	CHECK_U64(sequence_of(c, 1, 7), 3);
	/* Again, and lower ones: nothing goes back. */
	CHECK(fine(control_progress_advance(c, first, 4, 1, &t), &t));
	CHECK(fine(control_progress_advance(c, back, 2, 3, &t), &t));
	CHECK_U64(sequence_of(c, 1, high), 6);
	CHECK_U64(sequence_of(c, 2, high), 10);
	/* All or nothing, the segment with it. */
	CHECK(control_progress_advance(c, stranger, 2, 4, &t) == STATUS_CONFLICT);
	CHECK(control_progress_advance(c, wild, 2, 4, &t) == STATUS_LIMIT);
	CHECK_U64(sequence_of(c, 1, high), 6);
	CHECK(control_segment_done(c, 4, &done, &t) == STATUS_OK && !done);
	CHECK(control_segment_done(c, 3, &done, &t) == STATUS_OK && done);
	CHECK(control_segment_done(c, 2, &done, &t) == STATUS_OK && !done);
}

static void check_segments(struct control *c)
{
	struct trouble t = {0};
	uint64_t last;
	bool done;

	CHECK(control_progress_advance(c, NULL, 0, 12, &t) == STATUS_OK);
	CHECK(control_segment_last(c, &last, &t) == STATUS_OK && last == 12);
	CHECK(control_segments_forget(c, 10, &t) == STATUS_OK);
	CHECK(control_segments_forget(c, 8, &t) == STATUS_OK); /* never back */
	CHECK(control_segment_done(c, 2, &done, &t) == STATUS_OK && done);
	CHECK(control_segment_done(c, 9, &done, &t) == STATUS_OK && done);
	CHECK(control_segment_done(c, 10, &done, &t) == STATUS_OK && !done);
	CHECK(control_segment_done(c, 12, &done, &t) == STATUS_OK && done);
	CHECK(control_segments_forget(c, 13, &t) == STATUS_OK);
	CHECK(control_segment_last(c, &last, &t) == STATUS_OK && last == 12);
	CHECK(control_segment_done(c, 12, &done, &t) == STATUS_OK && done);
	CHECK(control_segment_done(c, 13, &done, &t) == STATUS_OK && !done);
	CHECK(control_segments_forget(c, UINT64_MAX, &t) == STATUS_LIMIT);
}

/* A sensor that restarts without end: the boot that goes on stays, the silent ones go. */
static void check_boots(struct control *c)
{
	struct control_progress p[2] = {{2, 1000, 1, T0}, {2, 1, 1, T0}};
	struct control_progress *all;
	struct trouble t = {0};
	size_t n, bad = 0;

	for (uint32_t i = 0; i < CONTROL_BOOTS_MAX + 50; i++) {
		p[0].sequence = 1 + i;
		p[0].time = p[1].time = T0 + 10 + i;
		p[1].boot = 2000 + i;
		bad += control_progress_advance(c, p, 2, 100, &t) != STATUS_OK;
	}
	CHECK_U64(bad, 0);
	CHECK_U64(sequence_of(c, 2, 1000), CONTROL_BOOTS_MAX + 50);
	CHECK_U64(sequence_of(c, 2, 2000 + CONTROL_BOOTS_MAX + 49), 1);
	CHECK_U64(sequence_of(c, 2, 2000), UINT64_MAX);
	CHECK(control_progress_all(c, &all, &n, &t) == STATUS_OK);
	CHECK_U64(n, CONTROL_BOOTS_MAX + 2); /* and two of sensor 1 */
	free(all);
}

static void check_health(struct control *c)
{
	struct control_health h[] = {{.sensor = 1,
	                              .last_contact = T0 + 5,
	                              .last_window = T0,
	                              .addresses = 256,
	                              .words = "silent lossy",
	                              .version = "0.1.0"},
	                             {.sensor = 99}};
	struct control_sensor s;
	struct trouble t = {0};

	CHECK(fine(control_health_update(c, h, 2, &t), &t));
	CHECK(control_sensor_by_number(c, 1, &s, &t) == STATUS_OK);
	CHECK_STR(s.health, "silent lossy");
	CHECK_STR(s.version, "0.1.0");
	CHECK(s.addresses == 256 && s.last_contact == T0 + 5 && s.last_window == T0);
	h[0].words[0] = '\0';
	h[0].last_contact++;
	CHECK(control_health_update(c, h, 1, &t) == STATUS_OK);
	CHECK(control_sensor_by_serial(c, "a1", &s, &t) == STATUS_OK);
	CHECK(s.health[0] == '\0' && s.last_contact == T0 + 6);
}

int main(void)
{
	struct control *c;
	struct trouble t = {0};
	uint32_t member;

	fixture_begin();
	CHECK(fine(control_create(&c, fixture_path("main.db"), T0, &t), &t));
	CHECK(control_member_add(c, "jpcert", "", &admin, &member, &t) == STATUS_OK);
	CHECK(join(c, "one", member) == 1 && join(c, "two", member) == 2);
	check_advance(c);
	check_segments(c);
	check_boots(c);
	check_health(c);
	control_close(c);
	fixture_end();
	return tap_done();
}
