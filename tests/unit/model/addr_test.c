/* SPDX-License-Identifier: Apache-2.0 */
#include "model/addr.h"

#include "tap.h"

static void check_prefix(const char *text, const char *printed)
{
	struct prefix p;
	char out[PREFIX_TEXT_MAX];

	if (CHECK(prefix_parse(text, &p) == STATUS_OK)) {
		prefix_text(&p, out);
		CHECK_STR(out, printed);
	}
}

static void test_text(void)
{
	static const char *const bad[] = {"",          "1.2.3",       "1.2.3.4/33",    "1.2.3.4/24",
	                                  "::1/129",   "10.0.0.0/8x", "10.0.0.0/-1",   "10.0.0.0/",
	                                  "1.2.3.4.5", "::g",         "2001:db8::1/32"};
	struct prefix p;

	check_prefix("192.0.2.0/24", "192.0.2.0/24");
	check_prefix("192.0.2.7", "192.0.2.7/32");
	check_prefix("0.0.0.0/0", "0.0.0.0/0");
	check_prefix("2001:db8::/32", "2001:db8::/32");
	check_prefix("::/0", "::/0");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(prefix_parse(bad[i], &p) == STATUS_FORMAT);
	CHECK(prefix_parse_loose("1.2.3.4/24", &p) == STATUS_OK && p.base.b[15] == 0);
}

static void test_set(void)
{
	static const char *const members[] = {"198.18.0.0/16", "198.18.4.0/24", "192.0.2.0/25",
	                                      "2001:db8::/32"};
	struct prefix_set set = {0};
	struct prefix p;
	struct addr a;

	for (size_t i = 0; i < 4; i++)
		CHECK(prefix_parse(members[i], &p) == STATUS_OK &&
		      prefix_set_add(&set, p) == STATUS_OK);
	prefix_set_seal(&set);
	CHECK_U64(set.count, 3);
	CHECK_NEAR(prefix_set_size_v4(&set), 65536 + 128, 0);
	CHECK_NEAR(prefix_set_size_v6(&set), 79228162514264337593543950336.0, 0);
	CHECK(addr_parse("198.18.255.255", &a) == STATUS_OK && prefix_set_contains(&set, &a));
	CHECK(addr_parse("198.19.0.0", &a) == STATUS_OK && !prefix_set_contains(&set, &a));
	CHECK(addr_parse("192.0.2.128", &a) == STATUS_OK && !prefix_set_contains(&set, &a));
	CHECK(addr_parse("2001:db8:ffff::9", &a) == STATUS_OK && prefix_set_contains(&set, &a));
	CHECK(addr_parse("::1", &a) == STATUS_OK && !prefix_set_contains(&set, &a));
	prefix_set_clear(&set);
}

int main(void)
{
	test_text();
	test_set();
	return tap_done();
}
