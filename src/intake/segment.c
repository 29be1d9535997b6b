/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/segment.h"

#include "base/outfile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* No segment that this program writes is near this. */
#define SEGMENT_BYTES_MAX (UINT64_C(256) << 20)

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* "0000000000000042.batch" and nothing else. */
static bool number_of(const char *name, uint64_t *number)
{
	char *end;

	if (strlen(name) != 16 + 6 || strspn(name, "0123456789") != 16)
		return false;
	*number = strtoull(name, &end, 10);
	return strcmp(end, ".batch") == 0;
}

static enum status add(uint64_t **numbers, size_t *count, uint64_t number)
{
	/* Room doubles at each power of two. */
	if ((*count & (*count - 1)) == 0) {
		uint64_t *more = realloc(*numbers, (*count ? 2 * *count : 1) * sizeof(**numbers));

		if (!more)
			return STATUS_NO_MEMORY;
		*numbers = more;
	}
	(*numbers)[(*count)++] = number;
	return STATUS_OK;
}

enum status segment_list(const char *directory, uint64_t **numbers, size_t *count,
                         struct trouble *t)
{
	DIR *d = opendir(directory);
	enum status st = STATUS_OK;
	struct dirent *entry;
	uint64_t number;

	*numbers = NULL;
	*count = 0;
	if (!d)
		return trouble_set(t, status_of_errno(errno), directory, 0, "cannot list: %s",
		                   strerror(errno));
	while (!st && (entry = readdir(d))) {
		if (number_of(entry->d_name, &number))
			st = add(numbers, count, number);
	}
	closedir(d);
	if (st)
		return trouble_set(t, st, directory, 0, "out of memory");
	if (*count > 0)
		qsort(*numbers, *count, sizeof(**numbers), compare);
	return STATUS_OK;
}

static enum status read_into(int fd, uint8_t *bytes, size_t n)
{
	for (size_t at = 0; at < n;) {
		ssize_t got = pread(fd, bytes + at, n - at, (off_t)at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return STATUS_IO;
		at += (size_t)got;
	}
	return STATUS_OK;
}

enum status segment_read(const char *path, uint64_t most, uint8_t **bytes, size_t *n,
                         struct trouble *t)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	enum status st = STATUS_OK;
	struct stat file;

	*bytes = NULL;
	*n = 0;
	if (fd < 0 || fstat(fd, &file) != 0)
		st = status_of_errno(errno);
	else if ((uint64_t)file.st_size > most)
		st = STATUS_LIMIT;
	if (!st) {
		*n = (size_t)file.st_size;
		*bytes = malloc(*n ? *n : 1);
		st = *bytes ? read_into(fd, *bytes, *n) : STATUS_NO_MEMORY;
	}
	if (fd >= 0)
		close(fd);
	if (st) {
		free(*bytes);
		*bytes = NULL;
		return trouble_set(t, st, path, 0, "cannot read the segment: %s", status_text(st));
	}
	return STATUS_OK;
}

enum status segment_next(const uint8_t *bytes, size_t n, size_t *at, struct batch_frame *frame,
                         const uint8_t **body)
{
	size_t left;

	if (*at == 0) {
		if (n < BATCH_FILE_HEADER_BYTES || batch_file_header_get(bytes))
			return STATUS_FORMAT;
		*at = BATCH_FILE_HEADER_BYTES;
	}
	left = n - *at;
	if (left == 0)
		return STATUS_END;
	if (left < BATCH_FRAME_HEADER_BYTES || batch_frame_get(frame, bytes + *at) ||
	    left - BATCH_FRAME_HEADER_BYTES < frame->body_bytes)
		return STATUS_FORMAT;
	*body = bytes + *at + BATCH_FRAME_HEADER_BYTES;
	if (batch_checksum(*body, frame->body_bytes) != frame->body_checksum)
		return STATUS_FORMAT;
	*at += BATCH_FRAME_HEADER_BYTES + frame->body_bytes;
	return STATUS_OK;
}

