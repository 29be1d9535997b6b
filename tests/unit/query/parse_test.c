/* SPDX-License-Identifier: Apache-2.0 */
/* What a line means, that it is written back the same, and every way to be refused. */
#include "query/query.h"
#include "tap.h"

#include <stdlib.h>

static struct query q;

/* Parses, prints as `canonical` (NULL: as it stands), and that parses to the same bytes. */
static void check_round(const char *text, const char *canonical)
{
	static struct query again;
	char printed[QUERY_TEXT_MAX] = "";
	struct query_error error = {0};

	if (!CHECK(query_parse(text, &q, &error) == STATUS_OK)) {
		printf("# %s: column %u: %s\n", text, error.column, error.text);
		return;
	}
	CHECK(query_print(&q, printed, sizeof(printed)) == STATUS_OK);
	CHECK_STR(printed, canonical ? canonical : text);
	CHECK(query_parse(printed, &again, NULL) == STATUS_OK);
	CHECK(memcmp(&q, &again, sizeof(q)) == 0);
}

static void check_refused(const char *text, unsigned column, const char *message)
{
	struct query_error error = {0};

	CHECK(query_parse(text, &q, &error) == STATUS_USAGE);
	CHECK_STR(error.text, message);
	CHECK_U64(error.column, column);
}

static void test_verbs(void)
{
	check_round(
	        "series packets by kind where port = 23/tcp and country != JP last 1d every 10m",
	        NULL);
	check_round("SERIES Packets, sources WHERE tool=\"stateless irregular\"",
	            "series packets, sources where tool = stateless-irregular last 1d");
	check_round("top 20 port by packets last 30d against 30d", NULL);
	check_round("top port,country by sources", "top 10 port, country by sources last 1d");
	check_round("source 192.0.2.1 last 168h", "source 192.0.2.1 last 7d");
	check_round("source 2001:DB8:0::1 where kind = scan",
	            "source 2001:db8::1 where kind = scan last 1d");
	check_round("count sources where tool = mirai last 1d", NULL);
	check_round("count rows, bytes by sensor, member last 90m limit 5", NULL);
	check_round("compare sensor last 7d", "compare sensor by rate last 7d");
	check_round("compare member by rate, packets last 7d", NULL);
	check_round("rows where source in 192.0.2.0/24 last 1h limit 1000", NULL);
}

static void test_times(void)
{
	check_round("rows from 2026-01-01 to 2026-01-02",
	            "rows from 2026-01-01T00:00:00Z to 2026-01-02T00:00:00Z");
	check_round("rows from 2026-01-01T09:00:00+09:00", "rows from 2026-01-01T00:00:00Z");
	CHECK(q.absolute && q.from_s == 1767225600 && q.to_s == 0);
	check_round("series packets last 3600 every 60", "series packets last 1h every 1m");
	check_round("rows last 90m", NULL);
}

static void test_filters(void)
{
	check_round("rows where (kind = scan or kind = stealth) and port in 1-1023/udp last 1h",
	            NULL);
	check_round("rows where kind = scan or kind = stealth and port = 53 last 1h", NULL);
	check_round("rows where kind = scan or (kind = stealth and port = 53) last 1h",
	            "rows where kind = scan or kind = stealth and port = 53 last 1h");
	check_round("rows where kind = scan and (port = 1 and port = 2) last 1h", NULL);
	check_round("rows where not kind = scan last 1h", "rows where kind != scan last 1h");
	check_round("rows where not not not kind = scan last 1h",
	            "rows where kind != scan last 1h");
	check_round("rows where not (kind = scan or port = 53) last 1h", NULL);
	check_round("rows where port not in (8/icmp, 3.1/icmp, 128/icmp6) last 1h", NULL);
	check_round("rows where port in (53) last 1h", "rows where port = 53 last 1h");
	check_round("rows where source not in 2001:db8::/32 last 1h", NULL);
	check_round("rows where source in (192.0.2.1, 198.51.100.0/24) last 1h", NULL);
	check_round("rows where country in (jp, unknown) and network = 64500 last 1h",
	            "rows where country in (JP, unknown) and network = AS64500 last 1h");
	check_round("rows where sensor in (tokyo-1, #7) and member != jpcert last 1h", NULL);
	check_round("rows where proto in (tcp, 47, 200) last 1h",
	            "rows where proto in (tcp, gre, 200) last 1h");
}

