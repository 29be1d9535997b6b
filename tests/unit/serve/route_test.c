/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/route.h"
#include "tap.h"

static const char *const formats[] = {"json", "csv", NULL};

static const struct route table[] = {
        {.path = "/", .id = "root"},
        {.path = "/things", .id = "things"},
        {.path = "/things",
         .id = "make",
         .method = ROUTE_POST,
         .parameters = {{.name = "n", .type = PARAMETER_COUNT, .low = 2, .high = 9},
                        {.name = "q", .required = true, .low = 1, .high = 3},
                        {.name = "format", .type = PARAMETER_CHOICE, .choices = formats}}},
        {.path = "/things/{number}", .id = "thing"},
        {.path = "/things/{number}/end", .id = "end", .method = ROUTE_POST},
        {.path = "/words/{word}", .id = "word"},
        {0},
};

static struct target t;
static uint32_t number;
static const char *word;
static char allow[64];

static const char *find(const char *method, const char *path)
{
	const struct route *r;

	number = 0;
	word = NULL;
	CHECK(target_parse(&t, path) == NULL);
	switch (route_find(table, method, &t, &r, &number, &word, allow)) {
	case ROUTE_FOUND:
		return r->id;
	case ROUTE_WRONG_METHOD:
		return allow;
	case ROUTE_UNKNOWN:
		break;
	}
	return "none";
}

static void check_find(void)
{
	CHECK_STR(find("GET", "/"), "root");
	CHECK_STR(find("GET", "/things"), "things");
	CHECK_STR(find("HEAD", "/things"), "things");
	CHECK_STR(find("POST", "/things"), "make");
	CHECK_STR(find("DELETE", "/things"), "GET, HEAD, POST");
	CHECK_STR(find("get", "/things"), "GET, HEAD, POST");
	CHECK_STR(find("GET", "/things/7/end"), "POST");
	CHECK_STR(find("GET", "/things/7"), "thing");
	CHECK_U64(number, 7);
	CHECK_STR(find("GET", "/things/4294967295"), "thing");
	CHECK_U64(number, 4294967295u);
	CHECK_STR(find("GET", "/words/a%2Fb"), "word");
	CHECK_STR(word, "a/b");
}

static void check_unknown(void)
{
	static const char *const paths[] = {
	        "/thing",
	        "/things/0",
	        "/things/07",
	        "/things/-1",
	        "/things/7x",
	        "/things/4294967296",
	        "/things/99999999999999999999",
	        "/things/7/end/x",
	        "/words",
	        "/things%2F7",
	};

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		CHECK_STR(find("GET", paths[i]), "none");
}

static const char *check(const char *path)
{
	static char wrong[256];

	CHECK(target_parse(&t, path) == NULL);
	return route_check(&table[2], &t, wrong, sizeof(wrong)) ? "good" : wrong;
}

static void check_parameters(void)
{
	CHECK_STR(check("/things?q=abc&n=2&format=csv"), "good");
	CHECK_U64(route_count(&t, "n", 5), 2);
	CHECK_STR(check("/things?q=abc"), "good");
	CHECK_U64(route_count(&t, "n", 5), 5);
	CHECK_STR(check("/things"), "parameter 'q' is missing");
	CHECK_STR(check("/things?q="), "parameter 'q' has 1 to 3 bytes");
	CHECK_STR(check("/things?q=abcd"), "parameter 'q' has 1 to 3 bytes");
	CHECK_STR(check("/things?q=a&n=1"), "parameter 'n' is a number from 2 to 9");
	CHECK_STR(check("/things?q=a&n=10"), "parameter 'n' is a number from 2 to 9");
	CHECK_STR(check("/things?q=a&n=+3"), "parameter 'n' is a number from 2 to 9");
	CHECK_STR(check("/things?q=a&format=xml"), "parameter 'format' is one of json, csv");
	CHECK_STR(check("/things?q=a&other=1"), "'other' is no parameter here");
}

int main(void)
{
	check_find();
	check_unknown();
	check_parameters();
	return tap_done();
}
