/* SPDX-License-Identifier: Apache-2.0 */
#include "home.h"

#include "base/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 64 };

static enum status fail(const char *path, const char *what, struct trouble *t)
{
	return trouble_set(t, status_of_errno(errno), path, 0, "cannot %s: %s", what,
	                   strerror(errno));
}

static enum status make_directory(struct home *h, const char *data, struct trouble *t)
{
	struct stat s;

	if (mkdir(data, 0700) != 0 && errno != EEXIST)
		return fail(data, "make the data directory", t);
	if (!realpath(data, h->data) || stat(h->data, &s) != 0)
		return fail(data, "use the data directory", t);
	if (!S_ISDIR(s.st_mode))
		return trouble_set(t, STATUS_CONFLICT, data, 0, "is not a directory");
	if (s.st_uid != geteuid() || s.st_mode & (S_IWGRP | S_IWOTH))
		return trouble_set(t, STATUS_DENIED, data, 0,
		                   "others may write there; give it to the storer's user and take "
		                   "their rights (chmod 700)");
	return STATUS_OK;
}

static enum status lock_directory(struct home *h, struct trouble *t)
{
	char path[PATH_MAX + 16], owner[32] = "";
	int n;

	snprintf(path, sizeof(path), "%s/storer.lock", h->data);
	h->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (h->lock < 0)
		return fail(path, "open the lock", t);
	if (flock(h->lock, LOCK_EX | LOCK_NB) != 0) {
		if (errno != EWOULDBLOCK)
			return fail(path, "lock", t);
		if (pread(h->lock, owner, sizeof(owner) - 1, 0) < 0)
			owner[0] = '\0';
		owner[strcspn(owner, "\n")] = '\0';
		return trouble_set(t, STATUS_CONFLICT, h->data, 0,
		                   "another storer (process %s) has this data directory; end it or "
		                   "name another directory",
		                   owner);
	}
	n = snprintf(owner, sizeof(owner), "%ld\n", (long)getpid());
	if (ftruncate(h->lock, 0) != 0 || pwrite(h->lock, owner, (size_t)n, 0) != n)
		return fail(path, "write the lock", t);
	return STATUS_OK;
}

/* Durable before acknowledged is the default of every table here: both fsyncs are off in
 * ClickHouse's own defaults. Its pools are made for servers of many cores. */
static void write_engine(struct outfile *f, uint64_t memory_bytes, uint32_t threads)
{
	outfile_printf(f,
	               "<clickhouse>\n"
	               " <max_server_memory_usage>%" PRIu64 "</max_server_memory_usage>\n"
	               " <mark_cache_size>%" PRIu64 "</mark_cache_size>\n"
	               " <background_pool_size>%u</background_pool_size>\n"
	               " <background_schedule_pool_size>%u</background_schedule_pool_size>\n",
	               memory_bytes, memory_bytes / 16, threads, threads * 2);
	outfile_text(f, " <merge_tree>\n"
	                "  <fsync_after_insert>1</fsync_after_insert>\n"
	                "  <fsync_part_directory>1</fsync_part_directory>\n"
	                "  <min_rows_to_fsync_after_merge>1</min_rows_to_fsync_after_merge>\n"
	                " </merge_tree>\n"
	                "</clickhouse>\n");
}

static enum status write_config(struct home *h, uint64_t memory_bytes, uint32_t threads,
                                struct trouble *t)
{
	struct outfile *f = NULL;
	enum status st;

	if ((size_t)snprintf(h->config, sizeof(h->config), "%s/engine.xml", h->data) >=
	    sizeof(h->config))
		return trouble_set(t, STATUS_USAGE, h->data, 0, "the path is too long");
	st = outfile_open(&f, h->config, t);
	if (st)
		return st;
	write_engine(f, memory_bytes, threads);
	return outfile_commit(f, t);
}

enum status home_open(struct home *home, const char *data, uint64_t memory_bytes, uint32_t threads,
                      struct trouble *t)
{
	enum status st;

	*home = (struct home){.lock = -1, .listener = -1};
	st = make_directory(home, data, t);
	if (!st)
		st = lock_directory(home, t);
	if (!st)
		st = write_config(home, memory_bytes, threads, t);
	if (st)
		home_close(home);
	return st;
}

static int connect_to(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int result = fd < 0 ? -1 : connect(fd, (const struct sockaddr *)address, sizeof(*address));

	if (fd >= 0)
		close(fd);
	return result;
}

static enum status clear_way(const struct sockaddr_un *address, struct trouble *t)
{
	struct stat s;

	if (lstat(address->sun_path, &s) != 0)
		return errno == ENOENT ? STATUS_OK : fail(address->sun_path, "look at", t);
	if (!S_ISSOCK(s.st_mode))
		return trouble_set(t, STATUS_CONFLICT, address->sun_path, 0,
		                   "is there already and is no socket");
	if (connect_to(address) == 0)
		return trouble_set(t, STATUS_CONFLICT, address->sun_path, 0,
		                   "another process answers there");
	return unlink(address->sun_path) == 0 ? STATUS_OK
	                                      : fail(address->sun_path, "remove the old socket", t);
}

enum status home_listen(struct home *home, const char *path, struct trouble *t)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	mode_t mask;
	enum status st;
	bool bound;

	if (strlen(path) >= sizeof(address.sun_path))
		return trouble_set(t, STATUS_USAGE, path, 0,
		                   "a socket's path has at most %zu bytes",
		                   sizeof(address.sun_path) - 1);
	memcpy(address.sun_path, path, strlen(path) + 1);
	st = clear_way(&address, t);
	if (st)
		return st;
	home->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (home->listener < 0)
		return fail(path, "make a socket", t);
	mask = umask(0177);
	bound = bind(home->listener, (struct sockaddr *)&address, sizeof(address)) == 0;
	umask(mask);
	if (!bound || listen(home->listener, BACKLOG) != 0)
		return fail(path, "listen", t);
	/* Absolute: the working directory changes. */
	if (!realpath(path, home->socket))
		return fail(path, "find the socket again", t);
	return STATUS_OK;
}

void home_close(struct home *home)
{
	if (home->socket[0])
		unlink(home->socket);
	if (home->listener >= 0)
		close(home->listener);
	if (home->lock >= 0)
		close(home->lock);
	home->lock = home->listener = -1;
	home->socket[0] = '\0';
}
