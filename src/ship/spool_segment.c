/* SPDX-License-Identifier: Apache-2.0 */
#include "ship/spool_segment.h"

#include "base/cursor.h"
#include "ship/batch_decode.h"
#include "ship/batch_health.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define THIN_NAME "thin.tmp"

void segment_name(uint64_t number, char out[SEGMENT_NAME_MAX])
{
	snprintf(out, SEGMENT_NAME_MAX, "%016" PRIx64 ".batch", number);
}

bool segment_number(const char *name, uint64_t *number)
{
	char again[SEGMENT_NAME_MAX];

	*number = strtoull(name, NULL, 16);
	segment_name(*number, again);
	return strcmp(name, again) == 0;
}

int segment_open(int dir, uint64_t number, int flags)
{
	char name[SEGMENT_NAME_MAX];

	segment_name(number, name);
	return openat(dir, name, flags | O_CLOEXEC | O_NOFOLLOW, 0600);
}

/* STATUS_FORMAT: the file is shorter. */
static enum status read_at(int fd, uint8_t *out, size_t n, uint64_t at)
{
	while (n > 0) {
		ssize_t done = pread(fd, out, n, (off_t)at);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return done < 0 ? STATUS_IO : STATUS_FORMAT;
		out += done;
		n -= (size_t)done;
		at += (uint64_t)done;
	}
	return STATUS_OK;
}

static uint64_t frame_bytes(const struct batch_frame *f)
{
	return (uint64_t)BATCH_FRAME_HEADER_BYTES + f->body_bytes;
}

enum status segment_header(int fd, uint64_t at, uint64_t bytes, struct batch_frame *out)
{
	uint8_t header[BATCH_FRAME_HEADER_BYTES];
	enum status st;

	if (at >= bytes)
		return STATUS_END;
	if (bytes - at < sizeof(header))
		return STATUS_FORMAT;
	st = read_at(fd, header, sizeof(header), at);
	if (!st)
		st = batch_frame_get(out, header);
	if (!st && frame_bytes(out) > bytes - at)
		st = STATUS_FORMAT;
	return st;
}

enum status segment_frame(int fd, uint64_t at, const struct batch_frame *header,
                          struct spool_frame *out)
{
	size_t n = (size_t)frame_bytes(header);
	enum status st;

	if (n > out->room) {
		uint8_t *bytes = realloc(out->bytes, n);

		if (!bytes)
			return STATUS_NO_MEMORY;
		out->bytes = bytes;
		out->room = n;
	}
	st = read_at(fd, out->bytes, n, at);
	if (st)
		return st;
	out->n = n;
	out->boot_id = header->boot_id;
	out->sequence = header->sequence;
	out->start_s = header->window.start_s;
	out->rows = header->rows;
	if (batch_checksum(out->bytes + BATCH_FRAME_HEADER_BYTES, header->body_bytes) !=
	    header->body_checksum)
		return STATUS_FORMAT;
	return STATUS_OK;
}

/* Packets in the rows of a frame: the window's where it is the only part, else counted. */
static uint64_t packets_in(const struct batch_frame *f, const uint8_t *body)
{
	struct batch_decoder *d;
	uint64_t sum = 0;
	const char *why;

	if (f->part == 0 && f->flags & BATCH_LAST_PART)
		return f->window.packets;
	if (!body || batch_decoder_new(&d))
		return 0;
	if (batch_decode(d, f, body, &why) == STATUS_OK) {
		for (uint32_t i = 0; i < f->rows; i++)
			sum += batch_decoder_rows(d)[i].packets;
	}
	batch_decoder_free(d);
	return sum;
}

void frame_lost(const struct batch_frame *header, const uint8_t *body, struct spool_window *last,
                struct spool_losses *losses)
{
	bool same = last->any && last->boot_id == header->boot_id &&
	            last->start_s == header->window.start_s;

	losses->windows += !same;
	losses->rows += header->rows;
	losses->packets += header->rows ? packets_in(header, body) : 0;
	*last = (struct spool_window){
	        .boot_id = header->boot_id, .start_s = header->window.start_s, .any = true};
}