static void test_meaning(void)
{
	check_round("count packets where port in (23/tcp, 1-2) and country = JP last 2h", NULL);
	CHECK(q.verb == VERB_COUNT && q.measure_count == 1 && q.measures[0] == MEASURE_PACKETS);
	CHECK(q.filtered && q.node_count == 3 && q.value_count == 3);
	CHECK(q.nodes[q.root].type == NODE_AND && q.nodes[0].dimension == DIMENSION_PORT);
	CHECK(q.values[0].port.proto == PORT_OF_TCP && q.values[0].port.low == 23);
	CHECK(q.values[1].port.proto == PORT_OF_ANY && q.values[1].port.high == 2);
	CHECK_U64(q.values[2].number, 'J' << 8 | 'P');
	CHECK_U64(q.last_s, 7200);
	CHECK(query_mentions(&q, DIMENSION_COUNTRY) && !query_mentions(&q, DIMENSION_SENSOR));
}

static void test_period(void)
{
	uint32_t from, to;

	check_round("series packets last 1d", NULL);
	CHECK(query_period(&q, 1767225601, &from, &to) == STATUS_OK);
	CHECK_U64(to, 1767225601 / 60 + 1);
	CHECK_U64(to - from, 1440);
	CHECK_U64(query_width(&q, from, to), 20);
	check_round("series packets from 2026-01-01T00:00:00Z", NULL);
	CHECK(query_period(&q, 1767225600 - 60, &from, &to) == STATUS_USAGE);
	CHECK(query_period(&q, 1767225600, &from, &to) == STATUS_OK && to - from == 1);
	check_round("series packets last 1d every 1h limit 3", NULL);
	CHECK(query_width(&q, 0, 1440) == 60 && query_limit(&q) == 3);
}

static void test_refused_words(void)
{
	check_refused("", 1,
	              "expected a question: series, top, count, source, compare or rows, "
	              "found the end");
	check_refused("show packets", 1,
	              "expected a question: series, top, count, source, compare "
	              "or rows, found 'show'");
	check_refused("series foo", 8,
	              "expected a measure (packets, bytes, sources, rows, "
	              "destinations or rate), found 'foo'");
	check_refused("series packets, packets", 17, "packets is asked for twice");
	check_refused("count packets,bytes,sources,rows,rate", 34, "more than 4 measures");
	check_refused("series packets by colour", 19,
	              "expected port, proto, kind, tool, country, "
	              "network, source, sensor or member, found 'colour'");
	check_refused("series packets by kind, kind", 25, "kind is named twice");
	check_refused("count rows by port,kind,tool,proto", 30, "more than 3 groups");
	check_refused("top 0 port by packets", 5, "expected a number from 1 to 10000, found '0'");
	check_refused("top 5 port", 11, "expected ',' or 'by' and a measure, found the end");
	check_refused("source example.org", 8, "expected an address, found 'example.org'");
	check_refused("compare port by rate", 9, "expected sensor or member, found 'port'");
	check_refused("rows please", 6, "expected where, last, from or limit, found 'please'");
	check_refused("top 1 port by rows x", 20,
	              "expected where, last, from or against, found 'x'");
	check_refused("series rows x", 13, "expected where, last, from, every or limit, found 'x'");
	check_refused("rows last 1h every 10m", 14, "rows takes no 'every'");
	check_refused("rows last 1h from 2026-01-01", 14, "a second 'last' or 'from'");
	check_refused("rows limit 1 limit 2", 14, "a second 'limit'");
	check_refused("rows limit none", 12, "expected a number from 1 to 10000000, found 'none'");
}

static void test_refused_times(void)
{
	check_refused("rows last", 10,
	              "expected a length of time such as 10m, 24h or 7d, "
	              "found the end");
	check_refused("rows last 90s", 11, "90s is no whole number of minutes");
	check_refused("rows last 0m", 11, "0m is no whole number of minutes");
	check_refused("rows last 4000d", 11, "4000d is more than ten years");
	check_refused("rows from today", 11,
	              "expected a time such as 2026-01-31T12:00:00Z or "
	              "2026-01-31, found 'today'");
	check_refused("rows from 2026-01-01T00:00:01Z", 11,
	              "2026-01-01T00:00:01Z is no whole minute");
	check_refused("rows from 2026-01-02 to 2026-01-02", 25, "the end is not after the start");
	check_refused("rows from 2000-01-02 to 2026-01-02", 25,
	              "the period is longer than ten years");
}

