/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/journal.h"
#include "intake/segment.h"
#include "tap.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <signal.h>
#include <unistd.h>

enum { BODY = 100, FRAME = BATCH_FRAME_HEADER_BYTES + BODY };

static char directory[] = "/tmp/noroshi-journal-XXXXXX";

static struct journal_options options(void)
{
	return (struct journal_options){
	        .directory = directory,
	        .bytes_max = 1 << 20,
	        .segment_rows = 1000,
	        .segment_bytes = 1 << 20,
	        .segment_age_ms = 60000,
	};
}

static void make_frame(uint8_t out[FRAME], uint64_t sequence, uint32_t rows)
{
	struct batch_frame f = {
	        .boot_id = 1, .sequence = sequence, .rows = rows, .body_bytes = BODY};

	memset(out, (int)sequence, FRAME);
	f.body_checksum = batch_checksum(out + BATCH_FRAME_HEADER_BYTES, BODY);
	batch_frame_put(&f, out);
}

static enum status put(struct journal *j, uint64_t sequence, uint32_t rows)
{
	uint8_t frame[FRAME];
	uint64_t ticket;
	enum status st;

	make_frame(frame, sequence, rows);
	st = journal_write(j, frame, sizeof(frame), rows, &ticket);
	return st ? st : journal_sync(j, ticket);
}

struct seen {
	uint64_t sequences[64];
	unsigned count;
};

static void see(void *state, const struct batch_frame *frame)
{
	struct seen *s = state;

	if (s->count < 64)
		s->sequences[s->count++] = frame->sequence;
}

static struct journal *reopen(struct journal_found *found, struct seen *seen)
{
	struct journal_options o = options();
	struct journal *j = NULL;
	struct trouble t = {0};

	memset(seen, 0, sizeof(*seen));
	o.found = see;
	o.state = seen;
	CHECK(journal_open(&j, &o, found, &t) == STATUS_OK);
	return j;
}

static void empty_directory(void)
{
	DIR *d = opendir(directory);
	struct dirent *e;

	while (d && (e = readdir(d))) {
		if (e->d_name[0] != '.')
			unlinkat(dirfd(d), e->d_name, 0);
	}
	if (d)
		closedir(d);
}

static void test_order_and_cut(void)
{
	struct journal_found found;
	struct seen seen;
	struct journal *j = reopen(&found, &seen), *second = NULL;
	struct journal_options o = options();
	struct trouble t = {0};
	char path[JOURNAL_PATH_MAX];
	uint64_t number = 0, bytes, segments;

	CHECK(found.segments == 0);
	CHECK(journal_open(&second, &o, &found, &t) == STATUS_CONFLICT);
	CHECK(journal_take(j, 0, &number, path) == STATUS_END);
	CHECK(put(j, 1, 400) == STATUS_OK);
	CHECK(put(j, 2, 400) == STATUS_OK);
	CHECK(journal_take(j, 10, &number, path) == STATUS_END);
	CHECK(put(j, 3, 400) == STATUS_OK); /* 1,200 rows: cut */
	CHECK(put(j, 4, 1) == STATUS_OK);
	journal_waiting(j, &bytes, &segments);
	CHECK(segments == 2 && bytes == 4 * FRAME + 2 * BATCH_FILE_HEADER_BYTES);
	CHECK(journal_take(j, 0, &number, path) == STATUS_OK && number == 1);
	CHECK(journal_take(j, 0, &number, path) == STATUS_OK && number == 1);
	CHECK(journal_done(j, 2) == STATUS_NOT_FOUND);
	CHECK(journal_done(j, 1) == STATUS_OK);
	CHECK(access(path, F_OK) != 0);
	CHECK(journal_take(j, 10, &number, path) == STATUS_END);
	journal_cut_now(j);
	CHECK(journal_take(j, 10, &number, path) == STATUS_OK && number == 2);
	journal_close(j);
	j = reopen(&found, &seen);
	CHECK(found.segments == 1 && found.frames == 1 && seen.sequences[0] == 4);
	CHECK(journal_take(j, 0, &number, path) == STATUS_OK && number == 2);
	CHECK(journal_done(j, 2) == STATUS_OK);
	CHECK(put(j, 5, 1) == STATUS_OK);
	journal_cut_now(j);
	CHECK(journal_take(j, 10, &number, path) == STATUS_OK && number == 3);
	journal_close(j);
	empty_directory();
}

