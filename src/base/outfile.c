/* SPDX-License-Identifier: Apache-2.0 */
#include "base/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUFFER_BYTES = 1 << 16 };

struct outfile {
	char target[PATH_MAX];
	char temporary[PATH_MAX + 16]; /* empty: written through */
	int fd;
	int error; /* errno of the first failure */
	bool scratch;
	bool private;
	uint64_t written, limit; /* of a scratch output */
	size_t used;
	char buffer[BUFFER_BYTES];
};

/* Written through: standard output, and whatever exists and is no regular file. */
static bool writes_through(const char *path)
{
	struct stat info;

	return stat(path, &info) == 0 && !S_ISREG(info.st_mode);
}

/* A temporary file with the rights that a plain creation would give, or the owner's alone. */
static int create_beside(struct outfile *o)
{
	mode_t mask = umask(0);
	int fd;

	umask(mask);
	snprintf(o->temporary, sizeof(o->temporary), "%s.XXXXXX", o->target);
	fd = mkostemp(o->temporary, O_CLOEXEC);
	if (fd >= 0 && !o->private && fchmod(fd, 0666 & ~mask) != 0) {
		unlink(o->temporary);
		close(fd);
		return -1;
	}
	return fd;
}

static enum status open_output(struct outfile **out, const char *path, bool private,
                               struct trouble *t)
{
	struct outfile *o = calloc(1, sizeof(*o));

	*out = NULL;
	if (!o)
		return trouble_set(t, STATUS_NO_MEMORY, path, 0, "out of memory");
	snprintf(o->target, sizeof(o->target), "%s", path);
	o->private = private;
	if (private)
		o->fd = create_beside(o);
	else if (strcmp(path, "-") == 0)
		o->fd = STDOUT_FILENO;
	else if (writes_through(path))
		o->fd = open(path, O_WRONLY | O_CLOEXEC);
	else
		o->fd = create_beside(o);
	if (o->fd < 0) {
		enum status st = trouble_set(t, status_of_errno(errno), path, 0, "cannot write: %s",
		                             strerror(errno));
		free(o);
		return st;
	}
	*out = o;
	return STATUS_OK;
}

enum status outfile_open(struct outfile **out, const char *path, struct trouble *t)
{
	return open_output(out, path, false, t);
}

enum status outfile_open_private(struct outfile **out, const char *path, struct trouble *t)
{
	return open_output(out, path, true, t);
}

struct outfile *outfile_open_scratch(const char *folder, uint64_t limit)
{
	struct outfile *o = calloc(1, sizeof(*o));

	if (!o)
		return NULL;
	snprintf(o->target, sizeof(o->target), "%s", folder);
	o->fd = -1;
	o->scratch = true;
	o->limit = limit;
	return o;
}

/* The nameless file of a scratch output that has grown long; not every file system has them. */
static void spill(struct outfile *o)
{
	char name[PATH_MAX + 16];

	o->fd = open(o->target, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (o->fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR)) {
		snprintf(name, sizeof(name), "%s/scratch.XXXXXX", o->target);
		o->fd = mkostemp(name, O_CLOEXEC);
		if (o->fd >= 0)
			unlink(name);
	}
	if (o->fd < 0)
		o->error = errno;
}

static void write_all(struct outfile *o, const char *bytes, size_t n)
{
	if (o->scratch && o->fd < 0 && !o->error)
		spill(o);
	while (n > 0 && !o->error) {
		ssize_t done = write(o->fd, bytes, n);

		if (done < 0 && errno != EINTR)
			o->error = errno;
		if (done > 0) {
			bytes += done;
			n -= (size_t)done;
		}
	}
}

static void drain(struct outfile *o)
{
	write_all(o, o->buffer, o->used);
	o->used = 0;
}

void outfile_write(struct outfile *o, const void *bytes, size_t n)
{
	if (o->scratch && n > o->limit - o->written)
		o->error = EFBIG;
	if (o->error)
		return;
	o->written += n;
	if (n > sizeof(o->buffer) - o->used)
		drain(o);
	if (n > sizeof(o->buffer)) {
		write_all(o, bytes, n);
		return;
	}
	memcpy(o->buffer + o->used, bytes, n);
	o->used += n;
}

void outfile_text(struct outfile *o, const char *text)
{
	outfile_write(o, text, strlen(text));
}

void outfile_printf(struct outfile *o, const char *fmt, ...)
{
	char small[1024], *big = NULL;
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(small, sizeof(small), fmt, args);
	va_end(args);
	if (n >= 0 && (size_t)n < sizeof(small)) {
		outfile_write(o, small, (size_t)n);
		return;
	}
	va_start(args, fmt);
	n = vasprintf(&big, fmt, args);
	va_end(args);
	if (n >= 0)
		outfile_write(o, big, (size_t)n);
	else
		o->error = ENOMEM;
	free(big);
}

enum status outfile_flush(struct outfile *o)
{
	drain(o);
	return outfile_status(o);
}

enum status outfile_status(const struct outfile *o)
{
	return o->error ? status_of_errno(o->error) : STATUS_OK;
}

enum status outfile_take(struct outfile *o, struct outfile_scratch *out)
{
	enum status st;

	*out = (struct outfile_scratch){.fd = -1, .size = o->written};
	if (o->fd >= 0)
		drain(o);
	else if (!o->error)
		out->bytes = malloc(o->used + 1);
	if (o->fd < 0 && !o->error && !out->bytes)
		o->error = ENOMEM;
	st = outfile_status(o);
	if (st == STATUS_OK && out->bytes) {
		memcpy(out->bytes, o->buffer, o->used);
	} else if (st == STATUS_OK) {
		out->fd = o->fd;
		o->fd = -1;
	}
	outfile_abandon(o);
	return st;
}

int outfile_sync_folder(const char *path)
{
	char folder[PATH_MAX];
	char *slash;
	int fd, error = 0;

	snprintf(folder, sizeof(folder), "%s", path);
	slash = strrchr(folder, '/');
	if (slash)
		slash[slash == folder] = '\0';
	fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return errno;
	/* Some file systems cannot, and need not. */
	if (fsync(fd) != 0 && errno != EINVAL)
		error = errno;
	close(fd);
	return error;
}

enum status outfile_commit(struct outfile *o, struct trouble *t)
{
	enum status st;

	drain(o);
	if (o->temporary[0] && !o->error && fsync(o->fd) != 0)
		o->error = errno;
	if (o->fd != STDOUT_FILENO && close(o->fd) != 0 && !o->error)
		o->error = errno;
	o->fd = STDOUT_FILENO;
	if (o->temporary[0] && !o->error && rename(o->temporary, o->target) != 0)
		o->error = errno;
	if (o->private && !o->error)
		o->error = outfile_sync_folder(o->target);
	st = outfile_status(o);
	if (st)
		trouble_set(t, st, strcmp(o->target, "-") == 0 ? "standard output" : o->target, 0,
		            "cannot write: %s", strerror(o->error));
	else
		o->temporary[0] = '\0';
	outfile_abandon(o);
	return st;
}

void outfile_abandon(struct outfile *o)
{
	if (!o)
		return;
	if (o->fd != STDOUT_FILENO && o->fd >= 0)
		close(o->fd);
	if (o->temporary[0])
		unlink(o->temporary);
	if (o->private)
		explicit_bzero(o->buffer, sizeof(o->buffer));
	free(o);
}
