/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/ini.h"

#include "tap.h"

#include <stdlib.h>

static struct ini *parse(const char *text, struct trouble *t)
{
	struct ini *ini;

	*t = (struct trouble){0};
	if (ini_parse(&ini, "file", text, strlen(text), t))
		CHECK(ini == NULL);
	return ini;
}

static void check_good(void)
{
	static const char text[] = "\xef\xbb\xbf# heading\r\n"
	                           "  name =  two words # not this\r\n"
	                           "url = a#b=c\n"
	                           "\n"
	                           "[ first ]\n"
	                           "key=1\n"
	                           "[second]\n"
	                           "key = 2";
	struct trouble t;
	struct ini *ini = parse(text, &t);

	CHECK(ini != NULL);
	if (!ini)
		return;
	CHECK_U64(ini->section_count, 3);
	CHECK_STR(ini->sections[1].name, "first");
	CHECK_U64(ini->sections[1].line, 5);
	CHECK_STR(ini_find(ini, &ini->sections[0], "name")->value, "two words");
	CHECK_STR(ini_find(ini, &ini->sections[0], "url")->value, "a#b=c");
	CHECK_STR(ini_find(ini, &ini->sections[1], "key")->value, "1");
	CHECK_STR(ini_find(ini, &ini->sections[2], "key")->value, "2");
	CHECK_U64(ini_find(ini, &ini->sections[2], "key")->line, 8);
	CHECK(ini_find(ini, &ini->sections[1], "name") == NULL);
	ini_free(ini);
}

static void check_refused(const char *text, unsigned long line, const char *part)
{
	struct trouble t;
	struct ini *ini = parse(text, &t);

	CHECK(ini == NULL);
	CHECK_U64(t.line, line);
	CHECK_STR(t.file, "file");
	if (!CHECK(strstr(t.text, part) != NULL))
		printf("# got '%s', without '%s'\n", t.text, part);
	ini_free(ini);
}

static void check_bounds(void)
{
	size_t room = INI_BYTES_MAX + 2;
	char *text = calloc(1, room), *at = text;
	struct trouble t;
	struct ini *ini;

	for (int i = 0; i <= INI_SECTIONS_MAX; i++)
		at += snprintf(at, room - (size_t)(at - text), "[s%d]\n", i);
	check_refused(text, INI_SECTIONS_MAX + 1, "sections");
	memset(text, '#', INI_BYTES_MAX);
	CHECK(ini_parse(&ini, "file", text, INI_BYTES_MAX, &t) == STATUS_OK);
	ini_free(ini);
	CHECK(ini_parse(&ini, "file", text, INI_BYTES_MAX + 1, &t) == STATUS_LIMIT);
	CHECK(ini_parse(&ini, "file", "a=1\0b", 5, &t) == STATUS_FORMAT);
	free(text);
}

int main(void)
{
	struct trouble t;
	struct ini *ini = parse("", &t);

	CHECK(ini && ini->section_count == 1 && ini->key_count == 0);
	ini_free(ini);
	ini_free(NULL);
	check_good();
	check_refused("a = 1\nb\n", 2, "neither");
	check_refused("a = 1\n\na = 2\n", 3, "already set on line 1");
	check_refused("[x]\n[x]\n", 2, "already on line 1");
	check_refused("[x\n", 1, "[name]");
	check_refused("[]\n", 1, "not a section name");
	check_refused("[a b]\n", 1, "not a section name");
	check_refused("a b = 1\n", 1, "not a key name");
	check_refused("= 1\n", 1, "not a key name");
	check_refused("a =   # nothing\n", 1, "no value");
	check_refused("[0123456789012345678901234567890123456789012345678901234567890123]\n", 1,
	              "not a section name");
	check_bounds();
	CHECK(ini_read(&ini, "/nowhere/at/all", &t) == STATUS_NOT_FOUND);
	return tap_done();
}
