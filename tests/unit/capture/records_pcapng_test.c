/* SPDX-License-Identifier: Apache-2.0 */
#include "reading.h"

typedef void put_function(struct bytes *, uint64_t, unsigned);

enum { SECTION = 0x0a0d0d0a, INTERFACE = 1, OLD_PACKET = 2, SIMPLE = 3, ENHANCED = 6 };

static const uint8_t frame[64] = {9, 8, 7};

static void put_block(struct bytes *b, put_function *n, uint32_t type, const struct bytes *body)
{
	uint32_t padding = -(uint32_t)body->size & 3, length = 12 + (uint32_t)body->size + padding;

	n(b, type, 4);
	n(b, length, 4);
	put(b, body->at, body->size);
	put(b, "\0\0\0", padding);
	n(b, length, 4);
}

static void put_section(struct bytes *b, put_function *n)
{
	struct bytes body = {0};

	n(&body, 0x1a2b3c4d, 4);
	n(&body, 1, 2);
	n(&body, 0, 2);
	n(&body, UINT64_MAX, 8);
	put_block(b, n, SECTION, &body);
	bytes_clear(&body);
}

/* resolution -1: the option is not written; the same with offset_s 0. */
static void put_interface(struct bytes *b, put_function *n, uint16_t link, uint32_t snaplen,
                          int resolution, int64_t offset_s)
{
	struct bytes body = {0};

	n(&body, link, 2);
	n(&body, 0, 2);
	n(&body, snaplen, 4);
	n(&body, 2, 2); /* if_name, of a length that needs padding */
	n(&body, 5, 2);
	put(&body, "eth17\0\0\0", 8);
	if (resolution >= 0) {
		n(&body, 9, 2);
		n(&body, 1, 2);
		put(&body, &(uint8_t){(uint8_t)resolution}, 1);
		put(&body, "\0\0\0", 3);
	}
	if (offset_s) {
		n(&body, 14, 2);
		n(&body, 8, 2);
		n(&body, (uint64_t)offset_s, 8);
	}
	n(&body, 0, 4);
	put_block(b, n, INTERFACE, &body);
	bytes_clear(&body);
}

static void put_packet(struct bytes *b, put_function *n, uint32_t type, uint32_t interface,
                       uint64_t units, uint32_t captured, uint32_t wire)
{
	struct bytes body = {0};

	if (type == OLD_PACKET) {
		n(&body, interface, 2);
		n(&body, 7, 2); /* drops */
	} else {
		n(&body, interface, 4);
	}
	n(&body, units >> 32, 4);
	n(&body, units & 0xffffffff, 4);
	n(&body, captured, 4);
	n(&body, wire, 4);
	put(&body, frame, captured < sizeof(frame) ? captured : sizeof(frame));
	put_block(b, n, type, &body);
	bytes_clear(&body);
}

static void put_simple(struct bytes *b, put_function *n, uint32_t wire, uint32_t there)
{
	struct bytes body = {0};

	n(&body, wire, 4);
	put(&body, frame, there);
	put_block(b, n, SIMPLE, &body);
	bytes_clear(&body);
}

static uint64_t time_with(int resolution, int64_t offset_s, uint64_t units, put_function *n)
{
	struct bytes b = {0};
	struct reading r;

	put_section(&b, n);
	put_interface(&b, n, 1, 0, resolution, offset_s);
	put_packet(&b, n, ENHANCED, 0, units, 60, 60);
	r = read_bytes(&b, 0);
	bytes_clear(&b);
	CHECK(r.result == STATUS_OK && r.count == 1);
	return r.last.time_ns;
}

