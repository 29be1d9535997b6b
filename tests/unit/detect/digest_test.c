/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/digest.h"

#include "model/packet.h"
#include "tap.h"

#include <stdlib.h>

static struct digest *d;

static void add(uint32_t source, uint16_t port, unsigned panel, const char *country)
{
	struct flow row = {.source = addr_v4(source),
	                   .proto = PROTO_TCP,
	                   .kind = KIND_SCAN,
	                   .port = port,
	                   .packets = 2};
	struct digest_from from = {.panel = panel, .sensor = panel};

	if (digest_add(d, &row, &from, country))
		abort();
}

static uint32_t sources_of(uint64_t key)
{
	const struct cell *c = digest_find(d, key);

	return c ? c->sources : 0;
}

static void sources_count_once(void)
{
	const struct cell *c;

	for (int round = 0; round < 3; round++) {
		for (uint32_t i = 0; i < 1000; i++)
			add(0x0a000000 + i * 7, 23, i % 2, i % 4 ? "NL" : "");
	}
	add(0x0a000000, 23, 1, "");
	c = digest_find(d, series_port(PROTO_TCP, 23));
	if (CHECK(c)) {
		CHECK_U64(c->sources, 1000);
		CHECK_U64(c->by_panel[0], 500);
		CHECK_U64(c->by_panel[1], 501);
		CHECK_U64(c->packets, 6002);
		CHECK_U64(c->sensors, 3);
		CHECK_U64(c->kept_count, DIGEST_KEPT);
		for (unsigned i = 1; i < DIGEST_KEPT; i++)
			CHECK(c->kept[i - 1] < c->kept[i]);
	}
	CHECK_U64(sources_of(series_country(PROTO_TCP, 23, "NL")), 750);
	CHECK_U64(sources_of(series_all()), 1000);
	CHECK(!digest_find(d, series_port(PROTO_TCP, 24)));
}

static void many_are_estimated(void)
{
	for (uint32_t i = 0; i < 300000; i++)
		add(i * 2654435761u, 80, 0, NULL);
	CHECK_NEAR(sources_of(series_port(PROTO_TCP, 80)), 300000, 300000 * 0.06);
}

/* One source with every port twice, and as many networks: the rest is counted, nothing breaks. */
static void too_many_series_are_forgotten(void)
{
	digest_reset(d);
	for (uint32_t i = 0; i < 65536; i++) {
		add(0x01020304, (uint16_t)i, 0, "DE");
		add(i << 16, (uint16_t)i, 0, "FR");
	}
	CHECK(digest_forgotten(d) > 0);
	CHECK_NEAR(sources_of(series_all()), 65537, 65537 * 0.06);
	digest_reset(d);
	CHECK(!digest_find(d, series_all()));
}

static void names_are_for_people(void)
{
	struct addr v6;
	char text[SERIES_TEXT_MAX];
	uint32_t v4 = 0xc0000201;
	struct addr a = addr_v4(v4);

	series_text(series_port(PROTO_UDP, 53), text);
	CHECK_STR(text, "53/udp");
	series_text(series_country(PROTO_TCP, 23, "NL"), text);
	CHECK_STR(text, "NL on 23/tcp");
	series_text(series_network(&a), text);
	CHECK_STR(text, "192.0.0.0/16");
	CHECK(addr_parse("2001:db8:1::1", &v6) == STATUS_OK);
	series_text(series_network(&v6), text);
	CHECK_STR(text, "2001:db8::/32");
	series_text(series_port(PROTO_ICMP, 8 * 256), text);
	CHECK_STR(text, "icmp type 8");
	series_text(series_all(), text);
	CHECK_STR(text, "all");
}

int main(void)
{
	if (digest_new(&d, 1))
		abort();
	sources_count_once();
	many_are_estimated();
	too_many_series_are_forgotten();
	names_are_for_people();
	digest_free(d);
	return tap_done();
}
