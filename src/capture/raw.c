/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/raw.h"

#include "base/clock.h"
#include "base/timefmt.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	FILE_HEADER_BYTES = 24,
	RECORD_HEADER_BYTES = 16,
	MAC_BYTES = 12, /* a tag stands behind the two addresses */
	TAG_BYTES = 4,
	SNAP_BYTES = 65535,
	NAME_BYTES = 40,
};

struct raw_queue {
	int fd; /* -1: none is open */
	uint64_t sequence;
	bool reuse;       /* this number has no file yet: opening or the first write failed */
	uint64_t written; /* bytes of the file that hold */
	uint32_t link;
	uint64_t retry_ns; /* steady; 0: no trouble */
	uint8_t *buffer;
	size_t used;
	unsigned waiting; /* packets in the buffer */
};

struct raw {
	int folder;
	uint64_t file_bytes;
	unsigned queues;
	pthread_mutex_t lock; /* of what follows up to the queues */
	uint64_t oldest, next;
	struct raw_counts counts;
	struct raw_queue queue[TAP_QUEUES_MAX];
};

static void name_of(uint64_t sequence, char out[NAME_BYTES])
{
	snprintf(out, NAME_BYTES, "raw-%012" PRIu64 ".pcap", sequence);
}

static bool sequence_of(const char *name, uint64_t *sequence)
{
	char same[NAME_BYTES];

	if (sscanf(name, "raw-%12" SCNu64, sequence) != 1)
		return false;
	name_of(*sequence, same);
	return strcmp(name, same) == 0;
}

/* The files that are there: at most RAW_FILES stay, the newest. */
static enum status look_into_folder(struct raw *r, const char *path, struct trouble *t)
{
	int copy = dup(r->folder);
	DIR *folder = copy < 0 ? NULL : fdopendir(copy);
	const struct dirent *entry;
	uint64_t sequence, first = UINT64_MAX;

	if (!folder) {
		if (copy >= 0)
			close(copy);
		return trouble_set(t, STATUS_IO, path, 0, "%s", strerror(errno));
	}
	while ((entry = readdir(folder)) != NULL) {
		if (!sequence_of(entry->d_name, &sequence))
			continue;
		first = sequence < first ? sequence : first;
		r->next = sequence >= r->next ? sequence + 1 : r->next;
	}
	r->oldest = first < r->next ? first : r->next;
	closedir(folder);
	return STATUS_OK;
}

enum status raw_open(struct raw **out, const char *folder, uint64_t bytes, unsigned queues,
                     struct trouble *t)
{
	struct raw *r = calloc(1, sizeof(*r));
	enum status st = STATUS_OK;

	*out = r;
	if (!r)
		return trouble_set(t, STATUS_NO_MEMORY, folder, 0, "out of memory");
	pthread_mutex_init(&r->lock, NULL);
	r->file_bytes = bytes / RAW_FILES;
	r->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r->folder < 0)
		st = trouble_set(t, status_of_errno(errno), folder, 0, "%s", strerror(errno));
	else
		st = look_into_folder(r, folder, t);
	for (unsigned i = 0; i < queues && !st; i++) {
		r->queue[i].fd = -1;
		r->queues = i + 1;
		r->queue[i].buffer = malloc(RAW_BUFFER_BYTES);
		if (!r->queue[i].buffer)
			st = trouble_set(t, STATUS_NO_MEMORY, folder, 0, "out of memory");
	}
	if (st) {
		raw_close(r);
		*out = NULL;
	}
	return st;
}

static void put_le32(uint8_t *p, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(value >> (8 * i));
}

/* The next file's number; the oldest files make room for it. */
static uint64_t next_sequence(struct raw *r)
{
	char name[NAME_BYTES];
	uint64_t sequence;

	pthread_mutex_lock(&r->lock);
	sequence = r->next++;
	while (r->next - r->oldest > RAW_FILES) {
		name_of(r->oldest++, name);
		(void)unlinkat(r->folder, name, 0);
	}
	r->counts.files++;
	pthread_mutex_unlock(&r->lock);
	return sequence;
}

/* No half record stays, and no file without one: a full disk pushes no old file out. */
static void leave_file(struct raw *r, struct raw_queue *q)
{
	char name[NAME_BYTES];

	(void)!ftruncate(q->fd, (off_t)q->written);
	close(q->fd);
	q->fd = -1;
	q->reuse = q->written == 0;
	if (!q->reuse)
		return;
	name_of(q->sequence, name);
	(void)unlinkat(r->folder, name, 0);
}

/* Not kept, and why: the queue is at rest for a while. */
static void give_up(struct raw *r, struct raw_queue *q, int error)
{
	if (q->fd >= 0)
		leave_file(r, q);
	pthread_mutex_lock(&r->lock);
	r->counts.lost += q->waiting;
	r->counts.error = error;
	pthread_mutex_unlock(&r->lock);
	q->used = q->waiting = 0;
	q->retry_ns = clock_steady_ns() + RAW_RETRY_S * NS_PER_SECOND;
}

static bool write_all(int fd, const uint8_t *bytes, size_t n)
{
	while (n > 0) {
		ssize_t written = write(fd, bytes, n);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return false;
		bytes += written;
		n -= (size_t)written;
	}
	return true;
}

