/* SPDX-License-Identifier: Apache-2.0 */
#include "store/flow_block.h"

#include "tap.h"

static const struct flow ROW = {
        .proto = 6,
        .kind = KIND_SCAN,
        .marks = 3,
        .tcp_flags = 2,
        .port = 23,
        .peer_port = 40000,
        .signs = 0x4001,
        .ip_id = 54321,
        .ip_len = 44,
        .tcp_window = 65535,
        .options_hash = 0xdeadbeef,
        .ttl_min = 50,
        .ttl_max = 51,
        .unicorn = 2,
        .unicorn_key = 7,
        .packets = 1ull << 40,
        .bytes = 1ull << 50,
        .destinations = 9,
        .first_us = 10999,
        .last_us = 59999999,
};

static void test_add(void)
{
	struct flow_block b = {0}, other = {0};
	struct flow row = ROW;
	struct flow_place place = {1440 * 60 * 20000u + 61, 7, 0x4a50, 64496, TOOL_MIRAI};

	row.source = addr_v4(0xc0000201);
	for (int i = 0; i < 3; i++)
		CHECK(flow_block_add(&b, &place, &row) == STATUS_OK);
	CHECK_U64(b.rows, 3);
	CHECK_U64(b.second[2], place.start_s);
	CHECK_U64(b.minute[2], 1440 * 20000u + 1);
	CHECK_U64(b.src_hi[2], 0);
	CHECK_U64(b.src_lo[2], 0xffffc0000201);
	CHECK_U64(b.country[2], 0x4a50);
	CHECK_U64(b.tool[2], TOOL_MIRAI);
	CHECK_U64(b.packets[2], 1ull << 40);
	CHECK_U64(b.ttl_spread[2], 1);
	CHECK_U64(b.first_ms[2], 10);
	CHECK_U64(b.lasted_ms[2], 59989);
	CHECK(flow_block_copy(&other, &b, 2) == STATUS_OK);
#define COLUMN(name, type, bits, codec)    \
	CHECK(sizeof(type) * 8 == (bits)); \
	CHECK(other.name[0] == b.name[0]);
#include "store/flow_columns.def"
#undef COLUMN
	flow_block_empty(&b);
	CHECK_U64(b.rows, 0);
	CHECK(b.room >= 3);
	flow_block_clear(&b);
	flow_block_clear(&other);
	CHECK(b.minute == NULL);
}

static void test_limit(void)
{
	struct flow_block b = {0};
	struct flow row = ROW;
	struct flow_place place = {0};
	enum status st = STATUS_OK;

	for (size_t i = 0; i < FLOW_BLOCK_ROWS_MAX && !st; i++)
		st = flow_block_add(&b, &place, &row);
	CHECK(st == STATUS_OK);
	CHECK(flow_block_add(&b, &place, &row) == STATUS_LIMIT);
	CHECK(flow_block_copy(&b, &b, 0) == STATUS_LIMIT);
	CHECK(flow_block_reserve(&b, (size_t)FLOW_BLOCK_ROWS_MAX + 1) == STATUS_LIMIT);
	CHECK_U64(b.rows, FLOW_BLOCK_ROWS_MAX);
	flow_block_clear(&b);
}

static void test_source(void)
{
	struct addr a = {{0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
	uint64_t hi, lo;

	flow_source_split(&a, &hi, &lo);
	CHECK_U64(hi, 0x20010db800000000);
	CHECK_U64(lo, 1);
	struct addr back = flow_source_join(hi, lo);

	CHECK(addr_compare(&a, &back) == 0);
}

int main(void)
{
	test_add();
	test_limit();
	test_source();
	CHECK_U64(flow_country("JP"), 0x4a50);
	CHECK_U64(flow_country("jp"), 0);
	CHECK_U64(flow_country("J"), 0);
	CHECK_U64(flow_country("JPN"), 0);
	CHECK_U64(flow_country(""), 0);
	CHECK_U64(flow_country(NULL), 0);
	CHECK(flow_batch(1, 2, 3) == flow_batch(1, 2, 3));
	CHECK(flow_batch(1, 2, 3) != flow_batch(1, 2, 4));
	CHECK(flow_batch(1, 2, 3) != flow_batch(2, 2, 3));
	CHECK(flow_batch(1, 2, 3) != flow_batch(1, 3, 3));
	CHECK(flow_batch(0, 0, 0) != 0);
	return tap_done();
}
