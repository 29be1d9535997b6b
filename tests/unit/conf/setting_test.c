/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/setting.h"

#include "tap.h"

struct settings {
	const char *text;
	bool flag;
	uint64_t count, span, time;
	double number;
	int choice;
	char first;
};

static enum status parse_first(const char *text, void *field)
{
	*(char *)field = text[0];
	return text[1] == '\0' ? STATUS_OK : STATUS_FORMAT;
}

static const char *const colours[] = {"red", "green", NULL};

#define AT(field) offsetof(struct settings, field)

static const struct setting rows[] = {
        {"text", "a text", SETTING_TEXT, AT(text), 0, 0, NULL, NULL},
        {"flag", "a flag", SETTING_FLAG, AT(flag), 0, 0, NULL, NULL},
        {"count", "a count", SETTING_COUNT, AT(count), 1, 100, NULL, NULL},
        {"number", "a number", SETTING_NUMBER, AT(number), -1, 1, NULL, NULL},
        {"span", "a duration", SETTING_DURATION, AT(span), 1, 3600, NULL, NULL},
        {"time", "a time", SETTING_TIME, AT(time), 0, 0, NULL, NULL},
        {"colour", "a colour", SETTING_CHOICE, AT(choice), 0, 0, colours, NULL},
        {"first", "one letter", SETTING_PARSED, AT(first), 0, 0, NULL, parse_first},
};

static enum status fill(const char *text, struct settings *s, struct trouble *t)
{
	/* Two tables, to see that both are asked. */
	struct setting_table tables[] = {{rows, 2}, {rows + 2, sizeof(rows) / sizeof(rows[0]) - 2}};
	struct ini *ini;
	enum status st = ini_parse(&ini, "file", text, strlen(text), t);

	if (!st)
		st = settings_fill(ini, &ini->sections[0], tables, 2, s, t);
	s->text = NULL; /* points into the ini */
	ini_free(ini);
	return st;
}

static void check_refused(const char *text, const char *part)
{
	struct settings s = {0};
	struct trouble t = {0};

	CHECK(fill(text, &s, &t) == STATUS_FORMAT);
	CHECK_U64(t.line, 1);
	if (!CHECK(strstr(t.text, part) != NULL))
		printf("# got '%s', without '%s'\n", t.text, part);
}

int main(void)
{
	struct settings s = {.count = 7, .number = 0.5};
	struct trouble t = {0};

	CHECK(fill("flag = yes\nspan = 2m\ntime = 1970-01-01T00:00:02Z\ncolour = green\nfirst = "
	           "x\n",
	           &s, &t) == STATUS_OK);
	CHECK(s.flag && s.choice == 1 && s.first == 'x');
	CHECK_U64(s.span, 120000000000u);
	CHECK_U64(s.time, 2000000000u);
	CHECK_U64(s.count, 7); /* was not in the file */
	CHECK(fill("count = 100\nnumber = -1\nflag = no\n", &s, &t) == STATUS_OK);
	CHECK(s.count == 100 && s.number == -1 && !s.flag);
	check_refused("colur = red", "'colur' is not a key of the global part");
	check_refused("count = 0", "count = 0: not a count from 1 to 100");
	check_refused("count = 101", "from 1 to 100");
	check_refused("count = 5x", "from 1 to 100");
	check_refused("count = -5", "from 1 to 100");
	check_refused("count = 99999999999999999999999", "from 1 to 100");
	check_refused("number = 1.01", "from -1 to 1");
	check_refused("number = nan", "from -1 to 1");
	check_refused("number = .", "from -1 to 1");
	check_refused("span = 2h", "from 1 s to 3600 s");
	check_refused("span = soon", "such as 90s");
	check_refused("time = tomorrow", "a time");
	check_refused("flag = true", "yes or no");
	check_refused("colour = blue", "red, green");
	check_refused("first = xy", "one letter");
	return tap_done();
}
