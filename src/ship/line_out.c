/* SPDX-License-Identifier: Apache-2.0 */
#include "ship/line_out.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

enum {
	PLAIN_BYTES = 1 << 16,
	PACKED_BYTES = 1 << 17,
	LEVEL = 3, /* zstd's own default: text is written to be kept */
};

struct line_out {
	struct outfile *file;
	ZSTD_CCtx *zstd; /* NULL: bytes go out as they are */
	enum status status;
	size_t used;
	uint8_t plain[PLAIN_BYTES];
	uint8_t packed[PACKED_BYTES];
};

enum status line_out_new(struct line_out **out, struct outfile *file, bool zstd, struct trouble *t)
{
	struct line_out *l = calloc(1, sizeof(*l));

	*out = NULL;
	if (!l)
		return trouble_set(t, STATUS_NO_MEMORY, NULL, 0, "out of memory");
	l->file = file;
	if (zstd) {
		l->zstd = ZSTD_createCCtx();
		if (!l->zstd) {
			free(l);
			return trouble_set(t, STATUS_NO_MEMORY, NULL, 0, "out of memory");
		}
		ZSTD_CCtx_setParameter(l->zstd, ZSTD_c_compressionLevel, LEVEL);
		ZSTD_CCtx_setParameter(l->zstd, ZSTD_c_checksumFlag, 1);
	}
	*out = l;
	return STATUS_OK;
}

static void drain(struct line_out *l, ZSTD_EndDirective end)
{
	ZSTD_inBuffer in = {.src = l->plain, .size = l->used, .pos = 0};
	size_t left = 1;

	while (!l->status && (end == ZSTD_e_end ? left > 0 : in.pos < in.size)) {
		ZSTD_outBuffer packed = {.dst = l->packed, .size = sizeof(l->packed), .pos = 0};

		left = ZSTD_compressStream2(l->zstd, &packed, &in, end);
		if (ZSTD_isError(left)) {
			l->status = STATUS_NO_MEMORY;
			break;
		}
		outfile_write(l->file, l->packed, packed.pos);
	}
	l->used = 0;
}

enum status line_out_write(struct line_out *l, const void *bytes, size_t n)
{
	const uint8_t *at = bytes;

	if (!l->zstd) {
		outfile_write(l->file, bytes, n);
		return outfile_status(l->file);
	}
	while (n > 0 && !l->status) {
		size_t room = sizeof(l->plain) - l->used, part = n < room ? n : room;

		memcpy(l->plain + l->used, at, part);
		l->used += part;
		at += part;
		n -= part;
		if (l->used == sizeof(l->plain))
			drain(l, ZSTD_e_continue);
	}
	return l->status ? l->status : outfile_status(l->file);
}

enum status line_out_finish(struct line_out *l)
{
	if (l->zstd)
		drain(l, ZSTD_e_end);
	return l->status ? l->status : outfile_status(l->file);
}

void line_out_free(struct line_out *l)
{
	if (!l)
		return;
	ZSTD_freeCCtx(l->zstd);
	free(l);
}
