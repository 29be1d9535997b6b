/* SPDX-License-Identifier: Apache-2.0 */
#include "enrich/known.h"

#include "base/timefmt.h"
#include "enrich/known_name.h"
#include "tap.h"

#include <stdlib.h>

static struct known *load(const char *path, const char *text, struct known_list *list,
                          enum status want)
{
	struct trouble t = {0};
	struct known *k;

	if (known_new(&k))
		abort();
	CHECK(known_load_bytes(k, path, text, strlen(text), 5, list, &t) == want);
	CHECK(!want == !t.text[0]);
	known_seal(k);
	return k;
}

static void check_find(const struct known *k, const char *address, const char *want)
{
	struct addr a;

	CHECK(addr_parse(address, &a) == STATUS_OK);
	CHECK_STR(known_find(k, &a), want);
}

static void check_plain(void)
{
	struct known_list list;
	struct known *k = load("lists/misp-shodan_v4.txt",
	                       "# a comment, with a comma\n"
	                       "; another\r\n"
	                       "\n"
	                       "198.51.100.7\n"
	                       "192.0.2.77/24 # host bits\r\n"
	                       "  2001:db8::/32\t; indented\n"
	                       "nonsense\n"
	                       "192.0.2.1/33\n"
	                       "0.0.0.0/0\n"
	                       "10.0.0.0/11\n"
	                       "::/0\n"
	                       "2001::/23\n"
	                       "10.16.0.0/12",
	                       &list, STATUS_OK);

	CHECK_STR(list.name, "shodan");
	CHECK_U64(list.prefixes, 4);
	CHECK_U64(list.broad, 4);
	CHECK_U64(list.malformed, 2);
	CHECK(list.lines[0] == 7 && list.lines[1] == 8);
	CHECK(list.date_ns == 5 && !list.dated);
	check_find(k, "198.51.100.7", "shodan");
	check_find(k, "198.51.100.8", NULL);
	check_find(k, "192.0.2.255", "shodan");
	check_find(k, "2001:db8:ffff::1", "shodan");
	check_find(k, "10.31.0.1", "shodan");
	check_find(k, "10.32.0.1", NULL);
	check_find(k, "0.0.0.0", NULL);
	check_find(k, "ffff::", NULL);
	known_free(k);
	k = load("LICENSE", "Permission is hereby granted\nto nobody\n", &list, STATUS_FORMAT);
	CHECK_U64(known_count(k), 0);
	known_free(k);
	known_free(load("empty.txt", "", &list, STATUS_OK));
	CHECK(list.prefixes == 0 && list.malformed == 0);
}

static void check_csv(void)
{
	struct known_list list;
	struct known *k = load("scanners.csv",
	                       "# made by hand\n"
	                       "id,\"prefix\",Organization,note\n"
	                       "1,192.0.2.0/25,\"Example, Inc.\",\"x\"\n"
	                       "2,192.0.2.128/25,,\n"
	                       "3\n"
	                       "4,word,Nobody,\n"
	                       "5,\"2001:db8::1\",  \tTab  ,\n",
	                       &list, STATUS_OK);

	check_find(k, "192.0.2.1", "Example, Inc.");
	check_find(k, "192.0.2.200", "scanners");
	check_find(k, "2001:db8::1", "Tab");
	CHECK_U64(list.malformed, 2);
	CHECK(list.lines[0] == 5 && list.lines[1] == 6);
	known_free(k);
	k = load("bare", "192.0.2.1,Somebody\n", &list, STATUS_OK);
	check_find(k, "192.0.2.1", "bare");
	known_free(k);
}

static void check_json(void)
{
	struct known_list list;
	struct known *k = load("misp-x.json",
	                       " {\"name\": \"Shodan IP Ranges Used for Scanning\", \"version\": "
	                       "20240712, \"list\": [\"192.0.2.0/24\", 7, \"x.example\", "
	                       "\"2001:db8::5\"]}",
	                       &list, STATUS_OK);
	char text[TIME_TEXT_MAX];

	check_find(k, "192.0.2.9", "Shodan");
	check_find(k, "2001:db8::5", "Shodan");
	CHECK(list.malformed == 2 && list.lines[0] == 2 && list.lines[1] == 3);
	time_text(list.date_ns, 0, text);
	CHECK(list.dated);
	CHECK_STR(text, "2024-07-12T00:00:00Z");
	known_free(k);
	known_free(load("a.json", "[\"192.0.2.1\"]", &list, STATUS_OK));
	CHECK_STR(list.name, "a");
	known_free(load("a.json", "{\"list\": [\"192.0.2.1\"", &list, STATUS_FORMAT));
	known_free(load("a.json", "[\"1.2.3.4\\u00005\"]", &list, STATUS_FORMAT));
	known_free(load("a.json", "{\"name\": \"a\"}", &list, STATUS_FORMAT));
	known_free(load("a.json", "{\"list\": {}}", &list, STATUS_FORMAT));
	known_free(load("a.json", "{\"name\": 3, \"version\": \"x\", \"list\": []}", &list,
	                STATUS_OK));
}

