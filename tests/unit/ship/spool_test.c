/* SPDX-License-Identifier: Apache-2.0 */
/* The spool: order, every torn end, damage, its lock, and what it counts. */
#include "spool_frames.h"

#include "tap.h"

static struct spool *must_open(const char *path, uint64_t bytes_max)
{
	struct spool *s;
	struct trouble t;

	if (spool_open(&s, path, bytes_max, &t)) {
		fprintf(stderr, "%s: %s\n", t.file, t.text);
		abort();
	}
	return s;
}

static size_t append(struct spool *s, uint64_t boot, uint64_t sequence, uint32_t rows)
{
	struct frames f = make_window(boot, sequence, (uint32_t)sequence * 60, rows, NULL);
	size_t n = f.used;

	if (spool_append(s, f.bytes, n, NULL))
		abort();
	free(f.bytes);
	return n;
}

/* The oldest frame is this one, byte for byte. */
static bool next_is(struct spool *s, uint64_t boot, uint64_t sequence, uint32_t rows)
{
	struct frames want = make_window(boot, sequence, (uint32_t)sequence * 60, rows, NULL);
	struct spool_frame got = {0};
	bool same = spool_peek(s, &got, NULL) == STATUS_OK && got.boot_id == boot &&
	            got.sequence == sequence && got.rows == rows && got.n == want.used &&
	            memcmp(got.bytes, want.bytes, got.n) == 0;

	spool_frame_clear(&got);
	free(want.bytes);
	return same;
}

static bool is_empty(struct spool *s)
{
	struct spool_frame got = {0};
	bool end = spool_peek(s, &got, NULL) == STATUS_END;

	spool_frame_clear(&got);
	return end;
}

static void acknowledge(struct spool *s, uint64_t boot, uint64_t sequence)
{
	CHECK(spool_drop(s, boot, sequence, SPOOL_ACKNOWLEDGED, NULL) == STATUS_OK);
}

static void check_order(const char *path)
{
	struct spool *s = must_open(path, 0);
	struct spool_figures f;

	CHECK(is_empty(s));
	append(s, 9, 1, 3);
	append(s, 9, 2, 4);
	spool_close(s);
	s = must_open(path, 0);
	append(s, 4, 1, 5); /* a later boot, whatever its number */
	append(s, 4, 2, 0);
	spool_figures(s, &f);
	CHECK_U64(f.frames, 4);
	CHECK_U64(f.oldest_s, 60);
	CHECK(next_is(s, 9, 1, 3));
	acknowledge(s, 4, 1); /* not the oldest: nothing happens */
	CHECK(next_is(s, 9, 1, 3));
	acknowledge(s, 9, 1);
	CHECK(next_is(s, 9, 2, 4));
	spool_close(s);
	s = must_open(path, 0);
	CHECK(next_is(s, 9, 2, 4));
	acknowledge(s, 9, 2);
	CHECK(next_is(s, 4, 1, 5));
	CHECK(spool_drop(s, 4, 1, SPOOL_REFUSED, NULL) == STATUS_OK);
	CHECK(next_is(s, 4, 2, 0));
	acknowledge(s, 4, 2);
	CHECK(is_empty(s));
	acknowledge(s, 4, 2);
	append(s, 4, 3, 1);
	spool_close(s);
	s = must_open(path, 0);
	CHECK(next_is(s, 4, 3, 1));
	acknowledge(s, 4, 3);
	spool_close(s);
	s = must_open(path, 0);
	CHECK(is_empty(s));
	append(s, 5, 1, 1);
	spool_close(s);
	s = must_open(path, 0); /* numbers of segments go on after an empty spool */
	CHECK(next_is(s, 5, 1, 1));
	acknowledge(s, 5, 1);
	spool_figures(s, &f);
	CHECK_U64(f.frames, 0);
	CHECK_U64(f.bytes, 0);
	CHECK_U64(f.losses.refused, 1);
	CHECK_U64(f.losses.windows, 0);
	CHECK_U64(f.losses.torn_bytes, 0);
	spool_close(s);
}

static void check_lock(const char *path)
{
	struct spool *s = must_open(path, 0), *second;
	struct trouble t;

	CHECK(spool_open(&second, path, 0, &t) == STATUS_CONFLICT);
	CHECK_STR(t.text, "another process has this spool open");
	CHECK(second == NULL);
	spool_close(s);
	spool_close(must_open(path, 0));
	CHECK(spool_open(&second, "/nowhere/spool", 0, &t) == STATUS_NOT_FOUND);
	spool_close(NULL);
}

static void copy_file(const char *from, const char *to, size_t n)
{
	uint8_t *bytes = malloc(n + 1);
	FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");

	if (!in || !out || fread(bytes, 1, n, in) != n || fwrite(bytes, 1, n, out) != n)
		abort();
	fclose(in);
	fclose(out);
	free(bytes);
}

