/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/target.h"
#include "tap.h"

static struct target t;

static bool bad(const char *raw)
{
	return target_parse(&t, raw) != NULL;
}

static void check_good(void)
{
	CHECK(!bad("/"));
	CHECK_U64(t.segment_count, 0);
	CHECK(!bad("/api/v1/query?q=top%2010+port%3d23&format=csv&flag"));
	CHECK_U64(t.segment_count, 3);
	CHECK_STR(t.segments[2], "query");
	CHECK_STR(target_find(&t, "q"), "top 10 port=23");
	CHECK_STR(target_find(&t, "format"), "csv");
	CHECK_STR(target_find(&t, "flag"), "");
	CHECK(!target_find(&t, "none"));
	/* An escaped slash stays within its segment; plus is itself in a path. */
	CHECK(!bad("/a%2Fb/c+d?"));
	CHECK_U64(t.segment_count, 2);
	CHECK_STR(t.segments[0], "a/b");
	CHECK_STR(t.segments[1], "c+d");
	CHECK_U64(t.argument_count, 0);
	CHECK(!bad("/caf%C3%A9?q=a%26b%3Dc"));
	CHECK_STR(t.segments[0], "caf\xc3\xa9");
	CHECK_STR(target_find(&t, "q"), "a&b=c");
}

static void check_bad(void)
{
	static const char *const texts[] = {
	        "",
	        "api",
	        "*",
	        "http://hub/healthz",
	        "//",
	        "/a//b",
	        "/a/",
	        "/a/../b",
	        "/a/%2e%2E/b",
	        "/./a",
	        "/%",
	        "/%4",
	        "/%zz",
	        "/a%00b",
	        "/a%0Ab",
	        "/a%7f",
	        "/a#b",
	        "/%c3%28",
	        "/%c0%af",
	        "/1/2/3/4/5/6/7/8/9",
	        "/a?q=%",
	        "/a?q=%00",
	        "/a?q=%ff",
	        "/a?=x",
	        "/a?q=1&q=2",
	        "/a?q=1&%71=2",
	        "/a?&a=1",
	        "/a?a=1&&b=2",
	        "/a?a&b&c&d&e&f&g&h&i&j&k&l&m&n&o&p&q",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (!CHECK(bad(texts[i])))
			printf("# '%s'\n", texts[i]);
	}
}

static void check_long(void)
{
	static char text[TARGET_BYTES_MAX + 1];

	memset(text, 'a', sizeof(text) - 1);
	text[0] = '/';
	CHECK(bad(text));
	text[TARGET_BYTES_MAX - 1] = '\0';
	CHECK(!bad(text));
}

int main(void)
{
	check_good();
	check_bad();
	check_long();
	return tap_done();
}
