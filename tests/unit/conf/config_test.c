/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/config.h"
#include "conf/size.h"
#include "tap.h"

#include <stdlib.h>
#include <unistd.h>

struct settings {
	uint64_t size, count, wait_ns;
	double share;
	const char *name;
	bool on;
	int colour;
};

static const char *const colours[] = {"red", "green", NULL};

#define AT(field) offsetof(struct settings, field)

static const struct setting first[] = {
        {"size", "room", SETTING_SIZE, AT(size), 1024, 1 << 30, NULL, NULL},
        {"count", "a number", SETTING_COUNT, AT(count), 1, 9, NULL, NULL},
        {"wait", "a time", SETTING_DURATION, AT(wait_ns), 0, 1e6, NULL, NULL},
};
static const struct setting second[] = {
        {"share", "a share", SETTING_NUMBER, AT(share), 0, 1, NULL, NULL},
        {"name", "a name", SETTING_TEXT, AT(name), 0, 0, NULL, NULL},
        {"on", "whether", SETTING_FLAG, AT(on), 0, 0, NULL, NULL},
        {"colour", "a colour", SETTING_CHOICE, AT(colour), 0, 0, colours, NULL},
};
static const struct config_section sections[] = {
        {"one", "The first.", {first, 3}},
        {"two", "The second.", {second, 4}},
};
static const struct config_table table = {"test", "A test.", sections, 2};
static const struct settings defaults = {.size = 3 << 20,
                                         .count = 5,
                                         .wait_ns = UINT64_C(7200000000000),
                                         .share = 0.25,
                                         .name = "x y",
                                         .on = true,
                                         .colour = 1};

static char path[] = "/tmp/noroshi-config-XXXXXX";

static enum status read_text(const char *text, struct settings *s, struct ini **ini,
                             struct trouble *t)
{
	FILE *file = fopen(path, "w");

	fputs(text, file);
	fclose(file);
	*s = defaults;
	return config_read(ini, path, &table, s, t);
}

/* A sample with its comment signs taken off reads back as the defaults. */
static void test_sample(void)
{
	struct settings s = {0};
	struct ini *ini = NULL;
	struct trouble t = {0};
	char text[4096], *at = text;
	size_t n;
	FILE *file = tmpfile();

	config_sample(&table, &defaults, file);
	rewind(file);
	n = fread(text, 1, sizeof(text) - 1, file);
	text[n] = '\0';
	fclose(file);
	while ((at = strchr(at, '#'))) {
		if (at[1] != ' ')
			*at = ' ';
		at++;
	}
	CHECK(read_text(text, &s, &ini, &t) == STATUS_OK);
	ini_free(ini);
	memset(&s, 0, sizeof(s));
	CHECK(config_read(&ini, path, &table, &s, &t) == STATUS_OK);
	CHECK_U64(s.size, defaults.size);
	CHECK_U64(s.count, defaults.count);
	CHECK_U64(s.wait_ns, defaults.wait_ns);
	CHECK_NEAR(s.share, 0.25, 0);
	CHECK_STR(s.name, "x y");
	CHECK(s.on && s.colour == 1);
	ini_free(ini);
}

static void test_read(void)
{
	struct settings s;
	struct ini *ini = NULL;
	struct trouble t = {0};

	CHECK(read_text("[two]\nname = z\n[one]\nsize = 8K\n", &s, &ini, &t) == STATUS_OK);
	CHECK_STR(s.name, "z");
	CHECK_U64(s.size, 8192);
	CHECK_U64(s.count, 5);
	ini_free(ini);
	CHECK(read_text("[three]\n", &s, &ini, &t) == STATUS_FORMAT && t.line == 1 && !ini);
	CHECK(read_text("count = 1\n", &s, &ini, &t) == STATUS_FORMAT && t.line == 1);
	CHECK(read_text("[one]\n\nsize = 8X\n", &s, &ini, &t) == STATUS_FORMAT && t.line == 3);
	CHECK_STR(t.text, "size = 8X: not room from 1K to 1G bytes");
	CHECK(read_text("[one]\nsize = 1\n", &s, &ini, &t) == STATUS_FORMAT);
	unlink(path);
	CHECK(config_read(&ini, path, &table, &s, &t) == STATUS_NOT_FOUND && !ini);
}

static void test_sizes(void)
{
	char text[40];
	uint64_t n;

	size_print(0, text, sizeof(text));
	CHECK_STR(text, "0");
	size_print(1025, text, sizeof(text));
	CHECK_STR(text, "1025");
	size_print(UINT64_C(5) << 40, text, sizeof(text));
	CHECK_STR(text, "5T");
	CHECK(size_parse("5TiB", true, &n) == STATUS_OK && n == UINT64_C(5) << 40);
	CHECK(size_parse("5K", false, &n) == STATUS_FORMAT);
	CHECK(size_parse("99999999999T", true, &n) == STATUS_FORMAT);
}

int main(void)
{
	close(mkstemp(path));
	test_sample();
	test_read();
	test_sizes();
	return tap_done();
}