/* The next whole frame at or behind `at`; n where there is none. */
static size_t next_whole(const uint8_t *bytes, size_t n, size_t at)
{
	struct batch_frame frame;
	const uint8_t *body;

	for (size_t i = at; i + BATCH_FRAME_HEADER_BYTES <= n; i++) {
		size_t end = i;

		if (memcmp(bytes + i, BATCH_FRAME_MAGIC, 4) == 0 &&
		    !segment_next(bytes, n, &end, &frame, &body))
			return i;
	}
	return n;
}

static enum status cut_tail(const char *path, size_t keep, struct trouble *t)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool ok = fd >= 0 && ftruncate(fd, (off_t)keep) == 0 && fsync(fd) == 0;
	int why = errno;

	if (fd >= 0)
		close(fd);
	return ok ? STATUS_OK
	          : trouble_set(t, status_of_errno(why), path, 0, "cannot cut a torn tail: %s",
	                        strerror(why));
}

/* Keep the damaged file beside as .damaged, and its whole frames under its name. */
static enum status rewrite(const char *path, const uint8_t *bytes, size_t n, struct trouble *t)
{
	struct outfile *out = NULL;
	struct batch_frame frame;
	const uint8_t *body;
	uint8_t header[BATCH_FILE_HEADER_BYTES];
	char aside[512];
	enum status st;

	snprintf(aside, sizeof(aside), "%.490s.damaged", path);
	if (link(path, aside) != 0 && errno != EEXIST)
		return trouble_set(t, status_of_errno(errno), aside, 0,
		                   "cannot keep a damaged segment: %s", strerror(errno));
	st = outfile_open(&out, path, t);
	if (st)
		return st;
	batch_file_header_put(header);
	outfile_write(out, header, sizeof(header));
	for (size_t at = next_whole(bytes, n, BATCH_FILE_HEADER_BYTES); at < n;
	     at = next_whole(bytes, n, at)) {
		size_t start = at;

		if (segment_next(bytes, n, &at, &frame, &body))
			break;
		outfile_write(out, bytes + start, at - start);
	}
	return outfile_commit(out, t);
}

/* Tell of all whole frames, wherever they are. */
static void survey(const uint8_t *bytes, size_t n,
                   void (*found)(void *state, const struct batch_frame *frame), void *state,
                   struct segment_facts *facts)
{
	struct batch_frame frame;
	const uint8_t *body;
	size_t whole = n < BATCH_FILE_HEADER_BYTES ? n : BATCH_FILE_HEADER_BYTES;

	facts->damaged = n >= BATCH_FILE_HEADER_BYTES && batch_file_header_get(bytes);
	for (size_t at = next_whole(bytes, n, whole); at < n; at = next_whole(bytes, n, whole)) {
		facts->damaged |= at != whole;
		whole = at;
		if (segment_next(bytes, n, &whole, &frame, &body))
			break;
		facts->frames++;
		facts->rows += frame.rows;
		facts->bytes += whole - at;
		if (found)
			found(state, &frame);
	}
	facts->bytes += BATCH_FILE_HEADER_BYTES;
	facts->torn_bytes = n - whole;
}

enum status segment_look(const char *path, struct segment_facts *facts, struct trouble *t)
{
	uint8_t *bytes = NULL;
	size_t n = 0;
	enum status st = segment_read(path, SEGMENT_BYTES_MAX, &bytes, &n, t);

	memset(facts, 0, sizeof(*facts));
	if (!st)
		survey(bytes, n, NULL, NULL, facts);
	free(bytes);
	return st;
}

enum status segment_recover(const char *path,
                            void (*found)(void *state, const struct batch_frame *frame),
                            void *state, struct segment_facts *facts, struct trouble *t)
{
	uint8_t *bytes = NULL;
	size_t n = 0;
	enum status st = segment_read(path, SEGMENT_BYTES_MAX, &bytes, &n, t);

	memset(facts, 0, sizeof(*facts));
	if (st)
		return st;
	survey(bytes, n, found, state, facts);
	if (facts->damaged)
		st = rewrite(path, bytes, n, t);
	else if (facts->torn_bytes)
		st = cut_tail(path, n - facts->torn_bytes, t);
	free(bytes);
	return st;
}
