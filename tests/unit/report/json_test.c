/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <jansson.h>

static json_t *document(const char *text)
{
	json_error_t error;
	json_t *doc = json_loads(text, JSON_REJECT_DUPLICATES, &error);

	if (!CHECK(doc != NULL))
		printf("# line %d: %s\n", error.line, error.text);
	return doc;
}

static uint64_t sum_of_kinds(json_t *doc)
{
	const char *name;
	json_t *value;
	uint64_t sum = 0;

	json_object_foreach(json_object_get(doc, "kinds"), name, value) sum +=
	        (uint64_t)json_integer_value(value);
	return sum;
}

static void test_day(void)
{
	struct analysis a = fixture_day();
	char *text = fixture_print("json", &a, NULL);
	json_t *doc = document(text), *kinds = json_object_get(doc, "kinds");

	fixture_expect("day.json", text);
	CHECK_U64(sum_of_kinds(doc), 1100000 + 120000 + 344 + 20 + 12000 + 1000);
	CHECK_U64(json_integer_value(json_object_get(kinds, "backscatter")), 120000);
	/* What a victim or a folded source sent besides is no scanner's. */
	CHECK_U64(json_integer_value(json_object_get(kinds, "scan")), 1000);
	json_decref(doc);
	free(text);
	analysis_clear(&a);
}

static void test_empty(void)
{
	struct analysis a = {0};
	char *text = fixture_print("json", &a, NULL);
	json_t *doc = document(text), *input = json_object_get(doc, "input");

	fixture_expect("empty.json", text);
	CHECK(json_is_null(json_object_get(input, "first")));
	CHECK_U64(sum_of_kinds(doc), 0);
	CHECK(json_object_get(json_object_get(doc, "kinds"), "backscatter") != NULL);
	json_decref(doc);
	free(text);
}

static void test_edges(void)
{
	struct analysis one = fixture_one_packet(), huge = fixture_huge();
	char *text = fixture_print("json", &one, NULL);
	json_t *doc = document(text), *limits = json_object_get(doc, "limits");

	fixture_expect("one.json", text);
	CHECK(json_is_null(json_object_get(limits, "smallest_victim_pps")));
	CHECK(json_is_null(json_object_get(limits, "seconds_to_see_10pps_95")));
	json_decref(doc);
	free(text);
	text = fixture_print("json", &huge, NULL);
	fixture_expect("huge.json", text);
	CHECK(strstr(text, "\"packets\": 18446744073709551615,") != NULL);
	CHECK(strstr(text, "nan") == NULL && strstr(text, "inf\"") == NULL);
	free(text);
	analysis_clear(&one);
	analysis_clear(&huge);
}

static void test_map(void)
{
	const uint8_t key = 0x55;
	const struct report_options o = {.map = fixture_map, .map_state = &key};
	struct analysis a = fixture_day();
	char *text = fixture_print("json", &a, &o);

	CHECK(strstr(text, "\"192.0.2.") == NULL && strstr(text, "\"198.18.") == NULL);
	CHECK(strstr(text, "\"address\": \"149.85.87.95\"") != NULL);
	CHECK(strstr(text, "\"victim\": \"149.85.87.157\"") != NULL);
	/* 198.18.0.0/16 -> 147.71.85.85 -> masked. */
	CHECK(strstr(text, "\"147.71.0.0/16\"") != NULL);
	free(text);
	analysis_clear(&a);
}

static void test_full_disk(void)
{
	struct analysis a = fixture_huge();
	struct report_options o = {0};
	struct outfile *out = NULL;
	enum status st = STATUS_OK;

	if (!CHECK(outfile_open(&out, "/dev/full", NULL) == STATUS_OK))
		return;
	/* Enough documents to fill the outfile's buffer. */
	for (unsigned i = 0; i < 8; i++)
		st = report_form_find("json")->print(&a, &o, out);
	CHECK(st == STATUS_FULL);
	outfile_abandon(out);
	analysis_clear(&a);
}

int main(void)
{
	test_day();
	test_empty();
	test_edges();
	test_map();
	test_full_disk();
	CHECK(report_form_find("xml") == NULL);
	return tap_done();
}
