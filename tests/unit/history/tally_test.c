/* SPDX-License-Identifier: Apache-2.0 */
#include "history/tally.h"

#include "tap.h"

#include <stdlib.h>

enum { DAY = 86400, START = 1000 * DAY };

static char log_text[65536];
static size_t log_size;

static void begin(void)
{
	log_size = (size_t)snprintf(log_text, sizeof(log_text),
	                            "time,src,proto,port,sensor,count,country\n");
}

static void row(long time_s, int port, const char *sensor, int count, const char *country)
{
	log_size += (size_t)snprintf(log_text + log_size, sizeof(log_text) - log_size,
	                             "%ld,192.0.2.1,6,%d,%s,%d,%s\n", time_s, port, sensor, count,
	                             country);
}

static void load(struct history *h)
{
	struct history_options o = {0};
	struct trouble t;

	history_init(h, 1 << 20);
	CHECK(history_read_bytes(h, "log", log_text, log_size, &o, &t) == STATUS_OK);
	history_seal(h);
}

/* Days 1 to 4 are whole, day 0 begins in its middle, day 3 is silent. */
static void fill(void)
{
	begin();
	row(START + DAY / 2, 23, "a", 100, "JP");
	row(START + DAY + 5, 23, "a", 3, "JP");
	row(START + DAY + 9, 445, "b", 5, "");
	row(START + 2 * DAY, 23, "a", 2, "DE");
	row(START + 4 * DAY, 80, "b", 1000, "JP");
	row(START + 5 * DAY - 1, 23, "b", 7, "JP");
}

static void check_days(void)
{
	struct history h;
	struct tally_span span;
	struct tally_set set;
	char name[TALLY_TEXT_MAX];
	struct trouble t;

	fill();
	row(START + 400L * DAY, 23, "a", 1, "JP"); /* a wild date */
	load(&h);
	CHECK(tally_span_of(&span, &h, DAY, &t) == STATUS_OK);
	CHECK_U64(span.start_s, START + DAY);
	CHECK_U64(span.bins, 4);
	CHECK_U64(span.strays, 1);
	CHECK(tally_build(&set, &h, &span, TALLY_SENSOR, 10, span.bins) == STATUS_OK);
	CHECK_U64(set.count, 2);
	tally_name(&h, TALLY_SENSOR, set.items[0].key, name);
	CHECK_STR(name, "b"); /* the heaviest first */
	CHECK(set.items[0].values[0] == 5 && set.items[0].values[1] == 0);
	CHECK(isnan(set.items[0].values[2])); /* silence is a gap, not a zero */
	CHECK(set.items[0].values[3] == 1007);
	CHECK(set.items[1].values[0] == 3 && set.items[1].values[3] == 0);
	tally_clear(&set);
	/* Chosen on the first two days alone: 80/tcp comes later and is not among them. */
	CHECK(tally_build(&set, &h, &span, TALLY_PORT, 10, 2) == STATUS_OK);
	CHECK_U64(set.count, 2);
	tally_name(&h, TALLY_PORT, set.items[0].key, name);
	CHECK_STR(name, "23/tcp");
	CHECK(set.items[0].values[3] == 7);
	tally_clear(&set);
	CHECK(tally_build(&set, &h, &span, TALLY_COUNTRY, 1, 4) == STATUS_OK);
	CHECK_U64(set.count, 1);
	tally_name(&h, TALLY_COUNTRY, set.items[0].key, name);
	CHECK_STR(name, "JP");
	tally_clear(&set);
	history_clear(&h);
}

static void check_hours(void)
{
	struct history h;
	struct tally_span span;
	struct trouble t;

	fill();
	load(&h);
	CHECK(tally_span_of(&span, &h, 3600, &t) == STATUS_OK);
	CHECK_U64(span.start_s, START + DAY / 2); /* on the hour */
	CHECK_U64(span.bins, 12 + 4 * 24);
	history_clear(&h);
	begin();
	row(START + 30000, 23, "a", 1, "");
	row(START + 40000, 23, "a", 1, "");
	load(&h);
	CHECK(tally_span_of(&span, &h, DAY, &t) == STATUS_LIMIT); /* no day is whole */
	history_clear(&h);
}

int main(void)
{
	check_days();
	check_hours();
	return tap_done();
}
