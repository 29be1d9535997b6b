/* SPDX-License-Identifier: Apache-2.0 */
#include "store/sql.h"

#include "../../tap.h"

#include <stdlib.h>

static void test_values(void)
{
	struct sql q = {0};
	struct trouble t;

	sql_text(&q, "SELECT ");
	sql_u64(&q, UINT64_MAX);
	sql_text(&q, "-");
	sql_i64(&q, -1);
	sql_text(&q, ",");
	sql_f64(&q, 3.0);
	sql_text(&q, ",");
	sql_string(&q, "it's \\ a\n\0b", 11);
	sql_text(&q, " FROM ");
	sql_name(&q, "port_minute");
	CHECK(sql_check(&q, &t) == STATUS_OK);
	CHECK_STR(q.text, "SELECT 18446744073709551615-(-1),3.00000000000000000e+00,"
	                  "'it\\'s \\\\ a\\x0A\\x00b' FROM `port_minute`");
	sql_clear(&q);
}

static enum status name_status(const char *name)
{
	struct sql q = {0};
	struct trouble t;
	enum status st;

	sql_name(&q, name);
	st = sql_check(&q, &t);
	sql_clear(&q);
	return st;
}

static void test_names(void)
{
	char longest[SQL_NAME_MAX + 2];

	memset(longest, 'a', sizeof(longest));
	longest[SQL_NAME_MAX] = '\0';
	CHECK(name_status(longest) == STATUS_OK);
	longest[SQL_NAME_MAX] = 'a';
	longest[SQL_NAME_MAX + 1] = '\0';
	CHECK(name_status(longest) == STATUS_FORMAT);
	CHECK(name_status("_a9") == STATUS_OK);
	CHECK(name_status("9a") == STATUS_FORMAT);
	CHECK(name_status("") == STATUS_FORMAT);
	CHECK(name_status("a`; DROP TABLE flows") == STATUS_FORMAT);
	CHECK(name_status("a.b") == STATUS_FORMAT);
	CHECK(name_status("\xc3\xa4") == STATUS_FORMAT);
}

static void test_failures(void)
{
	struct sql q = {0}, part = {0};
	struct trouble t;
	char *big = malloc(SQL_BYTES_MAX);

	CHECK(sql_check(&q, &t) == STATUS_USAGE);
	sql_f64(&part, NAN);
	sql_append(&q, &part);
	sql_text(&q, "more");
	CHECK(sql_check(&q, &t) == STATUS_FORMAT && t.text[0]);
	sql_clear(&q);
	memset(big, 'x', SQL_BYTES_MAX);
	sql_string(&q, big, SQL_BYTES_MAX - 3);
	CHECK(sql_check(&q, &t) == STATUS_OK);
	sql_text(&q, "x");
	CHECK(sql_check(&q, &t) == STATUS_LIMIT);
	sql_clear(&q);
	sql_clear(&part);
	free(big);
}

static void test_append(void)
{
	struct sql q = {0}, part = {0}, empty = {0};
	struct trouble t;

	sql_text(&part, "port = ");
	sql_u64(&part, 23);
	sql_text(&q, "WHERE ");
	sql_append(&q, &part);
	sql_append(&q, &empty);
	CHECK(sql_check(&q, &t) == STATUS_OK);
	CHECK_STR(q.text, "WHERE port = 23");
	sql_clear(&q);
	sql_clear(&part);
}

int main(void)
{
	test_values();
	test_names();
	test_failures();
	test_append();
	return tap_done();
}