/* The health section with its header, or n 0. Our encoder stores it as it is. */
static const uint8_t *find_health(const struct batch_frame *f, const uint8_t *body, size_t *n)
{
	struct cursor c = cursor_over(body, f->body_bytes);

	*n = 0;
	for (uint32_t i = 0; i < f->sections; i++) {
		const uint8_t *start = c.at;
		unsigned what = cursor_u8(&c), storage = cursor_u8(&c);

		cursor_skip(&c, 6);
		cursor_skip(&c, cursor_le32(&c));
		if (c.failed)
			break;
		*n = (size_t)(c.at - start);
		if (what == BATCH_SECTION_HEALTH && storage == BATCH_STORED &&
		    *n <= FRAME_EMPTY_MAX - BATCH_FRAME_HEADER_BYTES)
			return start;
	}
	*n = 0;
	return NULL;
}

size_t frame_empty(const struct batch_frame *header, const uint8_t *body,
                   uint8_t out[FRAME_EMPTY_MAX])
{
	struct batch_frame f = *header;
	size_t n = 0;
	const uint8_t *health = body ? find_health(header, body, &n) : NULL;

	_Static_assert(BATCH_HEALTH_MAX + BATCH_SECTION_HEADER_BYTES + BATCH_FRAME_HEADER_BYTES <=
	                       FRAME_EMPTY_MAX,
	               "the health section has room in an empty frame");
	if (n)
		memcpy(out + BATCH_FRAME_HEADER_BYTES, health, n);
	f.rows = 0;
	f.flags |= BATCH_ROWS_LOST;
	f.sections = n > 0;
	f.body_bytes = (uint32_t)n;
	f.plain_bytes = n ? (uint32_t)n - BATCH_SECTION_HEADER_BYTES : 0;
	f.body_checksum = batch_checksum(out + BATCH_FRAME_HEADER_BYTES, n);
	batch_frame_put(&f, out);
	return BATCH_FRAME_HEADER_BYTES + n;
}

/* Walk the whole frames; s->bytes becomes their end. */
static enum status walk(int fd, struct spool_segment *s, uint64_t size, bool bodies)
{
	struct spool_frame scratch = {0};
	struct batch_frame f;
	enum status st;

	s->bytes = BATCH_FILE_HEADER_BYTES;
	s->frames = s->full = 0;
	while ((st = segment_header(fd, s->bytes, size, &f)) == STATUS_OK) {
		if (bodies)
			st = segment_frame(fd, s->bytes, &f, &scratch);
		if (st)
			break;
		s->bytes += frame_bytes(&f);
		s->frames++;
		s->full += f.rows > 0;
	}
	spool_frame_clear(&scratch);
	return st == STATUS_END || st == STATUS_FORMAT ? STATUS_OK : st;
}

enum status segment_scan(int dir, struct spool_segment *s, bool bodies, struct spool_losses *losses)
{
	uint8_t header[BATCH_FILE_HEADER_BYTES];
	int fd = segment_open(dir, s->number, O_RDWR);
	struct stat info;
	enum status st;

	if (fd < 0 || fstat(fd, &info) != 0) {
		st = status_of_errno(errno);
		goto out;
	}
	st = read_at(fd, header, sizeof(header), 0);
	if (!st)
		st = batch_file_header_get(header);
	if (st == STATUS_FORMAT)
		losses->torn_bytes += (uint64_t)info.st_size;
	if (st)
		goto out;
	st = walk(fd, s, (uint64_t)info.st_size, bodies);
	if (!st && s->bytes < (uint64_t)info.st_size) {
		losses->torn_bytes += (uint64_t)info.st_size - s->bytes;
		if (ftruncate(fd, (off_t)s->bytes) != 0)
			st = status_of_errno(errno);
	}
out:
	if (fd >= 0)
		close(fd);
	return st;
}

bool segment_write(int fd, const uint8_t *bytes, size_t n)
{
	while (n > 0) {
		ssize_t done = write(fd, bytes, n);

		if (done < 0 && errno != EINTR)
			return false;
		if (done > 0) {
			bytes += done;
			n -= (size_t)done;
		}
	}
	return true;
}

