/* SPDX-License-Identifier: Apache-2.0 */
#include "reading.h"

static const uint32_t MICRO = 0xa1b2c3d4, KUZNETZOV = 0xa1b2cd34;

static const uint8_t frame[200] = {1, 2, 3, 4, 5};

static void put_some(struct bytes *b, uint32_t records, bool big)
{
	for (uint32_t i = 0; i < records; i++)
		put_pcap_record(b, 1700000000 + i, 123456, frame, 40 + i % 100, 40 + i % 100, big);
}

static void test_byte_orders_and_units(void)
{
	static const struct {
		uint32_t magic;
		bool big;
		uint64_t time_ns;
	} cases[] = {
	        {0xa1b2c3d4, false, 1700000009123456000},
	        {0xa1b2c3d4, true, 1700000009123456000},
	        {0xa1b23c4d, false, 1700000009000123456},
	        {0xa1b23c4d, true, 1700000009000123456},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bytes b = {0};
		struct reading r;

		put_pcap_header(&b, cases[i].magic, 0x30000001, cases[i].big);
		put_some(&b, 10, cases[i].big);
		r = read_bytes(&b, 0);
		CHECK_U64(r.result, STATUS_OK);
		CHECK_U64(r.count, 10);
		CHECK_U64(r.last.time_ns, cases[i].time_ns);
		CHECK_U64(r.last.captured, 49);
		CHECK_U64(r.last.link, 1);
		bytes_clear(&b);
	}
}

static void test_kuznetzov(void)
{
	struct bytes b = {0};
	struct reading r;

	put_pcap_header(&b, KUZNETZOV, 113, false);
	for (int i = 0; i < 3; i++) {
		put_pcap_record(&b, 5, 6, frame, 0, 60, false);
		memcpy(b.at + b.size - 8, &(uint32_t){20}, 4);
		put_hex(&b, "01000000 0800 00 00");
		put(&b, frame, 20);
	}
	r = read_bytes(&b, 0);
	CHECK_U64(r.result, STATUS_OK);
	CHECK_U64(r.count, 3);
	CHECK_U64(r.last.captured, 20);
	CHECK_U64(r.last.wire, 60);
	CHECK_U64(r.last.time_ns, 5000006000);
	bytes_clear(&b);
}

/* A record may straddle any number of blocks; the stream is the same for every block size. */
static void test_straddling(void)
{
	struct bytes b = {0};
	struct reading whole, part;

	put_pcap_header(&b, MICRO, 1, false);
	put_some(&b, 300, false);
	whole = read_bytes(&b, 0);
	CHECK_U64(whole.count, 300);
	for (size_t block = 1; block < 700; block = block * 5 / 4 + 1) {
		part = read_bytes(&b, block);
		CHECK_U64(part.count, 300);
		CHECK(part.digest == whole.digest);
	}
	bytes_clear(&b);
}

/* Every prefix of a capture: whole records are read, and the trouble names the cut one. */
static void test_truncation(void)
{
	struct bytes b = {0};
	size_t full, header = 24, each = 16 + 20;

	put_pcap_header(&b, MICRO, 1, false);
	for (int i = 0; i < 3; i++)
		put_pcap_record(&b, 1, 2, frame, 20, 20, false);
	full = b.size;
	for (size_t n = 0; n <= full; n++) {
		struct bytes cut = {.at = b.at, .size = n};
		struct reading r = read_bytes(&cut, n % 7 ? 0 : 5);
		char want[64];

		if (n < header) {
			CHECK_U64(r.result, STATUS_FORMAT);
			continue;
		}
		CHECK_U64(r.count, (n - header) / each);
		snprintf(want, sizeof(want), "cut in the middle of packet %zu",
		         (n - header) / each + 1);
		if ((n - header) % each == 0)
			CHECK_U64(r.result, STATUS_OK);
		else if (CHECK(r.result == STATUS_LIMIT))
			CHECK_STR(r.trouble.text, want);
	}
	bytes_clear(&b);
}

static void test_lying_lengths(void)
{
	struct bytes b = {0};
	struct reading r;

	put_pcap_header(&b, MICRO, 1, false);
	put_pcap_record(&b, 1, 0, frame, 0, 0, false);
	put_pcap_record(&b, 1, 0, frame, 20, 7, false);
	r = read_bytes(&b, 0);
	CHECK_U64(r.result, STATUS_OK);
	CHECK_U64(r.count, 2);
	CHECK_U64(r.last.wire, 20);
	put_pcap_record(&b, 1, 0, frame, 0, 60, false);
	memcpy(b.at + b.size - 8, "\xff\xff\xff\xff", 4);
	put_some(&b, 5, false);
	r = read_bytes(&b, 0);
	CHECK_U64(r.count, 2);
	CHECK_U64(r.result, STATUS_LIMIT);
	CHECK_U64(r.trouble.line, 3);
	CHECK_STR(r.trouble.text, "packet 3 claims 4294967295 captured bytes");
	bytes_clear(&b);
}

static void check_refused(const char *text, size_t n, const char *why)
{
	struct bytes b = {0};
	struct reading r;

	put(&b, text, n);
	r = read_bytes(&b, 3);
	CHECK_U64(r.opened, STATUS_OK);
	CHECK_U64(r.result, STATUS_FORMAT);
	CHECK_STR(r.trouble.text, why);
	bytes_clear(&b);
}

static void test_not_a_capture(void)
{
	check_refused("", 0, "empty");
	check_refused("hello, world", 12,
	              "not a capture: it begins with 68 65 6c 6c 6f 2c 20 77 'hello, w'");
	check_refused("a", 1, "not a capture: it begins with 61 'a'");
	check_refused("BZh91AY", 7, "not a capture: looks like bzip2; decompress it first");
	check_refused("\xd4\xc3\xb2\xa1\x09\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 24,
	              "pcap version 9 is not known");
	check_refused("\xd4\xc3\xb2\xa1\x02", 5, "cut within the file header");
	CHECK_U64(read_path("/", 0).opened, STATUS_FORMAT);
	CHECK_U64(read_path("/nonexistent/file.pcap", 0).opened, STATUS_NOT_FOUND);
}

int main(void)
{
	test_byte_orders_and_units();
	test_kuznetzov();
	test_straddling();
	test_truncation();
	test_lying_lengths();
	test_not_a_capture();
	return tap_done();
}
