/* SPDX-License-Identifier: Apache-2.0 */
#include "model/role.h"
#include "tap.h"

int main(void)
{
	enum role role;

	for (unsigned i = 0; i < ROLE_COUNT; i++)
		CHECK(role_parse(role_name((enum role)i), &role) == STATUS_OK &&
		      role == (enum role)i);
	CHECK(role_parse("root", &role) == STATUS_FORMAT);
	CHECK(role_parse("", &role) == STATUS_FORMAT);

	CHECK(slug_valid("a") && slug_valid("jp-tokyo-01") && slug_valid("0"));
	CHECK(!slug_valid("") && !slug_valid("-a") && !slug_valid("a-") && !slug_valid("A"));
	CHECK(!slug_valid("a b") && !slug_valid("a.b") && !slug_valid("a\xc3\xa9"));
	CHECK(slug_valid("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
	CHECK(!slug_valid("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
	return tap_done();
}
