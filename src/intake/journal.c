/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/journal.h"

#include "intake/segment.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* A segment on disk that is cut and waits for the store. */
struct waiting {
	uint64_t number, bytes;
};

struct journal {
	struct journal_options options;
	char directory[JOURNAL_PATH_MAX];
	int lock_fd, directory_fd;
	pthread_mutex_t mutex;
	pthread_cond_t synced_one, cut_one;
	/* the open segment */
	int fd; /* -1: none yet */
	uint64_t number, bytes, rows;
	struct timespec since;
	/* tickets: bytes ever written, and how far they are on disk */
	uint64_t written, synced;
	bool syncing, broken, cut_wanted;
	/* cut segments, oldest first */
	struct waiting *cut;
	size_t cut_count, cut_room;
	uint64_t cut_bytes;
};

static void segment_path(const struct journal *j, uint64_t number, const char *ending,
                         char out[JOURNAL_PATH_MAX])
{
	snprintf(out, JOURNAL_PATH_MAX, "%.400s/%016llu%s", j->directory,
	         (unsigned long long)number, ending);
}

static enum status remember_cut(struct journal *j, uint64_t number, uint64_t bytes)
{
	if (j->cut_count == j->cut_room) {
		size_t room = j->cut_room ? 2 * j->cut_room : 64;
		struct waiting *more = realloc(j->cut, room * sizeof(*more));

		if (!more)
			return STATUS_NO_MEMORY;
		j->cut = more;
		j->cut_room = room;
	}
	j->cut[j->cut_count++] = (struct waiting){number, bytes};
	j->cut_bytes += bytes;
	return STATUS_OK;
}

static struct timespec now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t;
}

static int64_t milliseconds_since(const struct timespec *then)
{
	struct timespec t = now();

	return (t.tv_sec - then->tv_sec) * 1000 + (t.tv_nsec - then->tv_nsec) / 1000000;
}

/* Waits out another thread's fdatasync. The mutex is held. */
static void wait_for_sync(struct journal *j)
{
	while (j->syncing)
		pthread_cond_wait(&j->synced_one, &j->mutex);
}

static enum status broken(struct journal *j)
{
	j->broken = true;
	pthread_cond_broadcast(&j->synced_one);
	return STATUS_IO;
}

/* Close the open segment for good. The mutex is held. */
static enum status cut(struct journal *j)
{
	wait_for_sync(j);
	if (j->fd < 0 || j->broken)
		return j->broken ? STATUS_IO : STATUS_OK;
	if (j->synced < j->written && fdatasync(j->fd) != 0)
		return broken(j);
	j->synced = j->written;
	pthread_cond_broadcast(&j->synced_one);
	close(j->fd);
	j->fd = -1;
	if (remember_cut(j, j->number, j->bytes))
		return broken(j);
	j->number++;
	j->bytes = j->rows = 0;
	j->cut_wanted = false;
	pthread_cond_signal(&j->cut_one);
	return STATUS_OK;
}

/* The mutex is held. */
static enum status open_segment(struct journal *j)
{
	uint8_t header[BATCH_FILE_HEADER_BYTES];
	char path[JOURNAL_PATH_MAX];

	if (j->fd >= 0)
		return STATUS_OK;
	segment_path(j, j->number, ".batch", path);
	j->fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (j->fd < 0)
		return status_of_errno(errno);
	batch_file_header_put(header);
	if (write(j->fd, header, sizeof(header)) != (ssize_t)sizeof(header) ||
	    fsync(j->directory_fd) != 0) {
		enum status st = status_of_errno(errno);

		close(j->fd);
		j->fd = -1;
		unlink(path);
		return st == STATUS_FULL ? st : broken(j);
	}
	j->bytes = sizeof(header);
	j->since = now();
	return STATUS_OK;
}

static enum status write_whole(int fd, const uint8_t *bytes, size_t n)
{
	while (n) {
		ssize_t done = write(fd, bytes, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return done < 0 ? status_of_errno(errno) : STATUS_FULL;
		bytes += done;
		n -= (size_t)done;
	}
	return STATUS_OK;
}

static enum status append(struct journal *j, const void *frame, size_t n, uint64_t rows)
{
	enum status st;

