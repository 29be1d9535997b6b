/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/source.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum status feed_examine(struct feed *f, struct trouble *t)
{
	struct stat st;
	off_t here;

	if (fstat(f->fd, &st) != 0)
		return trouble_set(t, status_of_errno(errno), f->name, 0, "cannot read: %s",
		                   strerror(errno));
	if (S_ISDIR(st.st_mode))
		return trouble_set(t, STATUS_FORMAT, f->name, 0, "is a directory, not a capture");
	if (isatty(f->fd))
		return trouble_set(t, STATUS_USAGE, f->name, 0, "is a terminal, not a capture");
	here = lseek(f->fd, 0, SEEK_CUR);
	/* Files of /proc and the like say size 0 and are read as a pipe is. */
	f->regular = S_ISREG(st.st_mode) && st.st_size > 0 && here >= 0;
	if (f->regular) {
		f->total = (uint64_t)st.st_size;
		f->start = f->offset = (uint64_t)here;
	}
	return STATUS_OK;
}

static enum status feed_look(struct feed *f, const atomic_bool *stop, struct trouble *t)
{
	while (f->head_size < FEED_HEAD) {
		size_t got = 0;
		enum status st = feed_read(f, f->head + f->head_size, FEED_HEAD - f->head_size,
		                           FEED_WAIT_MS, &got, t);

		f->head_size += got;
		/* Reading must start with what was looked at, not with what comes after it. */
		f->head_at = f->head_size;
		if (st == STATUS_END)
			break;
		if (st)
			return st;
		if (got == 0 && stop && atomic_load(stop))
			return trouble_set(t, STATUS_INTERRUPTED, f->name, 0, "interrupted");
	}
	f->head_at = 0;
	return STATUS_OK;
}

enum status feed_open(struct feed **out, const char *path, const atomic_bool *stop,
                      struct trouble *t)
{
	bool standard_input = strcmp(path, "-") == 0;
	struct feed *f = calloc(1, sizeof(*f));
	enum status st;

	if (!f)
		return trouble_set(t, STATUS_NO_MEMORY, path, 0, "out of memory");
	snprintf(f->name, sizeof(f->name), "%s", standard_input ? "standard input" : path);
	f->fd = standard_input ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
	                       : open(path, O_RDONLY | O_CLOEXEC);
	if (f->fd < 0)
		st = trouble_set(t, status_of_errno(errno), f->name, 0, "cannot open: %s",
		                 strerror(errno));
	else
		st = feed_examine(f, t);
	if (!st)
		st = feed_look(f, stop, t);
	if (st) {
		feed_close(f);
		return st;
	}
	*out = f;
	return STATUS_OK;
}

/* True when a read will not wait. */
static bool feed_ready(const struct feed *f, int wait_ms)
{
	struct pollfd p = {.fd = f->fd, .events = POLLIN};

	return f->regular || poll(&p, 1, wait_ms) > 0;
}

static ssize_t feed_take(struct feed *f, uint64_t at, uint8_t *out, size_t room)
{
	if (!f->regular)
		return read(f->fd, out, room);
	/* What is appended while we read belongs to the next run. */
	if (at >= f->total)
		return 0;
	return pread(f->fd, out, room < f->total - at ? room : (size_t)(f->total - at), (off_t)at);
}

static enum status feed_took(struct feed *f, ssize_t n, size_t *got, struct trouble *t)
{
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return STATUS_OK;
	if (n < 0)
		return trouble_set(t, STATUS_IO, f->name, 0, "cannot read: %s", strerror(errno));
	if (n == 0)
		return STATUS_END;
	*got = (size_t)n;
	atomic_fetch_add_explicit(&f->done, (uint64_t)n, memory_order_relaxed);
	return STATUS_OK;
}

enum status feed_read_at(struct feed *f, uint64_t offset, uint8_t *out, size_t room, size_t *got,
                         struct trouble *t)
{
	*got = 0;
	return feed_took(f, feed_take(f, f->start + offset, out, room), got, t);
}

enum status feed_read(struct feed *f, uint8_t *out, size_t room, int wait_ms, size_t *got,
                      struct trouble *t)
{
	enum status st;

	*got = 0;
	if (f->head_at < f->head_size) {
		*got = f->head_size - f->head_at < room ? f->head_size - f->head_at : room;
		memcpy(out, f->head + f->head_at, *got);
		f->head_at += *got;
		return STATUS_OK;
	}
	if (!feed_ready(f, wait_ms))
		return STATUS_OK;
	st = feed_took(f, feed_take(f, f->offset, out, room), got, t);
	f->offset += *got;
	return st;
}

void feed_close(struct feed *f)
{
	if (!f)
		return;
	if (f->fd >= 0)
		close(f->fd);
	free(f);
}
