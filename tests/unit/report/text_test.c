/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "base/utf8.h"
#include "report/limits.h"
#include "report/safe.h"

/* Columns of a line that ends at a newline; colour sequences take none. */
static int line_columns(const char *line)
{
	int columns = 0;

	while (*line && *line != '\n') {
		const unsigned char *s = (const unsigned char *)line;
		size_t n = utf8_length(s);

		if (*line == '\x1b') {
			line += strcspn(line, "m") + 1;
			continue;
		}
		columns += n ? safe_point_columns(utf8_point(s, n)) : 1;
		line += n ? n : 1;
	}
	return columns;
}

static int widest_line(const char *text)
{
	int widest = 0;

	for (; *text; text += strcspn(text, "\n") + 1) {
		int columns = line_columns(text);

		widest = columns > widest ? columns : widest;
	}
	return widest;
}

static void test_day(void)
{
	struct analysis a = fixture_day();
	char *text = fixture_print("text", &a, NULL);

	fixture_expect("day.txt", text);
	CHECK(strchr(text, '\x1b') == NULL && strchr(text, '\x07') == NULL);
	CHECK(strstr(text, "\xe2\x80\xae") == NULL);
	free(text);
	analysis_clear(&a);
}

static void test_colour(void)
{
	const struct report_options o = {.text = {.colour = true, .width = 120}};
	struct analysis a = fixture_day();
	char *text = fixture_print("text", &a, &o), *at = text;

	fixture_expect("day-colour.txt", text);
	/* Only SGR sequences of our own; the hostile names brought none. */
	while ((at = strchr(at, '\x1b'))) {
		size_t n = strspn(at + 2, "0123456789;");

		if (at[1] != '[' || at[2 + n] != 'm')
			break;
		at++;
	}
	CHECK(at == NULL);
	CHECK(strstr(text, "[2J") != NULL && strstr(text, "\x1b[2J") == NULL);
	free(text);
	analysis_clear(&a);
}

static void test_widths(void)
{
	struct analysis a = fixture_day(), huge = fixture_huge();

	for (int width = TEXT_WIDTH_MIN; width <= TEXT_WIDTH_MAX; width += 7) {
		const struct report_options o = {.text = {.width = width}};
		char *text = fixture_print("text", &a, &o);

		CHECK(widest_line(text) <= width);
		free(text);
		text = fixture_print("text", &huge, &o);
		CHECK(widest_line(text) <= width);
		free(text);
	}
	analysis_clear(&a);
	analysis_clear(&huge);
}

static void test_edges(void)
{
	struct analysis empty = {0}, one = fixture_one_packet();
	char *text = fixture_print("text", &empty, NULL);

	fixture_expect("empty.txt", text);
	free(text);
	text = fixture_print("text", &one, NULL);
	fixture_expect("one.txt", text);
	CHECK(strstr(text, "nan") == NULL && strstr(text, "inf ") == NULL);
	CHECK(strstr(text, "2^96 addresses") != NULL);
	free(text);
	analysis_clear(&one);
}

static void test_map(void)
{
	const uint8_t key = 0x55;
	const struct report_options o = {.map = fixture_map, .map_state = &key};
	struct analysis a = fixture_day();
	char *text = fixture_print("text", &a, &o);

	CHECK(strstr(text, "192.0.2.") == NULL && strstr(text, "198.18.") == NULL);
	CHECK(strstr(text, "149.85.87.95") != NULL && strstr(text, "147.71.0.0/16") != NULL);
	free(text);
	analysis_clear(&a);
}

static void keep_first(void *state, const char *sentence)
{
	char *kept = state;

	if (!kept[0])
		snprintf(kept, SENTENCE_MAX, "%s", sentence);
}

/* The figures of a /8 and a /16 in 30-detection, section 8. */
static void test_limits(void)
{
	struct analysis a = {.seconds_to_see_10pps_95 = 77, .smallest_victim_pps = 128};
	char first[SENTENCE_MAX] = "";

	limits_tell(&a, keep_first, first);
	CHECK(strstr(first, "within 1 min 17 s") && strstr(first, "within 4.8 s"));
	a.seconds_to_see_10pps_95 = 19632;
	first[0] = '\0';
	limits_tell(&a, keep_first, first);
	CHECK(strstr(first, "within 5 h 27 min") && strstr(first, "within 20 min 27 s"));
}

static void check_safe(const char *in, int columns, const char *want, int want_columns)
{
	char out[64];

	CHECK_U64(safe_text(in, columns, out, sizeof(out)), want_columns);
	CHECK_STR(out, want);
	CHECK_U64(safe_columns(out), want_columns);
}

static void test_safe(void)
{
	char tiny[8];

	check_safe("plain", 10, "plain", 5);
	check_safe("plain", 5, "plain", 5);
	check_safe("plain", 4, "pla\xe2\x80\xa6", 4);
	check_safe("plain", 1, "\xe2\x80\xa6", 1);
	check_safe("plain", 0, "", 0);
	check_safe("a\x1b[31mb\n\x7f", 20, "a\xef\xbf\xbd[31mb\xef\xbf\xbd\xef\xbf\xbd", 9);
	check_safe("\xc2\x9b"
	           "2J",
	           9,
	           "\xef\xbf\xbd"
	           "2J",
	           3); /* C1: the CSI in one character */
	check_safe("\xff\xc0", 9, "\xef\xbf\xbd\xef\xbf\xbd", 2);
	check_safe("\xe2\x80\xae"
	           "evil",
	           9,
	           "\xef\xbf\xbd"
	           "evil",
	           5);
	check_safe("\xe6\x97\xa5\xe6\x9c\xac", 4, "\xe6\x97\xa5\xe6\x9c\xac", 4);
	check_safe("\xe6\x97\xa5\xe6\x9c\xac", 3, "\xe6\x97\xa5\xe2\x80\xa6", 3);
	check_safe("e\xcc\x81", 1, "e\xcc\x81", 1);
	/* The bytes end before the columns do. */
	CHECK(safe_text("\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", 80, tiny, sizeof(tiny)) == 3);
	CHECK_STR(tiny, "\xe6\x97\xa5\xe2\x80\xa6");
}

int main(void)
{
	test_day();
	test_colour();
	test_widths();
	test_edges();
	test_map();
	test_limits();
	test_safe();
	return tap_done();
}