	if (j->broken)
		return STATUS_IO;
	if (j->cut_bytes + j->bytes + n > j->options.bytes_max)
		return STATUS_FULL;
	st = open_segment(j);
	if (st)
		return st;
	st = write_whole(j->fd, frame, n);
	if (st) {
		/* What was written of it must not stay in the middle. */
		if (ftruncate(j->fd, (off_t)j->bytes) != 0 ||
		    lseek(j->fd, (off_t)j->bytes, SEEK_SET) < 0 || st != STATUS_FULL)
			return broken(j);
		return st;
	}
	j->bytes += n;
	j->rows += rows;
	j->written += n;
	return STATUS_OK;
}

/* A store that is behind catches up by larger blocks: what an insert costs beside its rows (a dozen
 * files for each of nine tables, all synced) is then paid less often. */
static bool is_full(const struct journal *j)
{
	uint64_t most = j->options.segment_rows;

	if (j->cut_count > 1)
		most *= JOURNAL_BEHIND;
	return j->rows >= most || j->bytes >= j->options.segment_bytes;
}

enum status journal_write(struct journal *j, const void *frame, size_t n, uint64_t rows,
                          uint64_t *ticket)
{
	enum status st;

	pthread_mutex_lock(&j->mutex);
	st = append(j, frame, n, rows);
	*ticket = j->written;
	if (!st && is_full(j))
		st = cut(j);
	pthread_mutex_unlock(&j->mutex);
	return st;
}

enum status journal_sync(struct journal *j, uint64_t ticket)
{
	enum status st;

	pthread_mutex_lock(&j->mutex);
	while (j->synced < ticket && !j->broken) {
		uint64_t upto = j->written;
		int fd = j->fd, failed;

		if (j->syncing) {
			pthread_cond_wait(&j->synced_one, &j->mutex);
			continue;
		}
		j->syncing = true;
		pthread_mutex_unlock(&j->mutex);
		failed = fdatasync(fd);
		pthread_mutex_lock(&j->mutex);
		j->syncing = false;
		if (failed)
			broken(j);
		else
			j->synced = upto;
		pthread_cond_broadcast(&j->synced_one);
	}
	st = j->synced >= ticket ? STATUS_OK : STATUS_IO;
	pthread_mutex_unlock(&j->mutex);
	return st;
}

uint64_t journal_ticket(struct journal *j)
{
	uint64_t ticket;

	pthread_mutex_lock(&j->mutex);
	ticket = j->written;
	pthread_mutex_unlock(&j->mutex);
	return ticket;
}

static struct timespec after_ms(uint32_t ms)
{
	struct timespec t = now();

	t.tv_sec += ms / 1000;
	t.tv_nsec += (long)(ms % 1000) * 1000000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000;
	}
	return t;
}

/* How long the open segment may still grow; UINT32_MAX: there is none. The mutex is held. */
static uint32_t due_ms(const struct journal *j)
{
	int64_t age;

	if (j->fd < 0 || j->broken)
		return UINT32_MAX;
	age = milliseconds_since(&j->since);
	if (j->cut_wanted || age >= j->options.segment_age_ms)
		return 0;
	return (uint32_t)(j->options.segment_age_ms - age);
}

enum status journal_take(struct journal *j, uint32_t wait_ms, uint64_t *number,
                         char path[JOURNAL_PATH_MAX])
{
	struct timespec until = after_ms(wait_ms);
	enum status st = STATUS_END;

	pthread_mutex_lock(&j->mutex);
	while (j->cut_count == 0) {
		uint32_t due = due_ms(j);
		struct timespec next = until;

		if (due == 0) {
			if (cut(j))
				break;
			continue;
		}
		if (j->cut_wanted || due < wait_ms)
			next = after_ms(j->cut_wanted ? 0 : due);
		if (pthread_cond_timedwait(&j->cut_one, &j->mutex, &next) == ETIMEDOUT &&
		    (j->cut_wanted || due >= wait_ms))
			break;
	}
	if (j->cut_count) {
		*number = j->cut[0].number;
		segment_path(j, *number, ".batch", path);
		st = STATUS_OK;
	}
	j->cut_wanted = j->cut_wanted && j->fd >= 0;
	pthread_mutex_unlock(&j->mutex);
	return st;
}

static void forget_first(struct journal *j)
{
	j->cut_bytes -= j->cut[0].bytes;
	j->cut_count--;
	memmove(j->cut, j->cut + 1, j->cut_count * sizeof(*j->cut));
}

/* Remove or rename the first cut segment. */
static enum status end_segment(struct journal *j, uint64_t number, const char *ending)
{
	char path[JOURNAL_PATH_MAX], aside[JOURNAL_PATH_MAX];
	enum status st = STATUS_OK;

	segment_path(j, number, ".batch", path);
	if (ending)
		segment_path(j, number, ending, aside);
	pthread_mutex_lock(&j->mutex);
	if (j->cut_count == 0 || j->cut[0].number != number)
		st = STATUS_NOT_FOUND;
	else if ((ending ? rename(path, aside) : unlink(path)) != 0)
		st = status_of_errno(errno);
	else
		forget_first(j);
	pthread_mutex_unlock(&j->mutex);
	return st;
}

enum status journal_done(struct journal *j, uint64_t number)
{
	return end_segment(j, number, NULL);
}

