/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/admit.h"
#include "tap.h"

enum { NOW = 1700000040, SENSOR = 7 };

static struct batch_frame good(void)
{
	struct batch_frame f = {.sequence = 1, .rows = 1};

	f.window = (struct window_header){
	        .start_s = NOW - NOW % 60 - 60,
	        .span_s = 60,
	        .sensor = SENSOR,
	        .packets = 10,
	        .rows = 1,
	        .addresses = 256,
	};
	return f;
}

static struct flow good_row(void)
{
	return (struct flow){.packets = 10,
	                     .bytes = 400,
	                     .destinations = 3,
	                     .first_us = 1,
	                     .last_us = 59999999,
	                     .ttl_min = 10,
	                     .ttl_max = 20};
}

static enum intake_verdict header(struct batch_frame f)
{
	struct intake_answer answer = {0};

	return admit_header(&f, SENSOR, NOW, &answer);
}

static enum intake_verdict row(struct flow r)
{
	struct batch_frame f = good();
	struct intake_answer answer = {0};

	return admit_rows(&f, &r, &answer);
}

/* A good frame or row with one thing changed. */
#define HEADER(verdict, change)                \
	do {                                   \
		struct batch_frame f = good(); \
		change;                        \
		CHECK(header(f) == (verdict)); \
	} while (0)
#define ROW(verdict, change)                \
	do {                                \
		struct flow r = good_row(); \
		change;                     \
		CHECK(row(r) == (verdict)); \
	} while (0)

static void test_header(void)
{
	CHECK(header(good()) == INTAKE_ACKNOWLEDGED);
	HEADER(INTAKE_REFUSED, f.window.sensor = 8);
	HEADER(INTAKE_REFUSED, f.window.span_s = 59);
	HEADER(INTAKE_REFUSED, f.window.start_s += 1);
	HEADER(INTAKE_REFUSED, f.sequence = 0);
	HEADER(INTAKE_REFUSED, f.rows = 2);
	HEADER(INTAKE_REFUSED, f.window.packets = UINT64_MAX);
	HEADER(INTAKE_REFUSED, f.window.addresses = 1e30);
}

static void test_time(void)
{
	HEADER(INTAKE_ACKNOWLEDGED, f.window.start_s += 120);
	HEADER(INTAKE_LATER, f.window.start_s += 1200);
	HEADER(INTAKE_REFUSED, f.window.start_s += 86400);
	HEADER(INTAKE_REFUSED, f.window.start_s = UINT32_MAX / 60 * 60);
	HEADER(INTAKE_ACKNOWLEDGED, f.window.start_s -= 7 * 86400);
	HEADER(INTAKE_REFUSED, f.window.start_s -= 40 * 86400);
	HEADER(INTAKE_REFUSED, f.window.start_s = 0);
}

static void test_provisional(void)
{
	struct batch_frame f = good();

	f.flags = BATCH_PROVISIONAL;
	f.sequence = 0;
	CHECK(header(f) == INTAKE_REFUSED); /* 60 s */
	f.window.span_s = 1;
	f.window.start_s = NOW - 3;
	CHECK(header(f) == INTAKE_PROVISIONAL);
	f.window.start_s = NOW - 1000;
	CHECK(header(f) == INTAKE_REFUSED);
	f.window.start_s = NOW + 1000;
	CHECK(header(f) == INTAKE_REFUSED); /* nobody holds it back */
}

static void test_rows(void)
{
	CHECK(row(good_row()) == INTAKE_ACKNOWLEDGED);
	ROW(INTAKE_REFUSED, r.packets = 0);
	ROW(INTAKE_REFUSED, r.packets = 11);
	ROW(INTAKE_REFUSED, r.bytes = UINT64_MAX);
	ROW(INTAKE_REFUSED, r.destinations = 13);
	ROW(INTAKE_ACKNOWLEDGED, r.destinations = 11); /* an estimate */
	ROW(INTAKE_REFUSED, r.destinations = r.exact = 11);
	ROW(INTAKE_REFUSED, r.first_us = 60000000);
	ROW(INTAKE_REFUSED, r.last_us = 60000000);
	ROW(INTAKE_REFUSED, r.ttl_min = 21);
	ROW(INTAKE_REFUSED, r.kind = KIND_COUNT);
}

static void test_sums(void)
{
	struct flow rows[2] = {good_row(), good_row()};
	struct intake_answer answer = {0};
	struct batch_frame f = good();

	f.rows = 2;
	f.window.rows = 2;
	CHECK(admit_rows(&f, rows, &answer) == INTAKE_REFUSED);
	f.window.packets = 20;
	CHECK(admit_rows(&f, rows, &answer) == INTAKE_ACKNOWLEDGED);
	f.window.addresses = 1;
	CHECK(admit_rows(&f, rows, &answer) == INTAKE_REFUSED);
	CHECK_STR(answer.why, "row 1: more destinations than packets or addresses");
}

int main(void)
{
	test_header();
	test_time();
	test_provisional();
	test_rows();
	test_sums();
	return tap_done();
}
