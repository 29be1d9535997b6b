/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes as they lie in a file or come through a pipe. */
#include "capture/source.h"

static enum status file_fill(void *state, uint64_t offset, uint8_t *out, size_t room, size_t *size,
                             struct trouble *t)
{
	enum status st = STATUS_OK;

	*size = 0;
	while (!st && *size < room) {
		size_t got;

		st = feed_read_at(state, offset + *size, out + *size, room - *size, &got, t);
		*size += got;
	}
	return st;
}

static enum status pipe_fill(void *state, uint64_t offset, uint8_t *out, size_t room, size_t *size,
                             struct trouble *t)
{
	(void)offset;
	*size = 0;
	while (*size < room) {
		size_t got;
		enum status st = feed_read(state, out + *size, room - *size,
		                           *size ? 0 : FEED_WAIT_MS, &got, t);

		*size += got;
		if (st || got == 0)
			return st;
	}
	return STATUS_OK;
}

static void plain_close(void *state)
{
	feed_close(state);
}

static const struct source_kind plain_file = {
        .own_thread = false,
        .fill = file_fill,
        .close = plain_close,
};

static const struct source_kind plain_pipe = {
        .own_thread = true,
        .fill = pipe_fill,
        .close = plain_close,
};

enum status source_plain(struct source *s, struct feed *f, struct trouble *t)
{
	(void)t;
	/* The first bytes, which were looked at, are read again. */
	if (f->regular)
		atomic_store(&f->done, 0);
	*s = (struct source){.kind = f->regular ? &plain_file : &plain_pipe, .state = f};
	return STATUS_OK;
}
