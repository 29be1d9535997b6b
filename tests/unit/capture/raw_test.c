/* SPDX-License-Identifier: Apache-2.0 */
/* The raw ring: files take turns within the size, hold what came, and a full disk only counts. */
#include "capture/raw.h"

#include "tap.h"

#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FRAME_BYTES = 1000, RECORD_BYTES = FRAME_BYTES + 16 };

static uint8_t frame[FRAME_BYTES];

static struct tap_batch batch_of(unsigned count, uint32_t first, uint32_t vlan)
{
	struct tap_batch b = {.count = count};

	for (unsigned i = 0; i < count; i++) {
		b.records[i] = (struct record){.time_ns = UINT64_C(1750000000000000000) + first + i,
		                               .bytes = frame,
		                               .captured = FRAME_BYTES,
		                               .wire = FRAME_BYTES + (vlan ? 4u : 0u),
		                               .link = 1};
		b.vlan[i] = vlan;
	}
	return b;
}

struct folder {
	unsigned files;
	uint64_t bytes;
};

static struct folder look(const char *path)
{
	struct folder f = {0};
	DIR *d = opendir(path);
	const struct dirent *e;

	while (d && (e = readdir(d)) != NULL) {
		struct stat s;
		char name[512];

		snprintf(name, sizeof(name), "%s/%s", path, e->d_name);
		if (e->d_name[0] != '.' && stat(name, &s) == 0) {
			f.files++;
			f.bytes += (uint64_t)s.st_size;
		}
	}
	if (d)
		closedir(d);
	return f;
}

static void clear(const char *path)
{
	DIR *d = opendir(path);
	const struct dirent *e;

	while (d && (e = readdir(d)) != NULL)
		(void)unlinkat(dirfd(d), e->d_name, 0);
	if (d)
		closedir(d);
	rmdir(path);
}

static void make_folder(char path[64])
{
	strcpy(path, "/tmp/noroshi-raw-XXXXXX");
	if (!mkdtemp(path))
		abort();
}

static struct raw *open_raw(const char *path, unsigned queues)
{
	struct raw *r;

	if (raw_open(&r, path, RAW_BYTES_MIN, queues, NULL))
		abort();
	return r;
}

/* All records of all files of a folder, by the reader of captures. */
static uint64_t read_back(const char *path, uint32_t *captured)
{
	DIR *d = opendir(path);
	const struct dirent *e;
	uint64_t count = 0;

	while (d && (e = readdir(d)) != NULL) {
		struct input_options o = {.workers = 1};
		struct record batch[RECORD_BATCH];
		struct records *records;
		struct input *in;
		char name[512];
		unsigned n;

		snprintf(name, sizeof(name), "%s/%s", path, e->d_name);
		if (e->d_name[0] == '.' || input_open(&in, name, &o, NULL))
			continue;
		if (records_new(&records, in, 0))
			abort();
		while (records_next(records, batch, &n) == STATUS_OK) {
			count += n;
			*captured = batch[n - 1].captured;
		}
		CHECK(records_result(records, NULL) == STATUS_OK);
		records_free(records);
		input_close(in);
	}
	if (d)
		closedir(d);
	return count;
}

static void test_turns(void)
{
	struct raw_counts c;
	char path[64];
	struct raw *r;
	struct folder f;
	uint32_t captured = 0;

	make_folder(path);
	r = open_raw(path, 2);
	for (unsigned i = 0; i < 1000; i++) { /* 64 MB into 16 MiB */
		struct tap_batch b = batch_of(64, i * 64, 0);

		raw_write(r, i & 1, &b);
	}
	raw_flush(r, 0);
	raw_flush(r, 1);
	f = look(path);
	c = raw_counts(r);
	CHECK(f.files <= RAW_FILES && f.files > RAW_FILES / 2);
	CHECK(f.bytes <= RAW_BYTES_MIN && f.bytes > RAW_BYTES_MIN / 2);
	CHECK_U64(c.packets, 64000);
	CHECK_U64(c.lost, 0);
	CHECK(c.bytes == 64000u * RECORD_BYTES + c.files * 24);
	raw_close(r);
	CHECK(read_back(path, &captured) * RECORD_BYTES + f.files * 24 == f.bytes);
	CHECK_U64(captured, FRAME_BYTES);
	r = open_raw(path, 1); /* a second run: the old files are the oldest */
	for (unsigned i = 0; i < 300; i++) {
		struct tap_batch b = batch_of(64, i * 64, 0);

		raw_write(r, 0, &b);
	}
	raw_close(r);
	f = look(path);
	CHECK(f.files <= RAW_FILES && f.bytes <= RAW_BYTES_MIN);
	clear(path);
}

static void test_tag(void)
{
	struct tap_batch b = batch_of(3, 0, 0x81000005);
	uint32_t captured = 0;
	char path[64];
	struct raw *r;

	make_folder(path);
	r = open_raw(path, 1);
	raw_write(r, 0, &b);
	raw_close(r);
	CHECK_U64(read_back(path, &captured), 3);
	CHECK_U64(captured, FRAME_BYTES + 4);
	clear(path);
}

/* A limit on file sizes stands in for a full disk: writing fails in the middle of a file. */
static void test_full(void)
{
	struct rlimit limit, small = {300000, 300000};
	struct raw_counts c;
	uint32_t captured = 0;
	char path[64];
	struct raw *r;

	make_folder(path);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &limit);
	small.rlim_max = limit.rlim_max;
	r = open_raw(path, 1);
	if (setrlimit(RLIMIT_FSIZE, &small))
		abort();
	for (unsigned i = 0; i < 20; i++) {
		struct tap_batch b = batch_of(64, i * 64, 0);

		raw_write(r, 0, &b);
	}
	raw_flush(r, 0);
	c = raw_counts(r);
	CHECK(c.error != 0 && c.lost > 0);
	CHECK_U64(c.packets + c.lost, 20 * 64);
	raw_close(r);
	if (setrlimit(RLIMIT_FSIZE, &limit))
		abort();
	CHECK_U64(read_back(path, &captured), c.packets);
	clear(path);
}

/* The folder went away: counted; no file is made elsewhere. */
static void test_gone(void)
{
	struct tap_batch b = batch_of(64, 0, 0);
	struct trouble t;
	char path[64];
	struct raw *r;

	make_folder(path);
	r = open_raw(path, 1);
	rmdir(path);
	raw_write(r, 0, &b);
	CHECK_U64(raw_counts(r).lost, 64);
	CHECK(raw_counts(r).error != 0);
	raw_close(r);
	CHECK(raw_open(&r, path, RAW_BYTES_MIN, 1, &t) == STATUS_NOT_FOUND);
	CHECK_STR(t.file, path);
}

int main(void)
{
	test_turns();
	test_tag();
	test_full();
	test_gone();
	return tap_done();
}