/* The longest prefix answers; of two that are the same, the first list. */
static void check_nested(void)
{
	struct known_list list;
	struct known *k;

	if (known_new(&k))
		abort();
	CHECK(!known_load_bytes(k, "wide", "10.64.0.0/12\n", 13, 0, &list, NULL));
	CHECK(!known_load_bytes(k, "first", "10.64.3.0/24\n10.64.9.9\n", 23, 0, &list, NULL));
	CHECK(!known_load_bytes(k, "second", "10.64.3.0/24\n10.64.3.7\n", 23, 0, &list, NULL));
	CHECK(!known_load_bytes(k, "middle", "10.64.0.0/16\n", 13, 0, &list, NULL));
	CHECK(known_load_bytes(k, "broken", "what\n", 5, 0, &list, NULL) == STATUS_FORMAT);
	known_seal(k);
	CHECK_U64(known_count(k), 5);
	check_find(k, "10.64.3.7", "second");
	check_find(k, "10.64.3.8", "first");
	check_find(k, "10.64.9.9", "first");
	check_find(k, "10.64.200.1", "middle");
	check_find(k, "10.65.0.0", "wide");
	check_find(k, "10.63.255.255", NULL);
	check_find(k, "10.80.0.0", NULL);
	known_free(k);
}

static void check_names(void)
{
	static const char *const titles[][2] = {
	        {"Shodan IP-Ranges, pot. used for Scanning", "Shodan"},
	        {"List of published IP address ranges for Modat Scanner", "Modat"},
	        {"Research scanner IP Ranges Used for Scanning", "Research scanner"},
	        {"CIRCL IP address used for SSH scanning", "CIRCL"},
	        {" IP Ranges", "IP Ranges"},
	        {"a\x01\xff"
	         "b",
	         "ab"},
	};
	static const char *const paths[][2] = {
	        {"/a/misp-internetcleanup-scanner.json", "internetcleanup"},
	        {"misp-alphastrike-research-nt-scanning.json", "alphastrike-research"},
	        {"shadowserver_v6.txt", "shadowserver"},
	        {"_v4.txt", "_v4"},
	        {"misp-", "misp-"},
	};
	char name[KNOWN_NAME_MAX], lengthy[200];

	for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++) {
		known_name_of_title(titles[i][0], name);
		CHECK_STR(name, titles[i][1]);
	}
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		known_name_of_path(paths[i][0], name);
		CHECK_STR(name, paths[i][1]);
	}
	memset(lengthy, 'x', sizeof(lengthy));
	memcpy(lengthy + KNOWN_NAME_MAX - 2, "\xc3\xa4", 2); /* a character across the end */
	known_name_copy(name, lengthy, sizeof(lengthy));
	CHECK_U64(strlen(name), KNOWN_NAME_MAX - 2);
}

static void check_version(uint64_t version, const char *want)
{
	char text[TIME_TEXT_MAX] = "none";
	uint64_t ns;

	if (known_date_of_version(version, &ns))
		time_text(ns, 0, text);
	CHECK_STR(text, want);
}

static void check_warnings(void)
{
	char out[KNOWN_WARNINGS_MAX][KNOWN_WARNING_MAX];
	struct known_list list = {.prefixes = 3};
	uint64_t day = 86400 * NS_PER_SECOND, now = 20000 * day;

	list.date_ns = now - 10 * day;
	CHECK_U64(known_list_warnings(&list, "x", now, 30 * day, out), 0);
	CHECK_U64(known_list_warnings(&list, "x", now, 5 * day, out), 1);
	CHECK_STR(out[0], "x: this list is of 2024-09-24, 10 days old; operators move");
	list = (struct known_list){.broad = 2, .malformed = 7, .lines = {1, 3, 4, 9, 10}};
	CHECK_U64(known_list_warnings(&list, "x", now, day, out), 3);
	CHECK_STR(out[0], "x: 7 lines are no address: 1, 3, 4, 9, 10 and more");
	CHECK(strstr(out[1], "2 prefixes are too broad") != NULL);
	CHECK_STR(out[2], "x: this list is empty");
}

/* One more than may be held: the list fails whole, what was there stays. */
static void check_bounds(void)
{
	size_t room = (size_t)(KNOWN_PREFIXES_MAX + 1) * 16, n = 0;
	char *text = malloc(room);
	struct known_list list;
	struct trouble t = {0};
	struct known *k;

	if (!text || known_new(&k))
		abort();
	for (unsigned i = 0; i <= KNOWN_PREFIXES_MAX; i++)
		n += (size_t)snprintf(text + n, room - n, "20.%u.%u.%u\n", i >> 16, i >> 8 & 255,
		                      i & 255);
	CHECK(!known_load_bytes(k, "kept", "192.0.2.1\n", 10, 0, &list, NULL));
	CHECK(known_load_bytes(k, "big", text, n, 0, &list, &t) == STATUS_LIMIT);
	CHECK(strstr(t.text, "more prefixes") != NULL);
	known_seal(k);
	CHECK_U64(known_count(k), 1);
	check_find(k, "192.0.2.1", "kept");
	known_free(k);
	free(text);
}

int main(void)
{
	struct known_list list;
	struct known *k;

	check_plain();
	check_csv();
	check_json();
	check_nested();
	check_names();
	check_version(20240712, "2024-07-12T00:00:00Z");
	check_version(26081010, "2026-08-10T10:00:00Z");
	check_version(25121022, "2025-12-10T22:00:00Z");
	check_version(20241399, "none");
	check_version(3, "none");
	check_version(UINT64_MAX, "none");
	check_warnings();
	check_bounds();
	known_free(NULL);
	if (known_new(&k))
		return 1;
	CHECK(known_load(k, "/nonexistent", &list, NULL) == STATUS_NOT_FOUND);
	CHECK(known_load(k, "/", &list, NULL) == STATUS_IO);
	known_free(k);
	return tap_done();
}
