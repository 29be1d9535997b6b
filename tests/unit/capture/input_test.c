/* SPDX-License-Identifier: Apache-2.0 */
#include "reading.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <time.h>

enum { WORKERS = 5, RECORDS = 40000 };

static void make_capture(struct bytes *b)
{
	uint8_t frame[150];

	put_pcap_header(b, 0xa1b2c3d4, 1, false);
	for (uint32_t i = 0; i < RECORDS; i++) {
		memset(frame, (int)(i * 7 % 251), sizeof(frame));
		put_pcap_record(b, i, i % 1000000, frame, 40 + i % 110, 150, false);
	}
}

struct worker {
	pthread_t thread;
	struct input *in;
	unsigned number;
	struct reading reading;
};

static void *work(void *argument)
{
	struct worker *w = argument;

	read_as_worker(&w->reading, w->in, w->number);
	return NULL;
}

/* All workers see the same records, whatever the number, the block size and the source. */
static void check_workers(const char *path, unsigned workers, size_t block,
                          const struct reading *want)
{
	struct input_options o = {.workers = workers, .block_bytes = block};
	struct worker w[INPUT_WORKERS_MAX] = {0};
	struct input *in = NULL;
	bool same = true;

	if (!CHECK(input_open(&in, path, &o, NULL) == STATUS_OK))
		return;
	for (unsigned i = 0; i < workers; i++) {
		w[i].in = in;
		w[i].number = i;
		if (pthread_create(&w[i].thread, NULL, work, &w[i]) != 0)
			abort();
	}
	for (unsigned i = 0; i < workers; i++) {
		pthread_join(w[i].thread, NULL);
		same &= w[i].reading.digest == want->digest && w[i].reading.count == want->count &&
		        w[i].reading.result == want->result;
	}
	CHECK(same);
	input_close(in);
}

static void test_workers(const char *path, const struct reading *want)
{
	check_workers(path, 1, 0, want);
	check_workers(path, 2, 0, want);
	check_workers(path, WORKERS, 4096, want);
	check_workers(path, WORKERS, 65536, want);
	check_workers(path, INPUT_WORKERS_MAX, 100000, want);
}

/* A worker that goes away early holds nobody up, nor does the reader thread. */
static void test_leaving(const char *path, const struct reading *want)
{
	struct input_options o = {.workers = 2, .block_bytes = 4096};
	struct record batch[RECORD_BATCH];
	struct reading reading = {0};
	struct records *r = NULL;
	struct input *in = NULL;
	unsigned count;

	CHECK(input_open(&in, path, &o, NULL) == STATUS_OK);
	CHECK(records_new(&r, in, 1) == STATUS_OK);
	CHECK(records_next(r, batch, &count) == STATUS_OK && count > 0);
	records_free(r);
	read_as_worker(&reading, in, 0);
	CHECK(reading.digest == want->digest);
	input_close(in);
}

static void test_progress(const char *path, size_t size)
{
	struct input_options o = {.workers = 1};
	struct reading reading = {0};
	struct input *in = NULL;
	uint64_t done, total;

	CHECK(input_open(&in, path, &o, NULL) == STATUS_OK);
	read_as_worker(&reading, in, 0);
	input_progress(in, &done, &total);
	CHECK_U64(done, size);
	CHECK_U64(total, size);
	CHECK_U64(input_dropped(in), 0);
	CHECK_STR(input_name(in), path);
	input_close(in);
}

struct pipe_writer {
	pthread_t thread;
	int fd;
	const struct bytes *bytes;
	size_t chunk;
};

static void *write_slowly(void *argument)
{
	struct pipe_writer *w = argument;
	size_t at = 0;

	while (at < w->bytes->size) {
		size_t n = w->bytes->size - at < w->chunk ? w->bytes->size - at : w->chunk;
		ssize_t done = write(w->fd, w->bytes->at + at, n);

		if (done <= 0)
			break;
		at += (size_t)done;
	}
	close(w->fd);
	return NULL;
}

