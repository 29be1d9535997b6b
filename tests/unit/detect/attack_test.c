/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/attack.h"

#include "model/packet.h"
#include "tap.h"

#define SECOND UINT64_C(1000000000)

static const struct attack_rule ours = {.monitored = 65536};
static const struct attack_rule published = {.rsdos = true, .monitored = 65536};

/* Just enough for both rules. */
static struct vector enough(void)
{
	return (struct vector){
	        .victim = addr_v4(0x01020304),
	        .proto = PROTO_TCP,
	        .port = 443,
	        .packets = 30,
	        .start_ns = 1000 * SECOND,
	        .last_ns = 1060 * SECOND,
	        .highest_minute = 30,
	        .destinations = 5,
	        .provisional_ns = 1020 * SECOND,
	};
}

static void test_published(void)
{
	struct vector v = enough();
	struct attack a;

	CHECK(attack_judge(&published, &v, &a) && a.state == ATTACK_CONFIRMED);
	CHECK_STR(a.rule, "rsdos");
	v.closed = true;
	v.destinations = 1; /* not asked for */
	v.provisional_ns = 0;
	CHECK(attack_judge(&published, &v, &a) && a.state == ATTACK_CLOSED);
	v.highest_minute = 29;
	CHECK(!attack_judge(&published, &v, &a));
	v = enough();
	v.last_ns--;
	CHECK(!attack_judge(&published, &v, &a)); /* no provisional state there */
	v = enough();
	v.packets = 25;
	CHECK(attack_judge(&published, &v, &a));
	v.packets = 24;
	CHECK(!attack_judge(&published, &v, &a));
}

static void test_states(void)
{
	struct vector v = enough();
	struct attack a;

	CHECK(attack_judge(&ours, &v, &a) && a.state == ATTACK_CONFIRMED);
	CHECK_STR(a.rule, "telescope");
	v.closed = true;
	CHECK(attack_judge(&ours, &v, &a) && a.state == ATTACK_CLOSED);
	v.destinations = 4;
	CHECK(attack_judge(&ours, &v, &a) && a.state == ATTACK_WITHDRAWN);
	v.closed = false;
	CHECK(attack_judge(&ours, &v, &a) && a.state == ATTACK_PROVISIONAL);
	v.provisional_ns = 0;
	CHECK(!attack_judge(&ours, &v, &a));
	v = enough();
	v.highest_minute = 5; /* slow, but it holds */
	v.provisional_ns = 0;
	CHECK(attack_judge(&ours, &v, &a) && a.state == ATTACK_CONFIRMED);
	v.last_ns = v.start_ns + 59 * SECOND;
	CHECK(!attack_judge(&ours, &v, &a));
	v.last_ns = v.start_ns - SECOND; /* a capture that goes back in time */
	CHECK(!attack_judge(&ours, &v, &a));
}

static void test_small_telescope(void)
{
	struct attack_rule two = {.monitored = 2}, guessed = {.monitored = 2, .inferred = true};
	struct attack_rule none = {.monitored = 0};
	struct vector v = enough();
	struct attack a;

	v.destinations = 2;
	v.provisional_ns = 0;
	CHECK(attack_judge(&two, &v, &a) && a.state == ATTACK_CONFIRMED);
	CHECK(!attack_judge(&guessed, &v, &a));
	CHECK(!attack_judge(&none, &v, &a));
	v.destinations = 1;
	CHECK(!attack_judge(&two, &v, &a));
}

static void test_report(void)
{
	struct vector v = enough();
	struct attack a;

	CHECK(attack_judge(&ours, &v, &a));
	CHECK(addr_compare(&a.victim, &v.victim) == 0 && a.proto == 6 && a.port == 443);
	CHECK_U64(a.packets, 30);
	CHECK_U64(a.start_ns, v.start_ns);
	CHECK_U64(a.end_ns, v.last_ns);
	CHECK_NEAR(a.rate, 29 / 60.0 * 65536, 1e-6);
	CHECK(a.rate_low < a.rate && a.rate < a.rate_high && a.rate_low > 0);
	CHECK(a.asn == 0 && a.country[0] == '\0' && a.asn_name[0] == '\0');
	CHECK(addr_parse("2001:db8::1", &v.victim) == STATUS_OK);
	CHECK(attack_judge(&ours, &v, &a) && isnan(a.rate) && isnan(a.rate_low));
}

int main(void)
{
	test_published();
	test_states();
	test_small_telescope();
	test_report();
	return tap_done();
}