static void test_times(void)
{
	static put_function *const orders[] = {put_le, put_be};

	for (int i = 0; i < 2; i++) {
		put_function *n = orders[i];

		CHECK_U64(time_with(-1, 0, 1700000000123456, n), 1700000000123456000);
		CHECK_U64(time_with(6, 0, 1700000000123456, n), 1700000000123456000);
		CHECK_U64(time_with(9, 0, 1700000000123456789, n), 1700000000123456789);
		CHECK_U64(time_with(0, 0, 1700000000, n), 1700000000000000000);
		CHECK_U64(time_with(12, 0, 5000000000999, n), 5000000000);
		CHECK_U64(time_with(0x80 | 20, 0, UINT64_C(3) << 19, n), 1500000000);
		CHECK_U64(time_with(0x80 | 63, 0, UINT64_MAX, n), 1999999999);
		CHECK_U64(time_with(6, 10, 1000000, n), 11000000000);
		CHECK_U64(time_with(6, -10, 11000000, n), 1000000000);
		/* What does not fit is 0. */
		CHECK_U64(time_with(0, 0, UINT64_MAX, n), 0);
		CHECK_U64(time_with(127, 0, UINT64_MAX, n), 0);
		CHECK_U64(time_with(0xff, 0, UINT64_MAX, n), 0);
		CHECK_U64(time_with(6, -10, 1000000, n), 0);
		CHECK_U64(time_with(6, INT64_MAX, 1000000, n), 0);
		CHECK_U64(time_with(6, INT64_MIN, 1000000, n), 0);
	}
}

static void test_sections_and_interfaces(void)
{
	struct bytes b = {0};
	struct reading r, part;

	put_section(&b, put_le);
	put_interface(&b, put_le, 1, 0, -1, 0);
	put_interface(&b, put_le, 113, 0, 9, 0);
	put_packet(&b, put_le, ENHANCED, 0, 1, 60, 60);
	put_packet(&b, put_le, ENHANCED, 1, 77, 31, 90);
	put_packet(&b, put_le, ENHANCED, 2, 1, 60, 60); /* no such interface */
	r = read_bytes(&b, 0);
	CHECK_U64(r.count, 2);
	CHECK_U64(r.broken, 1);
	CHECK_U64(r.last.link, 113);
	CHECK_U64(r.last.time_ns, 77);
	CHECK_U64(r.last.captured, 31);
	CHECK_U64(r.last.wire, 90);

	put_section(&b, put_be); /* the other byte order, and no interface carries over */
	put_packet(&b, put_be, ENHANCED, 0, 1, 60, 60);
	put_interface(&b, put_be, 101, 48, -1, 0);
	put_packet(&b, put_be, OLD_PACKET, 0, 5, 20, 25);
	put_packet(&b, put_be, 0x0bad, 0, 0, 8, 8); /* unknown: passed over */
	put_simple(&b, put_be, 60, 48);             /* cut to the snapshot length */
	r = read_bytes(&b, 0);
	CHECK_U64(r.result, STATUS_OK);
	CHECK_U64(r.count, 4);
	CHECK_U64(r.broken, 2);
	CHECK_U64(r.last.link, 101);
	CHECK_U64(r.last.captured, 48);
	CHECK_U64(r.last.wire, 60);
	for (size_t block = 1; block < b.size + 2; block += block / 7 + 1) {
		part = read_bytes(&b, block);
		CHECK(part.digest == r.digest && part.count == 4 && part.broken == 2);
	}
	bytes_clear(&b);
}

static void test_many(void)
{
	struct bytes b = {0};
	struct reading r;

	put_section(&b, put_le);
	put_interface(&b, put_le, 1, 0, -1, 0);
	for (uint32_t i = 0; i < 20000; i++)
		put_packet(&b, put_le, ENHANCED, 0, i, i % 60, 60);
	r = read_bytes(&b, 0);
	CHECK_U64(r.result, STATUS_OK);
	CHECK_U64(r.count, 20000);
	CHECK(read_bytes(&b, 1000).digest == r.digest);
	bytes_clear(&b);
}

/* Whole blocks are read; a cut one is named; nothing reads past the end. */
static void test_truncation(void)
{
	struct bytes b = {0};

	put_section(&b, put_be);
	put_interface(&b, put_be, 1, 0, 9, 3);
	put_packet(&b, put_be, ENHANCED, 0, 1, 60, 60);
	put_packet(&b, put_be, ENHANCED, 0, 1, 60, 60);
	for (size_t n = 0; n <= b.size; n++) {
		struct bytes cut = {.at = b.at, .size = n};
		struct reading r = read_bytes(&cut, n % 5 ? 0 : 3);
		size_t packets = n + 184 >= b.size ? (n + 184 - b.size) / 92 : 0;

		CHECK_U64(r.count, packets);
		if (n < 12)
			CHECK_U64(r.result, STATUS_FORMAT);
		else if (n == 28 || n == b.size - 184 || n == b.size - 92 || n == b.size)
			CHECK_U64(r.result, STATUS_OK);
		else if (CHECK(r.result == STATUS_LIMIT))
			CHECK_U64(r.trouble.line, packets + 1);
	}
	bytes_clear(&b);
}

