/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/options.h"

#include "tap.h"

struct settings {
	const char *output;
	bool quiet;
};

static const struct option rows[] = {
        {"output", "FILE", "Where to.", OPTION_TEXT, offsetof(struct settings, output), 0, 0},
        {"quiet", NULL, "Say nothing.", OPTION_FLAG, offsetof(struct settings, quiet), 0, 0},
};
static const struct option_letter letters[] = {{'o', "output"}, {'q', "quiet"}, {0}};
static const struct option_table table = {
        .command = "x", .synopsis = "", .about = "", .rows = rows, .count = 2, .letters = letters};
static const struct option_table bare = {
        .command = "x", .synopsis = "", .about = "", .rows = rows, .count = 2};

static enum status parse(const struct option_table *with, char *a, char *b, struct settings *s,
                         struct trouble *t)
{
	char name[] = "x";
	char *argv[] = {name, a, b, NULL};
	struct text_list operands = {0};
	enum status st;

	*s = (struct settings){0};
	st = options_parse(with, b ? 3 : 2, argv, s, &operands, t);
	text_list_clear(&operands);
	return st;
}

int main(void)
{
	char o[] = "-o", q[] = "-q", oq[] = "-oq", file[] = "file", dash[] = "-", help[400];
	struct settings s;
	struct trouble t;
	FILE *out = fmemopen(help, sizeof(help), "w");

	CHECK(parse(&table, o, file, &s, &t) == STATUS_OK);
	CHECK_STR(s.output, "file");
	CHECK(parse(&table, o, dash, &s, &t) == STATUS_OK);
	CHECK_STR(s.output, "-");
	CHECK(parse(&table, q, file, &s, &t) == STATUS_OK && s.quiet);
	CHECK(parse(&table, oq, file, &s, &t) == STATUS_USAGE);
	CHECK(parse(&table, o, NULL, &s, &t) == STATUS_USAGE);
	CHECK(parse(&bare, o, file, &s, &t) == STATUS_USAGE);
	options_help(&table, out);
	fclose(out);
	CHECK(strstr(help, "  -o, --output FILE\n") != NULL);
	return tap_done();
}
