/* SPDX-License-Identifier: Apache-2.0 */
/* [capture] and [raw] of a configuration file. */
#include "capture/capture_settings.h"

#include "tap.h"

#include "conf/config.h"

#include <stdlib.h>

static const struct {
	const char *text;
	enum status status;
} texts[] = {
        {"[capture]\nnet = 198.18.0.0/24, 203.0.113.0/25 2001:db8::/48\n", STATUS_OK},
        {"[capture]\nnet = 198.18.0.1/24\n", STATUS_FORMAT},
        {"[capture]\nnet = ,\n", STATUS_FORMAT},
        {"[capture]\nring = 512K\n", STATUS_FORMAT},
        {"[capture]\nring = 8M\n", STATUS_OK},
        {"[capture]\nthreads = 17\n", STATUS_FORMAT},
        {"[capture]\nthreads = 0\n", STATUS_FORMAT},
        {"[capture]\nmemory = 1M\n", STATUS_FORMAT},
        {"[capture]\npromiscuous = maybe\n", STATUS_FORMAT},
        {"[capture]\ndirectory = x\n", STATUS_FORMAT},
        {"[raw]\ndirectory = x\nsize = 1M\n", STATUS_FORMAT},
        {"[raw]\ndirectory = x\nsize = 2G\n", STATUS_OK},
};

static enum status fill(const char *text, struct watch_settings *s, struct ini **ini)
{
	enum status st = ini_parse(ini, "test", text, strlen(text), NULL);

	for (size_t i = 0; !st && i < (*ini)->section_count; i++) {
		const struct ini_section *section = &(*ini)->sections[i];
		bool raw = strcmp(section->name, "raw") == 0;

		st = settings_fill(*ini, section, raw ? &raw_setting_table : &capture_setting_table,
		                   1, s, NULL);
	}
	return st;
}

static void test_texts(void)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct watch_settings s;
		struct ini *ini = NULL;

		watch_settings_init(&s);
		CHECK_U64(fill(texts[i].text, &s, &ini), texts[i].status);
		watch_settings_clear(&s);
		ini_free(ini);
	}
}

static void test_values(void)
{
	struct watch_settings s;
	struct ini *ini = NULL;

	watch_settings_init(&s);
	CHECK(capture_settings_check(&s.capture, NULL) == STATUS_USAGE); /* no net */
	CHECK(fill("[capture]\ninterface = eth1\nnet = 198.18.0.0/24 198.18.1.0/24\nfilter = udp "
	           "or "
	           "tcp\nthreads = 4\nring = 8M\npromiscuous = no\nlive = no\nmemory = 16M\n"
	           "user = sensor\n[raw]\ndirectory = packets\nsize = 4G\n",
	           &s, &ini) == STATUS_OK);
	CHECK_STR(s.capture.interface, "eth1");
	CHECK_STR(s.capture.filter, "udp or tcp");
	CHECK_STR(s.capture.user, "sensor");
	CHECK_STR(s.raw.directory, "packets");
	CHECK_U64(s.raw.size, UINT64_C(4) << 30);
	CHECK_U64(s.capture.ring, 8u << 20);
	CHECK_U64(s.capture.threads, 4);
	CHECK(!s.capture.promiscuous && !s.capture.live);
	CHECK_U64(prefix_set_size_v4(&s.capture.net), 512);
	CHECK(capture_settings_check(&s.capture, NULL) == STATUS_OK);
	s.capture.threads = 5; /* 16M is 4M for four */
	CHECK(capture_settings_check(&s.capture, NULL) == STATUS_USAGE);
	s.capture.threads = 16;
	s.capture.memory = 1u << 30;
	CHECK(capture_settings_check(&s.capture, NULL) == STATUS_USAGE); /* 8M is not 1M for each */
	watch_settings_clear(&s);
	ini_free(ini);
}

int main(void)
{
	test_texts();
	test_values();
	return tap_done();
}
