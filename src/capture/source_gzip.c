/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gzip (RFC 1952) by ISA-L, which is about three times as fast as zlib. Members that follow
 * each other are one stream, as gzip(1) reads them; what follows them and is no gzip is
 * passed over when it is zeros (tape padding) and a trouble otherwise.
 */
#include "capture/source.h"

#include <isa-l/igzip_lib.h>
#include <stdlib.h>

enum { COMPRESSED_BYTES = 128 * 1024 };

struct gzip_source {
	struct feed *feed;
	struct inflate_state inflate;
	bool between; /* a member has ended and the next one has not begun */
	uint8_t in[COMPRESSED_BYTES];
};

static void begin_member(struct gzip_source *g)
{
	uint8_t *next_in = g->inflate.next_in;
	uint32_t avail_in = g->inflate.avail_in;

	isal_inflate_init(&g->inflate);
	g->inflate.crc_flag = ISAL_GZIP;
	g->inflate.next_in = next_in;
	g->inflate.avail_in = avail_in;
	g->between = false;
}

/* Where a member has ended: another one, padding, or something else. */
static enum status between_members(struct gzip_source *g, struct trouble *t)
{
	while (g->inflate.avail_in > 0 && *g->inflate.next_in == 0) {
		g->inflate.next_in++;
		g->inflate.avail_in--;
	}
	if (g->inflate.avail_in == 0)
		return STATUS_OK;
	if (*g->inflate.next_in != 0x1f)
		return trouble_set(t, STATUS_LIMIT, g->feed->name, 0,
		                   "something that is not gzip follows the gzip stream");
	begin_member(g);
	return STATUS_OK;
}

static const char *inflate_error(int code)
{
	switch (code) {
	case ISAL_INCORRECT_CHECKSUM:
		return "wrong checksum in the gzip stream";
	case ISAL_INVALID_WRAPPER:
	case ISAL_UNSUPPORTED_METHOD:
		return "broken gzip header";
	default:
		return "broken gzip stream";
	}
}

static enum status inflate_some(struct gzip_source *g, uint8_t *out, size_t room, size_t *size,
                                struct trouble *t)
{
	int code;

	g->inflate.next_out = out + *size;
	g->inflate.avail_out = (uint32_t)(room - *size);
	code = isal_inflate(&g->inflate);
	*size = room - g->inflate.avail_out;
	if (code < 0)
		return trouble_set(t, STATUS_LIMIT, g->feed->name, 0, "%s", inflate_error(code));
	g->between = g->inflate.block_state == ISAL_BLOCK_FINISH;
	return STATUS_OK;
}

/* Compressed bytes when there are none left. */
static enum status refill(struct gzip_source *g, int wait_ms, struct trouble *t)
{
	size_t got;
	enum status st = feed_read(g->feed, g->in, sizeof(g->in), wait_ms, &got, t);

	g->inflate.next_in = g->in;
	g->inflate.avail_in = (uint32_t)got;
	if (st == STATUS_END && !g->between)
		return trouble_set(t, STATUS_LIMIT, g->feed->name, 0, "the gzip stream is cut");
	return st;
}

/* *idle: it cannot go on without more input. Decoding goes on without input too, as the decoder
 * may hold output back. */
static enum status gzip_step(struct gzip_source *g, uint8_t *out, size_t room, size_t *size,
                             bool *idle, struct trouble *t)
{
	size_t size_before = *size;
	uint32_t in_before = g->inflate.avail_in;
	enum status st;

	if (g->between) {
		st = between_members(g, t);
		*idle = g->between;
		return st;
	}
	st = inflate_some(g, out, room, size, t);
	*idle = !g->between && *size == size_before && g->inflate.avail_in == in_before;
	if (!st && *idle && g->inflate.avail_in > 0)
		st = trouble_set(t, STATUS_LIMIT, g->feed->name, 0, "%s", inflate_error(0));
	return st;
}

static enum status gzip_fill(void *state, uint64_t offset, uint8_t *out, size_t room, size_t *size,
                             struct trouble *t)
{
	struct gzip_source *g = state;
	enum status st = STATUS_OK;

	(void)offset;
	*size = 0;
	while (!st && *size < room) {
		bool idle;

		st = gzip_step(g, out, room, size, &idle, t);
		if (st || !idle)
			continue;
		st = refill(g, *size ? 0 : FEED_WAIT_MS, t);
		if (!st && g->inflate.avail_in == 0)
			break;
	}
	return st;
}

static void gzip_close(void *state)
{
	struct gzip_source *g = state;

	feed_close(g->feed);
	free(g);
}

static const struct source_kind gzip = {
        .own_thread = true,
        .fill = gzip_fill,
        .close = gzip_close,
};

enum status source_gzip(struct source *s, struct feed *f, struct trouble *t)
{
	struct gzip_source *g = calloc(1, sizeof(*g));

	if (!g) {
		enum status st = trouble_set(t, STATUS_NO_MEMORY, f->name, 0, "out of memory");

		feed_close(f);
		return st;
	}
	g->feed = f;
	begin_member(g);
	*s = (struct source){.kind = &gzip, .state = g};
	return STATUS_OK;
}
