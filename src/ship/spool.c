/* SPDX-License-Identifier: Apache-2.0 */
#include "ship/spool_inner.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	SEGMENT_BYTES_MIN = 64 << 10,
	SEGMENT_BYTES_MAX = 4 << 20,
	SEGMENT_SHARE = 32, /* segments in a full spool */
};

/* --- appending --- */

static uint64_t segment_bytes(const struct spool *s)
{
	uint64_t share = s->bytes_max / SEGMENT_SHARE;

	return share < SEGMENT_BYTES_MIN   ? SEGMENT_BYTES_MIN
	       : share > SEGMENT_BYTES_MAX ? SEGMENT_BYTES_MAX
	                                   : share;
}

/* An empty segment to write into. Each process starts its own: none is torn in the middle. */
static enum status start_segment(struct spool *s)
{
	struct spool_segment segment = {.number = s->next_number, .bytes = BATCH_FILE_HEADER_BYTES};
	uint8_t header[BATCH_FILE_HEADER_BYTES];
	enum status st = STATUS_OK;
	int fd = segment_open(s->dir, segment.number, O_WRONLY | O_CREAT | O_EXCL | O_APPEND);

	if (fd < 0)
		return status_of_errno(errno);
	batch_file_header_put(header);
	if (!segment_write(fd, header, sizeof(header)) || fsync(s->dir) != 0)
		st = status_of_errno(errno);
	if (!st)
		st = spool_add_segment(s, &segment);
	if (st) {
		char name[SEGMENT_NAME_MAX];

		segment_name(segment.number, name);
		unlinkat(s->dir, name, 0);
		close(fd);
		return st;
	}
	s->write_fd = fd;
	return STATUS_OK;
}

static enum status write_frame(struct spool *s, const uint8_t *frame, size_t n)
{
	struct spool_segment *segment;
	enum status st = STATUS_OK;

	if (s->write_fd >= 0 && s->segments[s->count - 1].frames &&
	    s->segments[s->count - 1].bytes + n > segment_bytes(s))
		spool_close_fd(&s->write_fd);
	if (s->write_fd < 0)
		st = start_segment(s);
	if (st)
		return st;
	segment = &s->segments[s->count - 1];
	if (segment_write(s->write_fd, frame, n) && fdatasync(s->write_fd) == 0) {
		segment->bytes += n;
		s->disk_bytes += n;
		return STATUS_OK;
	}
	st = status_of_errno(errno);
	/* The end is torn. Where it cannot be cut off, nothing may follow it. */
	if (ftruncate(s->write_fd, (off_t)segment->bytes) != 0)
		spool_close_fd(&s->write_fd);
	return st;
}

static enum status keep(struct spool *s, const struct batch_frame *f, const uint8_t *frame,
                        size_t n)
{
	enum status st = n > s->bytes_max / 2 ? STATUS_FULL
	                                      : spool_make_room(s, n + BATCH_FILE_HEADER_BYTES);

	if (!st)
		st = write_frame(s, frame, n);
	if (!st) {
		s->segments[s->count - 1].frames++;
		s->segments[s->count - 1].full += f->rows > 0;
	}
	return st;
}

/* Its rows are lost; its figures may still find room. */
static enum status keep_empty(struct spool *s, const struct batch_frame *f, const uint8_t *body)
{
	uint8_t empty[FRAME_EMPTY_MAX];
	size_t n = frame_empty(f, body, empty);
	struct batch_frame header = *f;
	enum status st, counted;

	header.rows = 0;
	frame_lost(f, body, &s->last_lost, &s->state.losses);
	st = keep(s, &header, empty, n);
	counted = spool_state_put(s->state_fd, &s->state);
	return st ? st : counted;
}

enum status spool_append(struct spool *s, const uint8_t *frame, size_t n, struct trouble *t)
{
	struct batch_frame f;
	enum status st;

	if (n < BATCH_FRAME_HEADER_BYTES || batch_frame_get(&f, frame) ||
	    n - BATCH_FRAME_HEADER_BYTES != f.body_bytes ||
	    batch_checksum(frame + BATCH_FRAME_HEADER_BYTES, f.body_bytes) != f.body_checksum)
		return trouble_set(t, STATUS_FORMAT, s->path, 0, "not a frame");
	pthread_mutex_lock(&s->mutex);
	errno = 0;
	st = keep(s, &f, frame, n);
	if (st) {
		spool_failed(s, st, t, "take a window");
		(void)keep_empty(s, &f, frame + BATCH_FRAME_HEADER_BYTES);
	}
	pthread_mutex_unlock(&s->mutex);
	return st;
}