/* A lie in the framing ends the stream; one inside a packet block costs that packet. */
static void test_lies(void)
{
	static const struct {
		size_t offset; /* from the start of the second packet's block */
		uint32_t value;
		uint64_t count, broken;
	} cases[] = {
	        {4, 0, 1, 0},           {4, 93, 1, 0},  {4, 0xfffffffc, 1, 0},  {4, 8, 1, 0},
	        {88, 96, 1, 0},         {20, 61, 2, 1}, {20, 64, 2, 1},         {8, 5, 2, 1},
	        {20, 0xffffffff, 2, 1}, {24, 0, 3, 0},  {24, UINT32_MAX, 3, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bytes b = {0}, value = {0};
		struct reading r;
		size_t second;

		put_section(&b, put_le);
		put_interface(&b, put_le, 1, 0, -1, 0);
		put_packet(&b, put_le, ENHANCED, 0, 1, 60, 60);
		second = b.size;
		put_packet(&b, put_le, ENHANCED, 0, 1, 60, 60);
		put_packet(&b, put_le, ENHANCED, 0, 1, 60, 60);
		put_le(&value, cases[i].value, 4);
		memcpy(b.at + second + cases[i].offset, value.at, 4);
		r = read_bytes(&b, 0);
		CHECK_U64(r.count, cases[i].count);
		CHECK_U64(r.broken, cases[i].broken);
		CHECK_U64(r.result, cases[i].count == 1 ? STATUS_LIMIT : STATUS_OK);
		bytes_clear(&value);
		bytes_clear(&b);
	}
}

static void test_interface_options_lie(void)
{
	struct bytes b = {0}, body = {0};
	struct reading r;

	put_section(&b, put_le);
	put_le(&body, 1, 8);
	put_le(&body, 9, 2);      /* if_tsresol ... */
	put_le(&body, 0xffff, 2); /* ... longer than the block */
	put_le(&body, 9, 1);
	put_block(&b, put_le, INTERFACE, &body);
	put_packet(&b, put_le, ENHANCED, 0, 1, 60, 60);
	r = read_bytes(&b, 0);
	CHECK_U64(r.count, 1);
	CHECK_U64(r.last.time_ns, 1000);
	bytes_clear(&body);
	bytes_clear(&b);
}

static void test_wrong_version(void)
{
	struct bytes b = {0};
	struct reading r;

	put_section(&b, put_le);
	b.at[12] = 2;
	r = read_bytes(&b, 0);
	CHECK_U64(r.result, STATUS_FORMAT);
	CHECK_STR(r.trouble.text, "pcapng version 2 is not known");
	b.at[8] = 0;
	CHECK_U64(read_bytes(&b, 0).result, STATUS_FORMAT);
	bytes_clear(&b);
}

/* After packets it is an early end, whether they came in the same batch or not. */
static void test_wrong_version_later(void)
{
	struct bytes b = {0};
	struct reading r;
	size_t second;

	put_section(&b, put_le);
	put_interface(&b, put_le, 1, 0, -1, 0);
	put_packet(&b, put_le, ENHANCED, 0, 1, 60, 60);
	second = b.size;
	put_section(&b, put_be);
	put_interface(&b, put_be, 1, 0, -1, 0);
	put_packet(&b, put_be, ENHANCED, 0, 1, 60, 60);
	b.at[second + 13] = 17;
	for (size_t block = 0; block < 50; block += 10) {
		r = read_bytes(&b, block);
		CHECK_U64(r.count, 1);
		CHECK_U64(r.result, STATUS_LIMIT);
		CHECK_STR(r.trouble.text, "pcapng version 17 is not known");
	}
	bytes_clear(&b);
}

int main(void)
{
	test_times();
	test_sections_and_interfaces();
	test_many();
	test_truncation();
	test_lies();
	test_interface_options_lie();
	test_wrong_version();
	test_wrong_version_later();
	return tap_done();
}