enum fate { KEEP, EMPTY, REMOVE };

static enum fate fate_of(const struct segment_thinning *how, uint64_t at,
                         const struct batch_frame *f, bool damaged)
{
	if (how->keep_head && at == how->from)
		return KEEP;
	if (how->remove)
		return REMOVE;
	return f->rows == 0 && !damaged ? KEEP : EMPTY;
}

/* One segment on its way into a thinner one. */
struct thinning {
	const struct segment_thinning *how;
	int from, to;
	uint64_t at; /* of the next frame in the old file */
	struct spool_segment thin;
	struct spool_window last;
	struct spool_losses losses;
};

static enum status thin_frame(struct thinning *t, const struct batch_frame *f,
                              struct spool_frame *whole)
{
	enum status st = segment_frame(t->from, t->at, f, whole);
	const uint8_t *body = st ? NULL : whole->bytes + BATCH_FRAME_HEADER_BYTES,
	              *bytes = whole->bytes;
	enum fate fate = fate_of(t->how, t->at, f, st != STATUS_OK);
	uint8_t empty[FRAME_EMPTY_MAX];
	size_t n = whole->n;

	if (st && st != STATUS_FORMAT)
		return st;
	t->at += frame_bytes(f);
	if (fate != KEEP && !(f->flags & BATCH_ROWS_LOST))
		frame_lost(f, body, &t->last, &t->losses);
	if (fate == REMOVE)
		return STATUS_OK;
	if (fate == EMPTY) {
		n = frame_empty(f, body, empty);
		bytes = empty;
	}
	t->thin.bytes += n;
	t->thin.frames++;
	t->thin.full += fate == KEEP && f->rows > 0;
	return segment_write(t->to, bytes, n) ? STATUS_OK : status_of_errno(errno);
}

static enum status copy_thinned(struct thinning *t, uint64_t bytes, struct spool_frame *scratch)
{
	uint8_t header[BATCH_FILE_HEADER_BYTES];
	struct batch_frame f;
	enum status st;

	batch_file_header_put(header);
	if (!segment_write(t->to, header, sizeof(header)))
		return status_of_errno(errno);
	while ((st = segment_header(t->from, t->at, bytes, &f)) == STATUS_OK) {
		st = thin_frame(t, &f, scratch);
		if (st)
			return st;
	}
	if (st == STATUS_FORMAT)
		t->losses.torn_bytes += bytes - t->at;
	return st == STATUS_END || st == STATUS_FORMAT ? STATUS_OK : st;
}

static enum status replace(int dir, int fd, const struct spool_segment *thin)
{
	char name[SEGMENT_NAME_MAX];

	segment_name(thin->number, name);
	if (thin->frames == 0) {
		unlinkat(dir, THIN_NAME, 0);
		return unlinkat(dir, name, 0) ? status_of_errno(errno) : STATUS_OK;
	}
	if (fsync(fd) != 0 || renameat(dir, THIN_NAME, dir, name) != 0 || fsync(dir) != 0)
		return status_of_errno(errno);
	return STATUS_OK;
}

enum status segment_thin(int dir, struct spool_segment *s, const struct segment_thinning *how,
                         struct spool_frame *scratch, struct spool_window *last,
                         struct spool_losses *losses)
{
	int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW;
	struct thinning t = {
	        .how = how,
	        .from = segment_open(dir, s->number, O_RDONLY),
	        .to = openat(dir, THIN_NAME, flags, 0600),
	        .at = how->from,
	        .thin = {.number = s->number, .bytes = BATCH_FILE_HEADER_BYTES},
	        .last = *last,
	        .losses = *losses,
	};
	enum status st = t.from < 0 || t.to < 0 ? status_of_errno(errno)
	                                        : copy_thinned(&t, s->bytes, scratch);

	if (!st)
		st = replace(dir, t.to, &t.thin);
	if (st) {
		unlinkat(dir, THIN_NAME, 0);
	} else {
		*s = t.thin;
		*last = t.last;
		*losses = t.losses;
	}
	if (t.from >= 0)
		close(t.from);
	if (t.to >= 0)
		close(t.to);
	return st;
}
