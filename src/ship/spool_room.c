/* SPDX-License-Identifier: Apache-2.0 */
#include "ship/spool_inner.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum status spool_failed(const struct spool *s, enum status st, struct trouble *t, const char *what)
{
	return trouble_set(t, st, s->path, 0, "the spool cannot %s: %s", what,
	                   st == STATUS_IO && errno ? strerror(errno) : status_text(st));
}

void spool_close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

bool spool_is_active(const struct spool *s, size_t i)
{
	return s->write_fd >= 0 && i + 1 == s->count;
}

/* The first segment is another one now, or another file. */
void spool_rewind(struct spool *s)
{
	spool_close_fd(&s->read_fd);
	s->read_at = BATCH_FILE_HEADER_BYTES;
	s->done = 0;
}

/* Forget segment i, whose file is gone or goes now. */
void spool_forget_segment(struct spool *s, size_t i)
{
	char name[SEGMENT_NAME_MAX];

	if (spool_is_active(s, i))
		spool_close_fd(&s->write_fd);
	if (i == 0)
		spool_rewind(s);
	segment_name(s->segments[i].number, name);
	unlinkat(s->dir, name, 0);
	s->disk_bytes -= s->segments[i].bytes;
	s->count--;
	memmove(&s->segments[i], &s->segments[i + 1], (s->count - i) * sizeof(s->segments[0]));
}

/* Segments that are done with go; the active one only where its room is wanted. */
void spool_drop_done(struct spool *s, bool active_too)
{
	while (s->count && s->read_at >= s->segments[0].bytes &&
	       (active_too || !spool_is_active(s, 0)))
		spool_forget_segment(s, 0);
}

enum status spool_add_segment(struct spool *s, const struct spool_segment *segment)
{
	if (s->count == s->room) {
		size_t room = s->room ? 2 * s->room : 64;
		void *bigger = realloc(s->segments, room * sizeof(s->segments[0]));

		if (!bigger)
			return STATUS_NO_MEMORY;
		s->segments = bigger;
		s->room = room;
	}
	s->segments[s->count++] = *segment;
	s->disk_bytes += segment->bytes;
	if (s->next_number <= segment->number)
		s->next_number = segment->number + 1;
	return STATUS_OK;
}

/* --- keeping the bound --- */

enum status spool_open_head(struct spool *s)
{
	if (s->read_fd < 0)
		s->read_fd = segment_open(s->dir, s->segments[0].number, O_RDONLY);
	return s->read_fd < 0 ? status_of_errno(errno) : STATUS_OK;
}

/* What of each segment may be thinned: of the first, what waits behind the head. */
static enum status count_behind_head(struct spool *s, uint64_t *bytes, uint32_t *full)
{
	struct batch_frame f;
	uint64_t at = s->read_at;
	enum status st = spool_open_head(s);

	*bytes = *full = 0;
	while (!st && !(st = segment_header(s->read_fd, at, s->segments[0].bytes, &f))) {
		uint64_t n = BATCH_FRAME_HEADER_BYTES + (uint64_t)f.body_bytes;

		if (at != s->read_at) {
			*full += f.rows > 0;
			*bytes += n;
		}
		at += n;
	}
	return st == STATUS_END || st == STATUS_FORMAT ? STATUS_OK : st;
}

/* The oldest segment that can lose rows, the oldest that has none to lose, and what all of
 * the latter take; s->count: there is none. */
struct victims {
	size_t full, empty;
	uint64_t empty_bytes;
};

static enum status find_victims(struct spool *s, struct victims *v)
{
	*v = (struct victims){.full = s->count, .empty = s->count};
	for (size_t i = s->count; i-- > 0;) {
		uint64_t bytes = s->segments[i].bytes;
		uint32_t full = s->segments[i].full;
		enum status st = i ? STATUS_OK : count_behind_head(s, &bytes, &full);

		if (st)
			return st;
		if (full) {
			v->full = i;
		} else if (bytes) {
			v->empty = i;
			v->empty_bytes += bytes;
		}
	}
	return STATUS_OK;
}

static enum status thin(struct spool *s, size_t i, bool remove)
{
	struct spool_segment *segment = &s->segments[i];
	struct segment_thinning how = {.from = i ? BATCH_FILE_HEADER_BYTES : s->read_at,
	                               .keep_head = i == 0,
	                               .remove = remove};
	uint64_t before = segment->bytes;
	enum status st;

	if (spool_is_active(s, i))
		spool_close_fd(&s->write_fd);
	/* What was acknowledged must not come back empty: the hub would have it, and we would have
	 * counted it as lost. */
	if (fdatasync(s->state_fd) != 0)
		return status_of_errno(errno);
	st = segment_thin(s->dir, segment, &how, &s->scratch, &s->last_lost, &s->state.losses);
	spool_frame_clear(&s->scratch);
	if (st)
		return st;
	s->disk_bytes -= before - segment->bytes;
	if (i == 0)
		spool_rewind(s);
	if (segment->frames == 0)
		spool_forget_segment(s, i);
	return spool_state_put(s->state_fd, &s->state);
}

/* STATUS_FULL: n bytes more do not fit, whatever is thinned. */
enum status spool_make_room(struct spool *s, uint64_t n)
{
	struct victims v;
	enum status st = STATUS_OK;

	if (s->disk_bytes + n > s->bytes_max)
		spool_drop_done(s, true);
	while (!st && s->disk_bytes + n > s->bytes_max) {
		bool remove;

		st = find_victims(s, &v);
		remove = v.full == s->count || v.empty_bytes > s->bytes_max / 2;
		if (!st && (remove ? v.empty : v.full) == s->count)
			st = STATUS_FULL;
		if (!st)
			st = thin(s, remove ? v.empty : v.full, remove);
	}
	return st;
}
