/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "report/svg.h"

/* tests/golden/60-report-page.py reads these pages as a browser would. */
static void test_day(void)
{
	struct analysis a = fixture_day();
	char *text = fixture_print("html", &a, NULL);

	fixture_expect("day.html", text);
	CHECK(strstr(text, "<script") == NULL && strstr(text, "<img") == NULL);
	CHECK(strstr(text, "&lt;img src=x onerror=alert(1)&gt; &amp; &quot;quotes&quot;") != NULL);
	CHECK(strstr(text, "<b>&amp;") == NULL && strstr(text, "&lt;b&gt;&amp;amp;") != NULL);
	CHECK(strchr(text, '\x1b') == NULL && strstr(text, "\xe2\x80\xae") == NULL);
	free(text);
	analysis_clear(&a);
}

static void test_edges(void)
{
	struct analysis empty = {0}, one = fixture_one_packet(), huge = fixture_huge();
	char *text = fixture_print("html", &empty, NULL);

	fixture_expect("empty.html", text);
	CHECK(strstr(text, "None seen.") != NULL);
	free(text);
	text = fixture_print("html", &one, NULL);
	fixture_expect("one.html", text);
	CHECK(strstr(text, "nan") == NULL && strstr(text, ">inf") == NULL);
	free(text);
	text = fixture_print("html", &huge, NULL);
	fixture_expect("huge.html", text);
	CHECK(strstr(text, "nan") == NULL && strstr(text, "inf\"") == NULL);
	free(text);
	analysis_clear(&one);
	analysis_clear(&huge);
}

static void test_map(void)
{
	const uint8_t key = 0x55;
	const struct report_options o = {.map = fixture_map, .map_state = &key};
	struct analysis a = fixture_day();
	char *text = fixture_print("html", &a, &o);

	CHECK(strstr(text, "192.0.2.") == NULL && strstr(text, "198.18.") == NULL);
	CHECK(strstr(text, "149.85.87.95") != NULL && strstr(text, "149.85.87.157") != NULL);
	CHECK(strstr(text, "147.71.0.0/16") != NULL);
	free(text);
	analysis_clear(&a);
}

/* Lists that go on for ever do not make a page that goes on for ever. */
static void test_bounds(void)
{
	struct analysis a = {.source_count = 5000, .sources_total = 5000, .attack_count = 5000};
	char *text;

	a.sources = fixture_array(a.source_count, sizeof(*a.sources));
	a.attacks = fixture_array(a.attack_count, sizeof(*a.attacks));
	for (size_t i = 0; i < a.attack_count; i++)
		a.attacks[i] = (struct attack){.rule = "telescope",
		                               .proto = 6,
		                               .victim = addr_v4((uint32_t)i),
		                               .start_ns = i * NS_PER_SECOND,
		                               .rate = (double)i};
	text = fixture_print("html", &a, NULL);
	CHECK(strlen(text) < 400000);
	CHECK(strstr(text, "The largest 200 of 5,000") != NULL);
	/* The strongest stay, in the order of their start. */
	CHECK(strstr(text, ">0.0.19.135<") != NULL && strstr(text, ">0.0.18.111<") == NULL);
	CHECK(strstr(text, ">0.0.19.134<") < strstr(text, ">0.0.19.135<"));
	free(text);
	analysis_clear(&a);
}

static void test_axes(void)
{
	uint64_t ticks[SVG_TICKS_MAX], spans[] = {1,
	                                          NS_PER_SECOND,
	                                          59 * NS_PER_SECOND,
	                                          3600 * NS_PER_SECOND,
	                                          86400 * NS_PER_SECOND,
	                                          UINT64_MAX - FIXTURE_START};
	unsigned count;
	char label[TIME_TEXT_MAX];

	CHECK_NEAR(svg_ceiling(0), 1, 0);
	CHECK_NEAR(svg_ceiling(248), 300, 1e-9);
	CHECK_NEAR(svg_ceiling(0.011), 0.012, 1e-12);
	CHECK_NEAR(svg_ceiling(100), 100, 1e-9);
	CHECK_NEAR(svg_ceiling(9), 10, 1e-9);
	CHECK(isfinite(svg_ceiling(INFINITY)));
	CHECK_U64(svg_time_ticks(5, 5, ticks, &count), 0);
	for (size_t i = 0; i < sizeof(spans) / sizeof(spans[0]); i++) {
		uint64_t step =
		        svg_time_ticks(FIXTURE_START, FIXTURE_START + spans[i], ticks, &count);

		CHECK(step > 0 && count <= SVG_TICKS_MAX);
		for (unsigned k = 0; k < count; k++)
			CHECK(ticks[k] >= FIXTURE_START && ticks[k] - FIXTURE_START <= spans[i]);
	}
	svg_time_label(FIXTURE_START, 3600 * NS_PER_SECOND, label, sizeof(label));
	CHECK_STR(label, "01-01");
	svg_time_label(FIXTURE_START + 5400 * NS_PER_SECOND, 1800 * NS_PER_SECOND, label,
	               sizeof(label));
	CHECK_STR(label, "01:30");
	svg_time_label(FIXTURE_START + 7 * NS_PER_SECOND, NS_PER_SECOND, label, sizeof(label));
	CHECK_STR(label, "00:00:07");
}

/* What lies outside of the frame is drawn at its edge. */
static void test_frame(void)
{
	const struct svg_frame f = {.left = 10,
	                            .right = 110,
	                            .top = 5,
	                            .bottom = 55,
	                            .start_ns = 1000,
	                            .end_ns = 2000,
	                            .highest = 100};

	CHECK_NEAR(svg_x(&f, 1500), 60, 1e-9);
	CHECK_NEAR(svg_x(&f, 0), 10, 0);
	CHECK_NEAR(svg_x(&f, UINT64_MAX), 110, 0);
	CHECK_NEAR(svg_y(&f, 50), 30, 1e-9);
	CHECK_NEAR(svg_y(&f, -1), 55, 0);
	CHECK_NEAR(svg_y(&f, NAN), 55, 0);
	CHECK_NEAR(svg_y(&f, INFINITY), 5, 0);
}

int main(void)
{
	test_day();
	test_edges();
	test_map();
	test_bounds();
	test_axes();
	test_frame();
	return tap_done();
}
