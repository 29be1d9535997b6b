/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/body.h"
#include "tap.h"

static const char *name;
static uint64_t hours;
static bool flag;

static const struct body_field fields[] = {
        {"name", BODY_TEXT, true, 1, 5, &name},
        {"hours", BODY_COUNT, false, 1, 9, &hours},
        {"flag", BODY_FLAG, false, 0, 0, &flag},
};

/* What is wrong, or "good" with the fields filled. */
static const char *read_text(const char *text, struct body **body)
{
	static char wrong[160];

	body_free(*body);
	name = NULL;
	hours = 5;
	flag = false;
	if (body_read(body, text, text ? strlen(text) : 0, fields, 3, wrong, sizeof(wrong)) ==
	    BODY_GOOD)
		return "good";
	return wrong;
}

int main(void)
{
	struct body *body = NULL;

	CHECK_STR(read_text("{\"name\":\"abc\"}", &body), "good");
	CHECK_STR(name, "abc");
	CHECK(hours == 5 && !flag);
	CHECK_STR(read_text(" {\"flag\":true,\"hours\":9,\"name\":\"a\"}\n", &body), "good");
	CHECK(hours == 9 && flag);
	CHECK_STR(read_text("{}", &body), "'name' is missing");
	CHECK(!body);
	CHECK_STR(read_text("{\"name\":\"\"}", &body), "'name' is a text of 1 to 5 bytes");
	CHECK_STR(read_text("{\"name\":7}", &body), "'name' is a text of 1 to 5 bytes");
	CHECK_STR(read_text("{\"name\":null}", &body), "'name' is a text of 1 to 5 bytes");
	CHECK_STR(read_text("{\"name\":\"a\",\"hours\":-1}", &body),
	          "'hours' is a number of 1 to 9");
	CHECK_STR(read_text("{\"name\":\"a\",\"hours\":1.5}", &body),
	          "'hours' is a number of 1 to 9");
	CHECK_STR(read_text("{\"name\":\"a\",\"flag\":1}", &body), "'flag' is true or false");
	CHECK_STR(read_text("{\"name\":\"a\",\"more\":1}", &body),
	          "there is a field that nobody asked for");
	/* Twice, cut, text behind it, a NUL, an array, nothing. */
	CHECK_STR(read_text("{\"name\":\"a\",\"name\":\"b\"}", &body),
	          "the body is no JSON object");
	CHECK_STR(read_text("{\"name\":\"a\"", &body), "the body is no JSON object");
	CHECK_STR(read_text("{\"name\":\"a\"} x", &body), "the body is no JSON object");
	CHECK_STR(read_text("{\"name\":\"a\\u0000b\"}", &body), "the body is no JSON object");
	CHECK_STR(read_text("[]", &body), "the body is no JSON object");
	CHECK_STR(read_text(NULL, &body), "the body is no JSON object");
	body_free(body);
	return tap_done();
}