static void test_refused_filters(void)
{
	check_refused("rows where", 11,
	              "expected port, proto, kind, tool, country, network, source, "
	              "sensor or member, found the end");
	check_refused("rows where port 23", 17, "expected =, != or in, found '23'");
	check_refused("rows where port not 23", 21, "expected in, found '23'");
	check_refused("rows where port = 70000", 19,
	              "expected a port such as 23/tcp, 53, 1-1023/udp, "
	              "8/icmp or 3.1/icmp, found '70000'");
	check_refused("rows where port = 1-5", 19, "1-5 is more than one value: ask with 'in'");
	check_refused("rows where source = 192.0.2.0/24", 21,
	              "192.0.2.0/24 is more than one value: ask with 'in'");
	check_refused("rows where source in 192.0.2.1/24", 22,
	              "expected an address, or a prefix without host bits, found '192.0.2.1/24'");
	check_refused("rows where port in (1, 2", 25, "expected ',' or ')', found the end");
	check_refused("rows where (port = 1", 21, "expected and, or, ')', found the end");
	check_refused("rows where sensor = Tokyo", 21,
	              "expected a sensor's name, or its number such as #7, found 'Tokyo'");
	check_refused("rows where sensor = 'x'", 21,
	              "expected a sensor's name, or its number such as #7, found '''");
	check_refused("rows where kind = \"scan", 19,
	              "expected scan, backscatter, stealth, malformed, other or outbound, found "
	              "a quotation that does not end");
	check_refused("\xc3\xa9 \x01", 1,
	              "expected a question: series, top, count, source, compare "
	              "or rows, found '\xc3\xa9'");
	check_refused("rows where tool = \xff", 19,
	              "expected a tool such as mirai, zmap, masscan or unknown, found a byte 0xff");
}

static void fill(char *text, size_t size, const char *head, const char *part, unsigned times,
                 const char *tail)
{
	size_t used = (size_t)snprintf(text, size, "%s", head);

	for (unsigned i = 0; i < times; i++)
		used += (size_t)snprintf(text + used, size - used, "%s", part);
	snprintf(text + used, size - used, "%s", tail);
}

static void test_limits(void)
{
	static char text[QUERY_TEXT_MAX * 3];

	fill(text, sizeof(text), "rows where ", "(", QUERY_DEPTH_MAX - 1, "port = 1");
	fill(text + strlen(text), 100, "", ")", QUERY_DEPTH_MAX - 1, "");
	CHECK(query_parse(text, &q, NULL) == STATUS_OK);
	fill(text, sizeof(text), "rows where ", "(", QUERY_DEPTH_MAX + 3000, "port = 1");
	check_refused(text, 12 + QUERY_DEPTH_MAX, "parentheses and 'not' deeper than 16");
	fill(text, sizeof(text), "rows where port in (1", ",1", QUERY_VALUES_MAX - 1, ")");
	CHECK(query_parse(text, &q, NULL) == STATUS_OK);
	fill(text, sizeof(text), "rows where port in (1", ",1", QUERY_VALUES_MAX, ")");
	check_refused(text, 22 + 2 * QUERY_VALUES_MAX - 1, "more than 256 values");
	fill(text, sizeof(text), "rows where port=1", " or port=1", QUERY_NODES_MAX / 2, "");
	check_refused(text, 338, "a filter of more than 64 parts");
	fill(text, sizeof(text), "rows ", " ", QUERY_TEXT_MAX - 6, "");
	CHECK(query_parse(text, &q, NULL) == STATUS_OK);
	fill(text, sizeof(text), "rows ", " ", QUERY_TEXT_MAX - 5, "");
	check_refused(text, QUERY_TEXT_MAX, "longer than 4095 bytes");
	fill(text, sizeof(text), "rows where port = 1", "1", 200, "");
	check_refused(text, 19,
	              "expected a port such as 23/tcp, 53, 1-1023/udp, 8/icmp or 3.1/icmp, "
	              "found a word of more than 127 characters");
	fill(text, sizeof(text),
	     "rows where source in (::", ",2001:db8:1111:2222:3333:4444:5555:6666", 103,
	     ")last 1h");
	check_refused(text, (unsigned)strlen(text) + 1, "written out longer than 4095 bytes");
}

int main(void)
{
	test_verbs();
	test_times();
	test_filters();
	test_meaning();
	test_period();
	test_refused_words();
	test_refused_times();
	test_refused_filters();
	test_limits();
	return tap_done();
}
