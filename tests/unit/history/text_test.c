/* SPDX-License-Identifier: Apache-2.0 */
#include "history/text.h"

#include "tap.h"

static struct text text(const char *s)
{
	return (struct text){s, strlen(s)};
}

static uint32_t time_of(const char *s)
{
	uint32_t time_s = 7;

	return text_time(text(s), &time_s) ? time_s : 0;
}

static void check_times(void)
{
	static const char *const bad[] = {"",
	                                  "now",
	                                  "2013-03-03",
	                                  "2013-02-30 00:00:00",
	                                  "2013-03-03 25:00:00",
	                                  "-5",
	                                  "4294967296",
	                                  "1e9",
	                                  "2107-01-01 00:00:00",
	                                  "1362347639.x",
	                                  "2013-03-03 21:53:59 +9900",
	                                  "99999999999999999999999999999999999999999999"};

	CHECK_U64(time_of("2013-03-03 21:53:59"), 1362347639);
	CHECK_U64(time_of("2013-03-03T21:53:59Z"), 1362347639);
	CHECK_U64(time_of("2013-03-03 21:53:59.25"), 1362347639);
	CHECK_U64(time_of("2013-03-04 06:53:59 +09:00"), 1362347639);
	CHECK_U64(time_of("2013-03-03T16:53:59-05:00"), 1362347639);
	CHECK_U64(time_of("1362347639"), 1362347639);
	CHECK_U64(time_of("1362347639.9"), 1362347639);
	CHECK_U64(time_of("1362347639999"), 1362347639);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK_U64(time_of(bad[i]), 0);
}

static void check_split(void)
{
	struct text f[TEXT_FIELDS_MAX];
	char many[400];

	CHECK_U64(text_split(text("a,b,,d"), ",", f), 4);
	CHECK(f[2].n == 0 && text_is(f[3], "D"));
	CHECK_U64(text_split(text("\"a,b\",c"), ",", f), 2);
	CHECK(text_is(text_trim(f[0]), "a,b"));
	CHECK_U64(text_split(text("1|2|3,4"), "|,", f), 4);
	CHECK_U64(text_split(text(""), ",", f), 1);
	memset(many, ',', sizeof(many));
	CHECK_U64(text_split((struct text){many, sizeof(many)}, ",", f), TEXT_FIELDS_MAX);
	CHECK_U64(text_split((struct text){"a\0b,c", 5}, ",", f), 2); /* NUL is no separator */
}

static void check_values(void)
{
	struct addr a, want;
	uint8_t proto;
	uint64_t n;

	CHECK(text_addr(text("3405803781"), &a) && addr_parse("203.0.113.5", &want) == STATUS_OK);
	CHECK(addr_compare(&a, &want) == 0);
	CHECK(text_addr(text("203.0.113.5"), &a) && addr_compare(&a, &want) == 0);
	CHECK(text_addr(text("2001:db8::1"), &a));
	CHECK(!text_addr(text("4294967296"), &a) && !text_addr(text("-1"), &a));
	CHECK(!text_addr(text("203.0.113.256"), &a) && !text_addr(text(""), &a));
	CHECK(text_proto(text("tcp"), &proto) && proto == 6);
	CHECK(text_proto(text("ICMPv6"), &proto) && proto == 58);
	CHECK(text_proto(text("47"), &proto) && proto == 47);
	CHECK(!text_proto(text("256"), &proto) && !text_proto(text("tc"), &proto));
	CHECK(text_number(text("65535"), 65535, &n) && n == 65535);
	CHECK(!text_number(text("65536"), 65535, &n) && !text_number(text("+1"), 9, &n));
	CHECK(!text_number(text("18446744073709551616"), UINT64_MAX, &n));
	CHECK(text_is(text_trim(text(" \" x \"\r")), "x"));
}

int main(void)
{
	check_times();
	check_split();
	check_values();
	return tap_done();
}
