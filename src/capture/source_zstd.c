/* SPDX-License-Identifier: Apache-2.0 */
/*
 * zstd (RFC 8878). Frames that follow each other are one stream; skippable frames are skipped.
 */
#include "capture/source.h"

#include <stdlib.h>
#include <zstd.h>

enum {
	COMPRESSED_BYTES = 128 * 1024,
	WINDOW_LOG_MAX = 27, /* 128 MiB: what zstd itself accepts unasked, and its level 22 makes */
};

struct zstd_source {
	struct feed *feed;
	ZSTD_DCtx *context;
	ZSTD_inBuffer in;
	bool in_frame;
	uint8_t bytes[COMPRESSED_BYTES];
};

static enum status decompress_some(struct zstd_source *z, uint8_t *out, size_t room, size_t *size,
                                   struct trouble *t)
{
	ZSTD_outBuffer to = {.dst = out, .size = room, .pos = *size};
	size_t in_before = z->in.pos;
	size_t code = ZSTD_decompressStream(z->context, &to, &z->in);

	if (ZSTD_isError(code))
		return trouble_set(t, STATUS_LIMIT, z->feed->name, 0, "broken zstd stream: %s",
		                   ZSTD_getErrorName(code));
	/* Between frames, a call without input says what the next header would need. */
	if (code == 0)
		z->in_frame = false;
	else if (z->in.pos != in_before)
		z->in_frame = true;
	*size = to.pos;
	return STATUS_OK;
}

/* Compressed bytes when there are none left. */
static enum status refill(struct zstd_source *z, int wait_ms, struct trouble *t)
{
	size_t got;
	enum status st = feed_read(z->feed, z->bytes, sizeof(z->bytes), wait_ms, &got, t);

	z->in = (ZSTD_inBuffer){.src = z->bytes, .size = got};
	if (st == STATUS_END && z->in_frame)
		return trouble_set(t, STATUS_LIMIT, z->feed->name, 0, "the zstd stream is cut");
	return st;
}

static enum status zstd_fill(void *state, uint64_t offset, uint8_t *out, size_t room, size_t *size,
                             struct trouble *t)
{
	struct zstd_source *z = state;
	enum status st = STATUS_OK;

	(void)offset;
	*size = 0;
	while (!st && *size < room) {
		size_t size_before = *size, in_before = z->in.pos;

		/* Also without input: the decoder may hold output back. */
		st = decompress_some(z, out, room, size, t);
		if (st || *size != size_before || z->in.pos != in_before)
			continue;
		st = refill(z, *size ? 0 : FEED_WAIT_MS, t);
		if (!st && z->in.size == 0)
			break;
	}
	return st;
}

static void zstd_close(void *state)
{
	struct zstd_source *z = state;

	ZSTD_freeDCtx(z->context);
	feed_close(z->feed);
	free(z);
}

static const struct source_kind zstd = {
        .own_thread = true,
        .fill = zstd_fill,
        .close = zstd_close,
};

enum status source_zstd(struct source *s, struct feed *f, struct trouble *t)
{
	struct zstd_source *z = calloc(1, sizeof(*z));

	if (z)
		z->context = ZSTD_createDCtx();
	if (!z || !z->context) {
		enum status st = trouble_set(t, STATUS_NO_MEMORY, f->name, 0, "out of memory");

		feed_close(f);
		free(z);
		return st;
	}
	(void)ZSTD_DCtx_setParameter(z->context, ZSTD_d_windowLogMax, WINDOW_LOG_MAX);
	z->feed = f;
	*s = (struct source){.kind = &zstd, .state = z};
	return STATUS_OK;
}
