/* SPDX-License-Identifier: Apache-2.0 */
#include "ship/flow_text.h"

#include "tap.h"

static struct flow a_row(void)
{
	return (struct flow){
	        .source = addr_v4(0xc6336407), /* 198.51.100.7 */
	        .proto = 6,
	        .kind = KIND_SCAN,
	        .marks = MARK_BIT(ZMAP) | MARK_BIT(IRREGULAR),
	        .tcp_flags = 0x12,
	        .port = 23,
	        .peer_port = 61000,
	        .signs = SIGN_ODD_SOURCE | SIGN_PEER_PORT_VARIES | SIGN_LONG_PATH | 1 << 15,
	        .ip_len = 40,
	        .tcp_window = 65535,
	        .options_hash = 0x00beef01,
	        .ttl_min = 240,
	        .ttl_max = 255,
	        .packets = 12,
	        .bytes = 480,
	        .first_us = 5,
	        .last_us = 59999999,
	        .destinations = 11,
	        .exact = 11,
	};
}

static void check_line(bool json, const struct flow *row, const char *want)
{
	struct window_header header = {.start_s = 1769862896, .sensor = 7};
	char line[FLOW_TEXT_LINE_MAX];
	struct flow_text f;
	size_t n;

	flow_text_init(&f, json);
	flow_text_window(&f, &header);
	n = flow_text_row(&f, row, line);
	line[n] = '\0';
	CHECK_STR(line, want);
}

/* Nothing that a row can hold overruns the line. */
static void check_longest(bool json)
{
	struct window_header header = {.start_s = UINT32_MAX, .sensor = UINT32_MAX};
	char line[FLOW_TEXT_LINE_MAX];
	struct flow_text f;
	struct flow row;

	memset(&row, 0xff, sizeof(row));
	row.kind = KIND_BACKSCATTER;
	memset(row.source.b, 0xab, sizeof(row.source.b));
	flow_text_init(&f, json);
	flow_text_window(&f, &header);
	CHECK(flow_text_row(&f, &row, line) < FLOW_TEXT_LINE_MAX - 100);
}

int main(void)
{
	struct flow row = a_row();
	struct flow_text f;

	check_line(false, &row,
	           "2026-01-31T12:34:56Z,7,198.51.100.7,6,23,61000,scan,zmap+irregular,SA,12,480,"
	           "11,true,0.000005,59.999999,240,255,40,65535,00beef01,"
	           "odd-source+peer-port-varies+long-path\r\n");
	check_line(true, &row,
	           "{\"window\":\"2026-01-31T12:34:56Z\",\"sensor\":7,\"source\":\"198.51.100.7\","
	           "\"proto\":6,\"port\":23,\"peer_port\":61000,\"kind\":\"scan\","
	           "\"marks\":\"zmap+irregular\",\"tcp_flags\":\"SA\",\"packets\":12,"
	           "\"bytes\":480,\"destinations\":11,\"destinations_exact\":true,"
	           "\"first\":0.000005,\"last\":59.999999,\"ttl_min\":240,\"ttl_max\":255,"
	           "\"ip_len\":40,\"tcp_window\":65535,\"options_hash\":\"00beef01\","
	           "\"signs\":\"odd-source+peer-port-varies+long-path\"}\n");
	row = (struct flow){.source = {{0x20, 1, 0xd, 0xb8, [15] = 1}},
	                    .proto = 58,
	                    .port = 128 << 8,
	                    .kind = KIND_BACKSCATTER,
	                    .packets = UINT64_MAX,
	                    .destinations = 5000};
	check_line(false, &row,
	           "2026-01-31T12:34:56Z,7,2001:db8::1,58,32768,0,backscatter,,,"
	           "18446744073709551615,0,5000,false,0.000000,0.000000,0,0,0,0,00000000,\r\n");
	row.source = (struct addr){{0}};
	check_line(false, &row,
	           "2026-01-31T12:34:56Z,7,::,58,32768,0,backscatter,,,"
	           "18446744073709551615,0,5000,false,0.000000,0.000000,0,0,0,0,00000000,\r\n");
	check_longest(false);
	check_longest(true);
	flow_text_init(&f, true);
	CHECK_STR(flow_text_header(&f), "");
	flow_text_init(&f, false);
	CHECK(strncmp(flow_text_header(&f), "window,sensor,source,", 21) == 0);
	return tap_done();
}