static void test_numbers_never_return(void)
{
	struct journal_options o = options();
	struct journal_found found;
	struct trouble t = {0};
	struct journal *j = NULL;
	char path[JOURNAL_PATH_MAX];
	uint64_t number = 0;

	o.first_number = 77;
	o.segment_age_ms = 20;
	CHECK(journal_open(&j, &o, &found, &t) == STATUS_OK);
	CHECK(put(j, 1, 1) == STATUS_OK);
	CHECK(journal_take(j, 5000, &number, path) == STATUS_OK && number == 77);
	journal_close(j);
	empty_directory();
}

/* Every length that a crash can leave: whole frames stay, the rest goes. */
static void test_torn_tail(void)
{
	for (int cut = 0; cut <= 2 * FRAME; cut += 7) {
		struct journal_found found;
		struct seen seen;
		struct journal *j = reopen(&found, &seen);
		char path[JOURNAL_PATH_MAX + 32];
		uint64_t number;
		int whole = (2 * FRAME - cut) / FRAME;

		if (put(j, 1, 1) || put(j, 2, 1))
			tap_check(false, __FILE__, __LINE__, "written");
		snprintf(path, sizeof(path), "%s/%016d.batch", directory, 1);
		journal_close(j);
		if (truncate(path, BATCH_FILE_HEADER_BYTES + 2 * FRAME - cut) != 0)
			tap_check(false, __FILE__, __LINE__, "cut");
		j = reopen(&found, &seen);
		if (!CHECK((int)seen.count == whole && (int)found.frames == whole &&
		           found.damaged == 0))
			printf("# %d bytes cut: %u frames\n", cut, seen.count);
		if (whole)
			CHECK(journal_take(j, 0, &number, path) == STATUS_OK && number == 1);
		journal_close(j);
		empty_directory();
	}
}

static void test_damage_in_the_middle(void)
{
	struct journal_found found;
	struct seen seen;
	struct journal *j = reopen(&found, &seen);
	char path[JOURNAL_PATH_MAX], aside[JOURNAL_PATH_MAX];
	int fd;

	for (uint64_t i = 1; i <= 3; i++)
		CHECK(put(j, i, 1) == STATUS_OK);
	journal_close(j);
	snprintf(path, sizeof(path), "%s/%016d.batch", directory, 1);
	snprintf(aside, sizeof(aside), "%s/%016d.batch.damaged", directory, 1);
	fd = open(path, O_WRONLY);
	CHECK(pwrite(fd, "x", 1, BATCH_FILE_HEADER_BYTES + FRAME + 140) == 1);
	close(fd);
	j = reopen(&found, &seen);
	CHECK(found.damaged == 1 && seen.count == 2);
	CHECK(seen.sequences[0] == 1 && seen.sequences[1] == 3);
	CHECK(access(aside, F_OK) == 0);
	journal_close(j);
	j = reopen(&found, &seen);
	CHECK(found.damaged == 0 && seen.count == 2 && found.torn_bytes == 0);
	journal_close(j);
	empty_directory();
}

static void test_full(void)
{
	struct rlimit old, small = {BATCH_FILE_HEADER_BYTES + FRAME + 50, RLIM_INFINITY};
	struct journal_options o = options();
	struct journal_found found;
	struct seen seen;
	struct trouble t = {0};
	struct journal *j = NULL;

	o.bytes_max = BATCH_FILE_HEADER_BYTES + 2 * FRAME;
	CHECK(journal_open(&j, &o, &found, &t) == STATUS_OK);
	CHECK(put(j, 1, 1) == STATUS_OK);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	small.rlim_max = old.rlim_max;
	setrlimit(RLIMIT_FSIZE, &small);
	CHECK(put(j, 2, 1) == STATUS_FULL); /* the disk */
	setrlimit(RLIMIT_FSIZE, &old);
	CHECK(put(j, 2, 1) == STATUS_OK);   /* recovers by itself */
	CHECK(put(j, 3, 1) == STATUS_FULL); /* the bound */
	journal_close(j);
	j = reopen(&found, &seen);
	CHECK(seen.count == 2 && seen.sequences[1] == 2 && found.torn_bytes == 0);
	journal_close(j);
	empty_directory();
}

static void *writer(void *state)
{
	for (uint64_t i = 0; i < 200; i++) {
		if (put(state, i, 3))
			return state;
	}
	return NULL;
}

