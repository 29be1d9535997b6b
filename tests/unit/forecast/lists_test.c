/* SPDX-License-Identifier: Apache-2.0 */
#include "forecast/lists.h"

#include "tap.h"

enum { SENSORS = 4, SOURCES = 600, DAYS = 30 };

/* Sensors 0 and 1 are visited by the same steady sources (0 to 99, each on two of three days);
 * sensors 2 and 3 by loud ones (100 to 199) that come once and never again. */
static void live(struct lists *l, unsigned day)
{
	for (uint32_t s = 0; s < 100; s++) {
		if ((s + day) % 3 == 0)
			continue;
		lists_see(l, s, s % 2, 1);
		if (s < 50)
			lists_see(l, s, 1 - s % 2, 1);
	}
	for (uint32_t s = 0; s < 10; s++)
		lists_see(l, 100 + day * 10 + s, 2 + s % 2, 500);
	lists_end_day(l);
}

static const struct lists_candidate *find(const struct lists_candidate *c, size_t n,
                                          uint32_t source)
{
	for (size_t i = 0; i < n; i++) {
		if (c[i].source == source)
			return &c[i];
	}
	return NULL;
}

int main(void)
{
	static struct lists_candidate c[SOURCES];
	const struct lists_candidate *steady, *neighbour, *loud;
	struct lists *l;
	size_t n;

	CHECK(lists_new(&l, 1, SOURCES) == STATUS_LIMIT);
	CHECK(lists_new(&l, SENSORS, SOURCES) == STATUS_OK);
	lists_candidates(l, 0, c, &n);
	CHECK_U64(n, 0);
	for (unsigned day = 0; day < DAYS; day++)
		live(l, day);
	lists_candidates(l, 0, c, &n);
	/* All steady ones, and the loud ones of the last week. */
	CHECK_U64(n, 100 + 10 * LISTS_KEEP_DAYS);
	CHECK(!find(c, n, 100));
	steady = find(c, n, 0);
	neighbour = find(c, n, 51); /* comes to sensor 1 alone */
	loud = find(c, n, 100 + (DAYS - 1) * 10);
	CHECK(steady && neighbour && loud);
	if (steady && neighbour && loud) {
		printf("# %.3f %.3f %.4f\n", (double)steady->score[LIST_PREDICTED],
		       (double)neighbour->score[LIST_PREDICTED],
		       (double)loud->score[LIST_PREDICTED]);
		CHECK(steady->score[LIST_PREDICTED] > 0.4f);
		CHECK(steady->score[LIST_PREDICTED] > neighbour->score[LIST_PREDICTED]);
		CHECK(loud->score[LIST_PREDICTED] < 0.05f);
		/* The naive list of the worst everywhere believes the loud ones. */
		CHECK(loud->score[LIST_GLOBAL] > steady->score[LIST_GLOBAL]);
		CHECK(loud->score[LIST_LOCAL] == 0);
	}
	CHECK(lists_came(l, 100 + (DAYS - 1) * 10, 2));
	CHECK(!lists_came(l, 100 + (DAYS - 2) * 10, 2));
	lists_free(l);
	return tap_done();
}
