/* SPDX-License-Identifier: Apache-2.0 */
#include "report/figures.h"

#include "tap.h"

static void check_short(double n, const char *want)
{
	char text[NUMBER_TEXT_MAX];

	short_text(n, text);
	CHECK_STR(text, want);
}

static void test_numbers(void)
{
	char text[NUMBER_TEXT_MAX], range[RANGE_TEXT_MAX];

	count_text(0, text);
	CHECK_STR(text, "0");
	count_text(999, text);
	CHECK_STR(text, "999");
	count_text(1000, text);
	CHECK_STR(text, "1,000");
	count_text(UINT64_MAX, text);
	CHECK_STR(text, "18,446,744,073,709,551,615");
	plural_text(1, "packet", text);
	CHECK_STR(text, "1 packet");
	plural_text(1234, "packet", text);
	CHECK_STR(text, "1,234 packets");
	check_short(0, "0");
	check_short(0.0123, "0.0123");
	check_short(999, "999");
	check_short(999.6, "1 k");
	check_short(12345, "12.3 k");
	check_short(8.4e6, "8.4 M");
	check_short(NAN, "?");
	check_short(INFINITY, "?");
	range_text(230000, 270000, range);
	CHECK_STR(range, "230 to 270 k");
	range_text(900, 1200, range);
	CHECK_STR(range, "900 to 1.2 k");
	bytes_text(98765432, text);
	CHECK_STR(text, "98.8 MB");
	CHECK_U64(whole(NAN), 0);
	CHECK_U64(whole(-1), 0);
	CHECK_U64(whole(2.5), 3);
	CHECK_U64(whole(1e300), UINT64_MAX);
}

static void check_port(uint8_t proto, uint16_t port, const char *want, const char *service)
{
	char text[PORT_TEXT_MAX];

	port_text(proto, port, text);
	CHECK_STR(text, want);
	CHECK_STR(service_name(proto, port), service);
}

static void test_ports(void)
{
	check_port(6, 23, "23/tcp", "telnet");
	check_port(17, 23, "23/udp", "");
	check_port(17, 53, "53/udp", "dns");
	check_port(17, 1900, "1900/udp", "ssdp");
	check_port(1, 8 * 256, "icmp 8/0", "echo request");
	check_port(58, 128 * 256, "icmp6 128/0", "echo request");
	check_port(58, 8 * 256, "icmp6 8/0", "");
	check_port(132, 80, "protocol 132", "");
}

/* However the behaviours were counted, the kinds sum to the packets. */
static void test_kinds(void)
{
	struct analysis a = {.kinds = {100, 7, 0, 3, 0, 1}};
	struct kind_row rows[KIND_ROWS_MAX];
	uint64_t sum;

	for (uint64_t scans = 0; scans <= 150; scans += 50) {
		unsigned n;

		a.behaviours[BEHAVIOUR_VERTICAL] = scans;
		a.behaviours[BEHAVIOUR_PROBE] = 20;
		n = kind_rows(&a, rows);
		sum = 0;
		for (unsigned i = 0; i < n; i++)
			sum += rows[i].packets;
		CHECK_U64(sum, 111);
	}
	a = (struct analysis){0};
	CHECK_U64(kind_rows(&a, rows), 1);
	CHECK_STR(rows[0].name, "backscatter");
}

static void test_attacks(void)
{
	static const double rates[] = {5, NAN, 9, 9, 1, 20};
	struct attack attacks[6];
	struct analysis a = {.attacks = attacks, .attack_count = 6};
	size_t picks[6];

	for (unsigned i = 0; i < 6; i++)
		attacks[i] = (struct attack){.rate = rates[i], .packets = i};
	CHECK_U64(largest_attacks(&a, picks, 3), 3);
	CHECK(picks[0] == 2 && picks[1] == 3 && picks[2] == 5);
	CHECK_U64(largest_attacks(&a, picks, 1), 1);
	CHECK_U64(picks[0], 5);
	CHECK_U64(largest_attacks(&a, picks, 5), 5);
	CHECK(picks[0] == 0 && picks[1] == 2 && picks[3] == 4); /* without the one of no rate */
	CHECK_U64(largest_attacks(&a, picks, 6), 6);
	attacks[2].state = ATTACK_WITHDRAWN;
	CHECK_U64(standing_attacks(&a), 5);
}

static void shift(const void *state, const struct addr *in, struct addr *out)
{
	(void)state;
	*out = *in;
	memset(out->b + 12, 0xff, 4);
}

static void test_map(void)
{
	struct report_options o = {.map = shift};
	struct addr a = addr_v4(0x0a000001);
	struct prefix p = prefix_of(&a, 96 + 20);
	char address[ADDR_TEXT_MAX], prefix[PREFIX_TEXT_MAX];

	address_out(&o, &a, address);
	CHECK_STR(address, "255.255.255.255");
	prefix_out(&o, &p, prefix);
	CHECK_STR(prefix, "255.255.240.0/20");
	o.map = NULL;
	prefix_out(&o, &p, prefix);
	CHECK_STR(prefix, "10.0.0.0/20");
}

int main(void)
{
	test_numbers();
	test_ports();
	test_kinds();
	test_attacks();
	test_map();
	return tap_done();
}