/* Many writers, one reader: every frame comes out once. */
static void test_threads(void)
{
	struct journal_options o = options();
	struct journal_found found;
	struct trouble t = {0};
	struct journal *j = NULL;
	pthread_t threads[4];
	char path[JOURNAL_PATH_MAX];
	uint64_t number, frames = 0;
	void *failed;

	o.segment_rows = 60;
	o.segment_age_ms = 50;
	CHECK(journal_open(&j, &o, &found, &t) == STATUS_OK);
	for (int i = 0; i < 4; i++)
		pthread_create(&threads[i], NULL, writer, j);
	while (frames < 800) {
		struct segment_facts facts;

		if (journal_take(j, 2000, &number, path) ||
		    segment_recover(path, NULL, NULL, &facts, &t))
			break;
		frames += facts.frames;
		if (facts.torn_bytes || facts.damaged || journal_done(j, number))
			break;
	}
	CHECK(frames == 800);
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], &failed);
		CHECK(failed == NULL);
	}
	journal_close(j);
	empty_directory();
}

static void count_finding(void *state, const char *file, const char *text)
{
	(void)file;
	(void)text;
	(*(unsigned *)state)++;
}

/* A look beside the writer: what is there is told and stays as it is. */
static void test_look(void)
{
	struct journal_found found;
	struct trouble t = {0};
	struct seen seen;
	struct journal *j = reopen(&found, &seen);
	char path[JOURNAL_PATH_MAX];
	uint64_t oldest = 9, newest = 9;
	unsigned told = 0;
	struct stat before, after;
	int fd;

	CHECK(journal_span(directory, &oldest, &newest, &t) == STATUS_OK);
	CHECK(oldest == 0 && newest == 0);
	for (uint64_t i = 1; i <= 3; i++)
		CHECK(put(j, i, 5) == STATUS_OK);
	CHECK(journal_span(directory, &oldest, &newest, &t) == STATUS_OK);
	CHECK(oldest > 0 && newest == oldest);
	CHECK(journal_check(directory, count_finding, &told, &found, &t) == STATUS_OK);
	CHECK(told == 0 && found.segments == 1 && found.frames == 3 && found.rows == 15);
	snprintf(path, sizeof(path), "%s/%016llu.batch", directory, (unsigned long long)oldest);
	fd = open(path, O_RDWR);
	CHECK(fd >= 0 && fstat(fd, &before) == 0);
	/* A tail under way is nothing wrong; a frame broken in the middle is. */
	CHECK(pwrite(fd, BATCH_FRAME_MAGIC, 4, before.st_size) == 4);
	CHECK(journal_check(directory, count_finding, &told, &found, &t) == STATUS_OK);
	CHECK(told == 0 && found.torn_bytes == 4);
	CHECK(pwrite(fd, "x", 1, BATCH_FILE_HEADER_BYTES + FRAME + 60) == 1);
	CHECK(journal_check(directory, count_finding, &told, &found, &t) == STATUS_OK);
	CHECK(told == 1 && found.damaged == 1 && found.frames == 2);
	CHECK(fstat(fd, &after) == 0 && after.st_size == before.st_size + 4);
	close(fd);
	journal_close(j);
	empty_directory();
	CHECK(journal_span("/nowhere/at-all", &oldest, &newest, &t) == STATUS_NOT_FOUND);
}

/* While one waits behind the one in work, a segment may hold more. */
static void test_behind(void)
{
	static const uint64_t want[] = {2, 2, 2 * JOURNAL_BEHIND};
	struct journal_options o = options();
	struct journal_found found;
	struct trouble t = {0};
	struct journal *j = NULL;
	char path[JOURNAL_PATH_MAX];
	uint64_t number;

	o.segment_rows = 6;
	CHECK(journal_open(&j, &o, &found, &t) == STATUS_OK);
	for (uint64_t i = 0; i < 4 + 2 * JOURNAL_BEHIND; i++)
		CHECK(put(j, i, 3) == STATUS_OK);
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		struct segment_facts facts = {0};

		CHECK(journal_take(j, 2000, &number, path) == STATUS_OK);
		CHECK(segment_recover(path, NULL, NULL, &facts, &t) == STATUS_OK);
		CHECK(facts.frames == want[i]);
		CHECK(journal_done(j, number) == STATUS_OK);
	}
	journal_close(j);
	empty_directory();
}

int main(void)
{
	if (!mkdtemp(directory))
		return 1;
	test_order_and_cut();
	test_numbers_never_return();
	test_torn_tail();
	test_damage_in_the_middle();
	test_full();
	test_threads();
	test_look();
	test_behind();
	rmdir(directory);
	return tap_done();
}