static void write_buffer(struct raw *r, struct raw_queue *q)
{
	if (q->used == 0)
		return;
	errno = 0;
	if (!write_all(q->fd, q->buffer, q->used)) {
		give_up(r, q, errno ? errno : EIO);
		return;
	}
	q->written += q->used;
	pthread_mutex_lock(&r->lock);
	r->counts.packets += q->waiting;
	r->counts.bytes += q->used;
	r->counts.error = 0;
	pthread_mutex_unlock(&r->lock);
	q->used = q->waiting = 0;
}

/* False: it cannot be opened, and rests. */
static bool open_file(struct raw *r, struct raw_queue *q, uint32_t link)
{
	char name[NAME_BYTES];

	if (!q->reuse)
		q->sequence = next_sequence(r);
	name_of(q->sequence, name);
	q->fd = openat(r->folder, name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
	q->written = 0;
	q->link = link;
	q->reuse = q->fd < 0;
	if (q->fd < 0) {
		give_up(r, q, errno);
		return false;
	}
	memset(q->buffer, 0, FILE_HEADER_BYTES);
	put_le32(q->buffer, 0xa1b23c4d);
	put_le32(q->buffer + 4, 4u << 16 | 2);
	put_le32(q->buffer + 16, SNAP_BYTES);
	put_le32(q->buffer + 20, link);
	q->used = FILE_HEADER_BYTES;
	q->retry_ns = 0;
	return true;
}

static void close_file(struct raw *r, struct raw_queue *q)
{
	write_buffer(r, q);
	if (q->fd >= 0)
		close(q->fd);
	q->fd = -1;
}

/* Whether the queue has a file that takes this many bytes more of this kind. */
static bool ready_file(struct raw *r, struct raw_queue *q, uint32_t link, size_t bytes)
{
	bool pushed_out;

	if (q->fd >= 0) {
		pthread_mutex_lock(&r->lock);
		pushed_out = q->sequence < r->oldest; /* by faster queues */
		pthread_mutex_unlock(&r->lock);
		if (pushed_out || q->link != link || q->written + q->used + bytes > r->file_bytes)
			close_file(r, q);
	}
	if (q->fd >= 0)
		return true;
	if (q->retry_ns && clock_steady_ns() < q->retry_ns)
		return false;
	return open_file(r, q, link);
}

static void put_record(struct raw_queue *q, const struct record *record, uint32_t vlan)
{
	uint32_t captured = record->captured < SNAP_BYTES ? record->captured : SNAP_BYTES;
	uint32_t behind = captured >= MAC_BYTES ? captured - MAC_BYTES : 0;
	uint32_t tag = vlan && behind ? TAG_BYTES : 0;
	uint8_t *p = q->buffer + q->used;

	put_le32(p, (uint32_t)(record->time_ns / NS_PER_SECOND));
	put_le32(p + 4, (uint32_t)(record->time_ns % NS_PER_SECOND));
	put_le32(p + 8, captured + tag);
	put_le32(p + 12, record->wire);
	p += RECORD_HEADER_BYTES;
	if (tag) {
		memcpy(p, record->bytes, MAC_BYTES);
		for (int i = 0; i < TAG_BYTES; i++)
			p[MAC_BYTES + i] = (uint8_t)(vlan >> (24 - 8 * i));
		memcpy(p + MAC_BYTES + TAG_BYTES, record->bytes + MAC_BYTES, behind);
	} else {
		memcpy(p, record->bytes, captured);
	}
	q->used += RECORD_HEADER_BYTES + captured + tag;
	q->waiting++;
}

void raw_write(struct raw *r, unsigned queue, const struct tap_batch *batch)
{
	struct raw_queue *q = &r->queue[queue];
	unsigned lost = 0;

	for (unsigned i = 0; i < batch->count; i++) {
		const struct record *record = &batch->records[i];
		size_t most = RECORD_HEADER_BYTES + TAG_BYTES + SNAP_BYTES;

		if (!ready_file(r, q, record->link, most)) {
			lost++;
			continue;
		}
		if (RAW_BUFFER_BYTES - q->used < most)
			write_buffer(r, q);
		if (q->fd >= 0)
			put_record(q, record, batch->vlan[i]);
		else
			lost++;
	}
	if (lost == 0)
		return;
	pthread_mutex_lock(&r->lock);
	r->counts.lost += lost;
	pthread_mutex_unlock(&r->lock);
}

void raw_flush(struct raw *r, unsigned queue)
{
	if (r->queue[queue].fd >= 0)
		write_buffer(r, &r->queue[queue]);
}

struct raw_counts raw_counts(struct raw *r)
{
	struct raw_counts counts;

	pthread_mutex_lock(&r->lock);
	counts = r->counts;
	pthread_mutex_unlock(&r->lock);
	return counts;
}

void raw_close(struct raw *r)
{
	if (!r)
		return;
	for (unsigned i = 0; i < r->queues; i++) {
		if (r->queue[i].fd >= 0)
			close_file(r, &r->queue[i]);
		free(r->queue[i].buffer);
	}
	if (r->folder >= 0)
		close(r->folder);
	pthread_mutex_destroy(&r->lock);
	free(r);
}