/* A kill can leave any part of the last append. */
static void check_torn(void)
{
	struct folder whole = make_folder(), torn = make_folder();
	char from[PATH_MAX], to[PATH_MAX];
	size_t ends[3] = {BATCH_FILE_HEADER_BYTES};
	struct spool *s = must_open(whole.spool, 0);
	unsigned wrong = 0;

	for (int i = 0; i < 2; i++)
		ends[i + 1] = ends[i] + append(s, 1, (uint64_t)i + 1, 5);
	spool_close(s);
	snprintf(from, sizeof(from), "%s/0000000000000001.batch", whole.spool);
	snprintf(to, sizeof(to), "%s/0000000000000001.batch", torn.spool);
	for (size_t n = 0; n <= ends[2]; n++) {
		struct spool_figures f;
		unsigned kept = 0;

		empty_folder(torn.spool);
		mkdir(torn.spool, 0700);
		copy_file(from, to, n);
		while (kept < 2 && ends[kept + 1] <= n)
			kept++;
		s = must_open(torn.spool, 0);
		spool_figures(s, &f);
		wrong += f.frames != kept;
		wrong += n >= ends[0] && f.losses.torn_bytes != n - ends[kept];
		append(s, 2, 1, 2);
		for (unsigned i = 1; i <= kept; i++) {
			wrong += !next_is(s, 1, i, 5);
			wrong += spool_drop(s, 1, i, SPOOL_ACKNOWLEDGED, NULL) != STATUS_OK;
		}
		wrong += !next_is(s, 2, 1, 2);
		spool_close(s);
	}
	CHECK_U64(wrong, 0);
	remove_folder(&whole);
	remove_folder(&torn);
}

/* A state file with any byte wrong costs at most that frames are sent again. */
static void check_state_damage(void)
{
	struct folder folder = make_folder();
	char path[PATH_MAX], saved[PATH_MAX];
	struct spool *s = must_open(folder.spool, 0);
	unsigned wrong = 0;

	for (uint64_t i = 1; i <= 3; i++)
		append(s, 1, i, 2);
	acknowledge(s, 1, 1);
	acknowledge(s, 1, 2);
	spool_close(s);
	snprintf(path, sizeof(path), "%s/state", folder.spool);
	snprintf(saved, sizeof(saved), "%s/state", folder.path);
	copy_file(path, saved, 256);
	for (size_t i = 0; i < 256; i++) {
		struct spool_frame got = {0};
		uint8_t byte;
		int fd;

		copy_file(saved, path, 256);
		fd = open(path, O_RDWR);
		if (pread(fd, &byte, 1, (off_t)i) != 1)
			abort();
		byte ^= 0x41;
		if (pwrite(fd, &byte, 1, (off_t)i) != 1)
			abort();
		close(fd);
		s = must_open(folder.spool, 0);
		wrong += spool_peek(s, &got, NULL) != STATUS_OK || got.sequence < 2;
		spool_frame_clear(&got);
		spool_close(s);
	}
	CHECK_U64(wrong, 0);
	for (size_t n = 0; n <= 256; n += 16) {
		copy_file(saved, path, n);
		s = must_open(folder.spool, 0);
		wrong += is_empty(s);
		spool_close(s);
	}
	CHECK_U64(wrong, 0);
	remove_folder(&folder);
}

/* A frame that the disk spoilt is passed over and counted; the others go on. */
static void check_rot(void)
{
	struct folder folder = make_folder();
	struct spool *s = must_open(folder.spool, 0);
	char path[PATH_MAX];
	struct spool_figures f;
	size_t first;
	int fd;

	first = append(s, 1, 1, 5);
	append(s, 1, 2, 6);
	append(s, 1, 3, 7);
	snprintf(path, sizeof(path), "%s/0000000000000001.batch", folder.spool);
	fd = open(path, O_RDWR);
	CHECK(pwrite(fd, "x", 1, (off_t)(BATCH_FILE_HEADER_BYTES + first + 200)) == 1);
	CHECK(next_is(s, 1, 1, 5));
	acknowledge(s, 1, 1);
	CHECK(next_is(s, 1, 3, 7));
	spool_figures(s, &f);
	CHECK_U64(f.losses.windows, 1);
	CHECK_U64(f.losses.rows, 6);
	CHECK_U64(f.frames, 1);
	CHECK(pwrite(fd, "x", 1, (off_t)(BATCH_FILE_HEADER_BYTES + first + 8)) == 1);
	close(fd);
	acknowledge(s, 1, 3);
	append(s, 1, 4, 1);
	CHECK(next_is(s, 1, 4, 1));
	spool_close(s);
	remove_folder(&folder);
}

static void check_no_frame(const char *path)
{
	struct spool *s = must_open(path, 0);
	struct frames f = make_window(1, 1, 60, 3, NULL);

	CHECK(spool_append(s, f.bytes, 3, NULL) == STATUS_FORMAT);
	CHECK(spool_append(s, f.bytes, f.used - 1, NULL) == STATUS_FORMAT);
	f.bytes[f.used - 1] ^= 1;
	CHECK(spool_append(s, f.bytes, f.used, NULL) == STATUS_FORMAT);
	CHECK(is_empty(s));
	free(f.bytes);
	spool_close(s);
}

int main(void)
{
	struct folder folder = make_folder();

	check_order(folder.spool);
	check_lock(folder.spool);
	check_no_frame(folder.spool);
	check_torn();
	check_state_damage();
	check_rot();
	remove_folder(&folder);
	return tap_done();
}