enum status journal_set_aside(struct journal *j, uint64_t number)
{
	return end_segment(j, number, ".damaged");
}

void journal_cut_now(struct journal *j)
{
	pthread_mutex_lock(&j->mutex);
	j->cut_wanted = true;
	pthread_cond_broadcast(&j->cut_one);
	pthread_mutex_unlock(&j->mutex);
}

void journal_waiting(struct journal *j, uint64_t *bytes, uint64_t *segments)
{
	pthread_mutex_lock(&j->mutex);
	*bytes = j->cut_bytes + j->bytes;
	*segments = j->cut_count + (j->fd >= 0);
	pthread_mutex_unlock(&j->mutex);
}

void journal_gauge(struct journal *j, struct metrics *metrics)
{
	uint64_t bytes, segments;

	journal_waiting(j, &bytes, &segments);
	metrics_set(metrics, METRIC_JOURNAL_BYTES, bytes);
	metrics_set(metrics, METRIC_JOURNAL_SEGMENTS, segments);
}

/* One segment that an earlier run left. */
static enum status adopt(struct journal *j, uint64_t number, struct journal_found *found,
                         struct trouble *t)
{
	struct segment_facts facts;
	char path[JOURNAL_PATH_MAX];
	enum status st;

	segment_path(j, number, ".batch", path);
	st = segment_recover(path, j->options.found, j->options.state, &facts, t);
	if (st)
		return st;
	found->torn_bytes += facts.torn_bytes;
	if (number >= j->number)
		j->number = number + 1;
	found->damaged += facts.damaged;
	if (facts.frames == 0) {
		unlink(path);
		return STATUS_OK;
	}
	found->segments++;
	found->frames += facts.frames;
	found->rows += facts.rows;
	return remember_cut(j, number, facts.bytes);
}

static enum status adopt_all(struct journal *j, struct journal_found *found, struct trouble *t)
{
	uint64_t *numbers = NULL;
	size_t count = 0;
	enum status st = segment_list(j->directory, &numbers, &count, t);

	for (size_t i = 0; i < count && !st; i++)
		st = adopt(j, numbers[i], found, t);
	free(numbers);
	return st;
}

static enum status lock_directory(struct journal *j, struct trouble *t)
{
	char path[JOURNAL_PATH_MAX];

	if (mkdir(j->directory, 0700) != 0 && errno != EEXIST)
		return trouble_set(t, status_of_errno(errno), j->directory, 0,
		                   "cannot make the journal's directory: %s", strerror(errno));
	snprintf(path, sizeof(path), "%.400s/lock", j->directory);
	j->directory_fd = open(j->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	j->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (j->directory_fd < 0 || j->lock_fd < 0)
		return trouble_set(t, status_of_errno(errno), j->directory, 0,
		                   "cannot open the journal: %s", strerror(errno));
	if (flock(j->lock_fd, LOCK_EX | LOCK_NB) != 0)
		return trouble_set(t, STATUS_CONFLICT, j->directory, 0,
		                   "the journal belongs to a hub that is running");
	return STATUS_OK;
}

static struct journal *journal_make(const struct journal_options *o)
{
	struct journal *j = calloc(1, sizeof(*j));
	pthread_condattr_t monotonic;

	if (!j)
		return NULL;
	j->options = *o;
	snprintf(j->directory, sizeof(j->directory), "%s", o->directory);
	j->fd = j->lock_fd = j->directory_fd = -1;
	j->number = o->first_number ? o->first_number : 1;
	pthread_mutex_init(&j->mutex, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&j->synced_one, NULL);
	pthread_cond_init(&j->cut_one, &monotonic);
	pthread_condattr_destroy(&monotonic);
	return j;
}

enum status journal_open(struct journal **out, const struct journal_options *o,
                         struct journal_found *found, struct trouble *t)
{
	struct journal *j = journal_make(o);
	enum status st;

	*out = NULL;
	memset(found, 0, sizeof(*found));
	if (!j)
		return trouble_set(t, STATUS_NO_MEMORY, o->directory, 0, "out of memory");
	st = lock_directory(j, t);
	if (!st)
		st = adopt_all(j, found, t);
	if (st)
		journal_close(j);
	else
		*out = j;
	return st;
}

void journal_close(struct journal *j)
{
	if (!j)
		return;
	if (j->fd >= 0) {
		(void)!fdatasync(j->fd);
		close(j->fd);
	}
	if (j->directory_fd >= 0)
		close(j->directory_fd);
	if (j->lock_fd >= 0)
		close(j->lock_fd);
	pthread_cond_destroy(&j->synced_one);
	pthread_cond_destroy(&j->cut_one);
	pthread_mutex_destroy(&j->mutex);
	free(j->cut);
	free(j);
}
