/* SPDX-License-Identifier: Apache-2.0 */
/* Compressed inputs are read ahead by a thread that input_open() starts. */
#include "reading.h"

#include <isa-l/igzip_lib.h>
#include <zstd.h>

enum { RECORDS = 30000 };

static void put_gzip(struct bytes *b, const uint8_t *plain, size_t n)
{
	struct isal_zstream z;
	size_t room = n + n / 8 + 1000;
	uint8_t *out = malloc(room);

	if (!out)
		abort();
	isal_deflate_stateless_init(&z);
	z.gzip_flag = IGZIP_GZIP;
	z.next_in = (uint8_t *)(uintptr_t)plain;
	z.avail_in = (uint32_t)n;
	z.next_out = out;
	z.avail_out = (uint32_t)room;
	z.flush = NO_FLUSH;
	z.end_of_stream = 1;
	CHECK(isal_deflate_stateless(&z) == COMP_OK);
	put(b, out, z.total_out);
	free(out);
}

static void put_zstd(struct bytes *b, const uint8_t *plain, size_t n)
{
	size_t room = ZSTD_compressBound(n), size;
	uint8_t *out = malloc(room);

	if (!out)
		abort();
	size = ZSTD_compress(out, room, plain, n, 3);
	CHECK(!ZSTD_isError(size));
	put(b, out, size);
	free(out);
}

typedef void compress_function(struct bytes *, const uint8_t *, size_t);

static void make_capture(struct bytes *b)
{
	uint32_t x = 12345;
	uint8_t frame[100];

	put_pcap_header(b, 0xa1b2c3d4, 1, false);
	for (uint32_t i = 0; i < RECORDS; i++) {
		for (size_t k = 0; k < sizeof(frame); k++)
			frame[k] = (uint8_t)((x = x * 1664525 + 1013904223) >> (k < 20 ? 24 : 30));
		put_pcap_record(b, i, 0, frame, 40 + i % 60, 100, false);
	}
}

static void check_same(const struct bytes *packed, const struct reading *want, size_t block)
{
	struct reading r = read_bytes(packed, block);

	CHECK_U64(r.result, STATUS_OK);
	CHECK_U64(r.count, want->count);
	CHECK(r.digest == want->digest);
	CHECK_STR(r.trouble.text, "");
}

static void test_members(compress_function *compress, const struct bytes *plain,
                         const struct reading *want)
{
	struct bytes packed = {0};
	size_t third = plain->size / 3;

	compress(&packed, plain->at, plain->size);
	check_same(&packed, want, 0);
	check_same(&packed, want, 777);
	packed.size = 0;
	compress(&packed, plain->at, third);
	compress(&packed, plain->at, 0);
	compress(&packed, plain->at + third, 5);
	compress(&packed, plain->at + third + 5, plain->size - third - 5);
	check_same(&packed, want, 0);
	check_same(&packed, want, 4096);
	bytes_clear(&packed);
}

/* What comes before the break is read. */
static void test_cut(compress_function *compress, const struct bytes *plain, const char *text)
{
	struct bytes packed = {0};
	struct reading r;
	size_t full;

	compress(&packed, plain->at, plain->size);
	full = packed.size;
	for (int i = 1; i < 8; i++) {
		packed.size = full * (size_t)i / 8;
		r = read_bytes(&packed, 0);
		CHECK_U64(r.result, STATUS_LIMIT);
		CHECK_STR(r.trouble.text, text);
		CHECK(r.count < RECORDS);
	}
	CHECK(r.count > RECORDS / 2);
	packed.size = full - 1;
	CHECK_U64(read_bytes(&packed, 0).result, STATUS_LIMIT);
	for (size_t n = 2; n < 24; n++) {
		packed.size = n;
		CHECK_U64(read_bytes(&packed, 0).count, 0);
	}
	bytes_clear(&packed);
}

static void test_broken(compress_function *compress, const struct bytes *plain)
{
	struct bytes packed = {0};
	struct reading r;

	compress(&packed, plain->at, plain->size);
	for (size_t i = packed.size / 2; i < packed.size / 2 + 64; i++)
		packed.at[i] ^= 0x5a;
	r = read_bytes(&packed, 0);
	CHECK(r.result == STATUS_LIMIT && r.count < RECORDS);
	bytes_clear(&packed);
}

static void test_gzip_tail(const struct bytes *plain, const struct reading *want)
{
	struct bytes packed = {0};

	put_gzip(&packed, plain->at, plain->size);
	put(&packed, "\0\0\0\0\0\0\0\0", 8);
	check_same(&packed, want, 0);
	put(&packed, "tail", 4);
	CHECK_STR(read_bytes(&packed, 0).trouble.text,
	          "something that is not gzip follows the gzip stream");
	packed.size -= 12 + 8;
	put(&packed, "\1\2\3\4\5\6\7\10", 8);
	CHECK_STR(read_bytes(&packed, 0).trouble.text, "wrong checksum in the gzip stream");
	bytes_clear(&packed);
}

/* A frame may ask for a window of gigabytes: refused, not allocated. */
static void test_zstd_window(void)
{
	struct bytes b = {0};
	struct reading r;

	put_hex(&b, "28b52ffd 00 a8 010000"); /* window 2^31 */
	r = read_bytes(&b, 0);
	CHECK(r.result != STATUS_OK && r.count == 0);
	CHECK(strstr(r.trouble.text, "broken zstd stream") != NULL);
	bytes_clear(&b);
}

static void test_zstd_skippable(const struct bytes *plain, const struct reading *want)
{
	struct bytes packed = {0};

	put_hex(&packed, "502a4d18 04000000 61626364");
	put_zstd(&packed, plain->at, plain->size);
	check_same(&packed, want, 0);
	bytes_clear(&packed);
}

int main(void)
{
	struct bytes plain = {0};
	struct reading want;

	make_capture(&plain);
	want = read_bytes(&plain, 0);
	CHECK_U64(want.count, RECORDS);
	test_members(put_gzip, &plain, &want);
	test_members(put_zstd, &plain, &want);
	test_cut(put_gzip, &plain, "the gzip stream is cut");
	test_cut(put_zstd, &plain, "the zstd stream is cut");
	test_broken(put_gzip, &plain);
	test_broken(put_zstd, &plain);
	test_gzip_tail(&plain, &want);
	test_zstd_window();
	test_zstd_skippable(&plain, &want);
	bytes_clear(&plain);
	return tap_done();
}
