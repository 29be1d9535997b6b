/* SPDX-License-Identifier: Apache-2.0 */
#include "ship/spool_inner.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- opening --- */

static int compare_segments(const void *left, const void *right)
{
	const struct spool_segment *a = left, *b = right;

	return a->number < b->number ? -1 : a->number > b->number;
}

static enum status list_segments(struct spool *s)
{
	int copy = dup(s->dir);
	DIR *list = copy < 0 ? NULL : fdopendir(copy);
	enum status st = list ? STATUS_OK : status_of_errno(errno);
	struct dirent *entry;

	if (!list && copy >= 0)
		close(copy);
	while (!st && (entry = readdir(list))) {
		struct spool_segment segment = {0};

		if (segment_number(entry->d_name, &segment.number))
			st = spool_add_segment(s, &segment);
	}
	if (list)
		closedir(list);
	if (!st && s->count)
		qsort(s->segments, s->count, sizeof(s->segments[0]), compare_segments);
	return st;
}

/* Where the first frame that waits stands in the first segment. */
static enum status find_head(struct spool *s)
{
	int fd = segment_open(s->dir, s->segments[0].number, O_RDONLY);
	uint64_t at = BATCH_FILE_HEADER_BYTES;
	uint32_t done = 0;
	struct batch_frame f;
	enum status st = fd < 0 ? status_of_errno(errno) : STATUS_OK;

	while (!st) {
		st = segment_header(fd, at, s->segments[0].bytes, &f);
		if (st)
			break;
		at += BATCH_FRAME_HEADER_BYTES + (uint64_t)f.body_bytes;
		done++;
		if (f.boot_id == s->state.boot_id && f.sequence == s->state.sequence) {
			s->read_at = at;
			s->done = done;
			break;
		}
	}
	spool_close_fd(&fd);
	return st == STATUS_END ? STATUS_OK : st;
}

static enum status scan(struct spool *s)
{
	size_t kept = 0;
	enum status st;

	s->disk_bytes = 0;
	for (size_t i = 0; i < s->count; i++) {
		struct spool_segment *segment = &s->segments[i];

		/* Each append was synced: only the last one can be torn. */
		st = segment_scan(s->dir, segment, i + 1 == s->count, &s->state.losses);
		if (st && st != STATUS_FORMAT)
			return st;
		if (st || segment->frames == 0 || segment->number < s->state.segment) {
			char name[SEGMENT_NAME_MAX];

			segment_name(segment->number, name);
			unlinkat(s->dir, name, 0);
			continue;
		}
		s->disk_bytes += segment->bytes;
		s->segments[kept++] = *segment;
	}
	s->count = kept;
	spool_rewind(s);
	if (kept && s->state.any && s->segments[0].number == s->state.segment) {
		st = find_head(s);
		if (st)
			return st;
	}
	spool_drop_done(s, true);
	return spool_state_put(s->state_fd, &s->state);
}

static enum status open_files(struct spool *s, struct trouble *t)
{
	enum status st;

	if (mkdir(s->path, 0700) != 0 && errno != EEXIST)
		return spool_failed(s, status_of_errno(errno), t, "be made");
	s->dir = open(s->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->dir < 0)
		return spool_failed(s, status_of_errno(errno), t, "be opened");
	s->lock = openat(s->dir, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (s->lock < 0)
		return spool_failed(s, status_of_errno(errno), t, "be locked");
	if (flock(s->lock, LOCK_EX | LOCK_NB) != 0) {
		if (errno == EWOULDBLOCK)
			return trouble_set(t, STATUS_CONFLICT, s->path, 0,
			                   "another process has this spool open");
		return spool_failed(s, status_of_errno(errno), t, "be locked");
	}
	unlinkat(s->dir, "thin.tmp", 0);
	st = spool_state_open(s->dir, &s->state_fd, &s->state);
	s->next_number = s->state.segment + 1; /* lower numbers are done with */
	if (!st)
		st = list_segments(s);
	if (!st)
		st = scan(s);
	return st ? spool_failed(s, st, t, "be read") : STATUS_OK;
}

enum status spool_open(struct spool **out, const char *path, uint64_t bytes_max, struct trouble *t)
{
	struct spool *s = calloc(1, sizeof(*s));
	enum status st;

	*out = NULL;
	if (!s)
		return trouble_set(t, STATUS_NO_MEMORY, path, 0, "out of memory");
	pthread_mutex_init(&s->mutex, NULL);
	snprintf(s->path, sizeof(s->path), "%s", path);
	s->dir = s->lock = s->state_fd = s->write_fd = s->read_fd = -1;
	st = open_files(s, t);
	if (!st)
		st = spool_resize(s, bytes_max, t);
	if (st)
		spool_close(s);
	else
		*out = s;
	return st;
}

void spool_close(struct spool *s)
{
	if (!s)
		return;
	if (s->state_fd >= 0)
		(void)fdatasync(s->state_fd);
	spool_close_fd(&s->read_fd);
	spool_close_fd(&s->write_fd);
	spool_close_fd(&s->state_fd);
	spool_close_fd(&s->lock);
	spool_close_fd(&s->dir);
	spool_frame_clear(&s->scratch);
	pthread_mutex_destroy(&s->mutex);
	free(s->segments);
	free(s);
}