/* Standard input: a pipe that is written in odd pieces. */
static void test_pipe(const struct bytes *b, const struct reading *want)
{
	struct pipe_writer w = {.bytes = b, .chunk = 1237};
	int fds[2], saved = dup(STDIN_FILENO);
	struct reading r;

	if (pipe(fds) != 0)
		abort();
	dup2(fds[0], STDIN_FILENO);
	close(fds[0]);
	w.fd = fds[1];
	if (pthread_create(&w.thread, NULL, write_slowly, &w) != 0)
		abort();
	r = read_path("-", 0);
	pthread_join(w.thread, NULL);
	CHECK(r.digest == want->digest && r.result == STATUS_OK);
	dup2(saved, STDIN_FILENO);
	close(saved);
}

/* What a pipe has delivered is handed out although the writer stays quiet and the block is not
 * full; then the stop flag ends the wait. */
static void test_quiet_pipe(const struct bytes *b)
{
	char path[64] = "/tmp/noroshi-unit-fifo-XXXXXX";
	atomic_bool stop = false;
	struct input_options o = {.workers = 1, .stop = &stop};
	struct record batch[RECORD_BATCH];
	struct input *in = NULL;
	struct records *r = NULL;
	struct trouble t;
	unsigned count;
	int fd;

	if (!mkdtemp(path))
		abort();
	strcat(path, "/fifo");
	if (mkfifo(path, 0600) != 0)
		abort();
	fd = open(path, O_RDWR | O_CLOEXEC);
	CHECK(write(fd, b->at, 1000) == 1000);
	CHECK(input_open(&in, path, &o, &t) == STATUS_OK);
	CHECK(records_new(&r, in, 0) == STATUS_OK);
	CHECK(records_next(r, batch, &count) == STATUS_OK && count > 5);
	atomic_store(&stop, true);
	while (records_next(r, batch, &count) == STATUS_OK)
		;
	CHECK_U64(records_result(r, &t), STATUS_INTERRUPTED);
	records_free(r);
	input_close(in);
	CHECK(input_open(&in, path, &o, &t) == STATUS_INTERRUPTED);
	close(fd);
	unlink(path);
	*strrchr(path, '/') = '\0';
	rmdir(path);
}

/* A file that is cut while it is read ends early, by its records; one that grows ends where it
 * ended when it was opened. */
static void test_file_changes(const struct bytes *b, off_t new_size, bool all)
{
	struct input_options o = {.workers = 1, .block_bytes = 8192};
	struct record batch[RECORD_BATCH];
	struct records *r = NULL;
	struct input *in = NULL;
	struct trouble t = {0};
	unsigned count;
	char path[64];

	bytes_save(b, path);
	CHECK(input_open(&in, path, &o, NULL) == STATUS_OK);
	CHECK(records_new(&r, in, 0) == STATUS_OK);
	CHECK(records_next(r, batch, &count) == STATUS_OK);
	CHECK(truncate(path, new_size) == 0);
	while (records_next(r, batch, &count) == STATUS_OK)
		;
	CHECK(all == (records_count(r) == RECORDS));
	CHECK_U64(records_result(r, &t), all ? STATUS_OK : STATUS_LIMIT);
	CHECK(all || strncmp(t.text, "cut in the middle of packet ", 28) == 0);
	records_free(r);
	input_close(in);
	unlink(path);
}

static void test_stop(const char *path)
{
	atomic_bool stop = true;
	struct input_options o = {.workers = 1, .stop = &stop};
	struct reading reading = {0};
	struct input *in = NULL;

	CHECK(input_open(&in, path, &o, NULL) == STATUS_OK);
	read_as_worker(&reading, in, 0);
	CHECK_U64(reading.count, 0);
	CHECK_U64(reading.result, STATUS_INTERRUPTED);
	input_close(in);
}

int main(void)
{
	struct bytes b = {0};
	struct reading want;
	char path[64];

	make_capture(&b);
	bytes_save(&b, path);
	want = read_path(path, 0);
	CHECK_U64(want.count, RECORDS);
	test_workers(path, &want);
	test_leaving(path, &want);
	test_progress(path, b.size);
	test_stop(path);
	test_pipe(&b, &want);
	test_quiet_pipe(&b);
	test_file_changes(&b, 100001, false);
	test_file_changes(&b, (off_t)b.size + 100, true);
	unlink(path);
	bytes_clear(&b);
	return tap_done();
}
