/* SPDX-License-Identifier: Apache-2.0 */
#include "base/timefmt.h"

#include "tap.h"

static void check_time(const char *text, uint64_t ns, int digits, const char *printed)
{
	char out[TIME_TEXT_MAX];
	uint64_t parsed = 0;

	CHECK(time_parse(text, &parsed) == STATUS_OK);
	CHECK_U64(parsed, ns);
	time_text(ns, digits, out);
	CHECK_STR(out, printed);
}

int main(void)
{
	static const char *const bad[] = {"",
	                                  "2026",
	                                  "2026-02-30T00:00:00Z",
	                                  "2025-02-29T00:00:00Z",
	                                  "2026-01-01T24:00:00Z",
	                                  "2026-01-01T00:00:00",
	                                  "1969-12-31T23:59:59Z",
	                                  "2026-01-01T00:00:00+9:00",
	                                  "2026-01-01T00:00:00Zx"};
	static const char *const bad_spans[] = {
	        "", "-1", "1w", "1e9", "0x10", "s", "99999999999999h"};
	char out[TIME_TEXT_MAX];
	uint64_t ns;

	check_time("1970-01-01T00:00:00Z", 0, 0, "1970-01-01T00:00:00Z");
	check_time("2024-02-29T12:34:56.123456Z", 1709210096123456000u, 6,
	           "2024-02-29T12:34:56.123456Z");
	check_time("2000-03-01T00:00:00+09:00", 951836400000000000u, 0, "2000-02-29T15:00:00Z");
	check_time("2106-02-07T06:28:15Z", 4294967295000000000u, 0, "2106-02-07T06:28:15Z");
	time_text(UINT64_MAX, 9, out);
	CHECK_STR(out, "2554-07-21T23:34:33.709551615Z");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(time_parse(bad[i], &ns) == STATUS_FORMAT);
	CHECK(duration_parse("1.5h", &ns) == STATUS_OK && ns == 5400 * NS_PER_SECOND);
	CHECK(duration_parse("90", &ns) == STATUS_OK && ns == 90 * NS_PER_SECOND);
	CHECK(duration_parse("500ms", &ns) == STATUS_OK && ns == NS_PER_SECOND / 2);
	for (size_t i = 0; i < sizeof(bad_spans) / sizeof(bad_spans[0]); i++)
		CHECK(duration_parse(bad_spans[i], &ns) == STATUS_FORMAT);
	return tap_done();
}