enum status spool_resize(struct spool *s, uint64_t bytes_max, struct trouble *t)
{
	enum status st;

	pthread_mutex_lock(&s->mutex);
	s->bytes_max = bytes_max == 0                ? SPOOL_BYTES_DEFAULT
	               : bytes_max < SPOOL_BYTES_MIN ? SPOOL_BYTES_MIN
	                                             : bytes_max;
	st = spool_make_room(s, 0);
	pthread_mutex_unlock(&s->mutex);
	/* What is left over the bound is the frame that is next to be sent. */
	return st && st != STATUS_FULL ? spool_failed(s, st, t, "be thinned") : STATUS_OK;
}

/* --- sending --- */

/* The rest of the first segment cannot be read. */
static void cut_head_segment(struct spool *s)
{
	s->state.losses.torn_bytes += s->segments[0].bytes - s->read_at;
	s->read_at = s->segments[0].bytes;
	spool_drop_done(s, true);
}

static void advance(struct spool *s, const struct batch_frame *f)
{
	s->state.segment = s->segments[0].number;
	s->state.boot_id = f->boot_id;
	s->state.sequence = f->sequence;
	s->state.any = true;
	s->read_at += BATCH_FRAME_HEADER_BYTES + (uint64_t)f->body_bytes;
	s->done++;
}

/* The oldest frame's header; damaged ends are passed over. STATUS_END: none waits. */
static enum status head_header(struct spool *s, struct batch_frame *f)
{
	enum status st;

	for (;;) {
		spool_drop_done(s, false);
		if (s->count == 0)
			return STATUS_END;
		st = spool_open_head(s);
		if (!st)
			st = segment_header(s->read_fd, s->read_at, s->segments[0].bytes, f);
		if (st != STATUS_FORMAT)
			return st;
		cut_head_segment(s);
	}
}

static enum status peek(struct spool *s, struct spool_frame *out)
{
	struct batch_frame f;
	enum status st;

	while (!(st = head_header(s, &f))) {
		st = segment_frame(s->read_fd, s->read_at, &f, out);
		if (st != STATUS_FORMAT)
			return st;
		/* Damaged on the disk. */
		frame_lost(&f, NULL, &s->last_lost, &s->state.losses);
		advance(s, &f);
	}
	return st;
}

enum status spool_peek(struct spool *s, struct spool_frame *out, struct trouble *t)
{
	enum status st;

	pthread_mutex_lock(&s->mutex);
	errno = 0;
	st = peek(s, out);
	if (st && st != STATUS_END)
		spool_failed(s, st, t, "be read");
	pthread_mutex_unlock(&s->mutex);
	return st;
}

enum status spool_drop(struct spool *s, uint64_t boot_id, uint64_t sequence,
                       enum spool_outcome outcome, struct trouble *t)
{
	struct batch_frame f;
	enum status st;

	pthread_mutex_lock(&s->mutex);
	errno = 0;
	st = head_header(s, &f);
	if (!st && f.boot_id == boot_id && f.sequence == sequence) {
		s->state.losses.refused += outcome == SPOOL_REFUSED;
		advance(s, &f);
		st = spool_state_put(s->state_fd, &s->state);
		spool_drop_done(s, false);
	}
	pthread_mutex_unlock(&s->mutex);
	return st && st != STATUS_END ? spool_failed(s, st, t, "note what was sent") : STATUS_OK;
}

void spool_figures(struct spool *s, struct spool_figures *out)
{
	struct batch_frame f;

	pthread_mutex_lock(&s->mutex);
	*out = (struct spool_figures){
	        .disk_bytes = s->disk_bytes, .disk_max = s->bytes_max, .losses = s->state.losses};
	for (size_t i = 0; i < s->count; i++) {
		out->frames += s->segments[i].frames;
		out->bytes += s->segments[i].bytes - BATCH_FILE_HEADER_BYTES;
	}
	if (s->count) {
		out->frames -= s->done;
		out->bytes -= s->read_at - BATCH_FILE_HEADER_BYTES;
	}
	if (out->frames && head_header(s, &f) == STATUS_OK)
		out->oldest_s = f.window.start_s;
	pthread_mutex_unlock(&s->mutex);
}

void spool_frame_clear(struct spool_frame *f)
{
	free(f->bytes);
	*f = (struct spool_frame){0};
}
