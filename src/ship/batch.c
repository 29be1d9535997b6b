/* SPDX-License-Identifier: Apache-2.0 */
#include "ship/batch.h"

#include "base/cursor.h"

#include <isa-l/crc.h>
#include <math.h>

uint32_t batch_checksum(const void *bytes, size_t n)
{
	/* The library asks for a pointer to what it does not change. */
	return ~crc32_iscsi((unsigned char *)(uintptr_t)bytes, (int)n, ~0u);
}

static uint8_t *put(uint8_t *at, uint64_t value, int n)
{
	for (int i = 0; i < n; i++)
		*at++ = (uint8_t)(value >> 8 * i);
	return at;
}

void batch_file_header_put(uint8_t out[BATCH_FILE_HEADER_BYTES])
{
	memcpy(out, BATCH_FILE_MAGIC, 8);
	put(put(out + 8, BATCH_VERSION, 2), 0, 2);
	put(out + 12, batch_checksum(out, 12), 4);
}

enum status batch_file_header_get(const uint8_t in[BATCH_FILE_HEADER_BYTES])
{
	if (memcmp(in, BATCH_FILE_MAGIC, 8) != 0 || bytes_le32(in + 12) != batch_checksum(in, 12))
		return STATUS_FORMAT;
	return bytes_le16(in + 8) == BATCH_VERSION ? STATUS_OK : STATUS_UNSUPPORTED;
}

void batch_frame_put(const struct batch_frame *f, uint8_t out[BATCH_FRAME_HEADER_BYTES])
{
	const struct window_header *w = &f->window;
	uint8_t *at = out + 4;
	uint64_t addresses;

	memset(out, 0, BATCH_FRAME_HEADER_BYTES);
	memcpy(out, BATCH_FRAME_MAGIC, 4);
	memcpy(&addresses, &w->addresses, sizeof(addresses));
	at = put(at, BATCH_FRAME_HEADER_BYTES, 2);
	at = put(at, f->flags, 2);
	at = put(at, f->body_bytes, 4);
	at = put(at, f->rows, 4);
	at = put(at, f->plain_bytes, 4);
	at = put(at, f->part, 4);
	at = put(at, f->boot_id, 8);
	at = put(at, f->sequence, 8);
	at = put(at, w->start_s, 4);
	at = put(at, w->span_s, 4);
	at = put(at, w->sensor, 4);
	at = put(at, f->sections, 4);
	at = put(at, w->packets, 8);
	at = put(at, w->dropped, 8);
	at = put(at, w->skipped, 8);
	at = put(at, w->late, 8);
	at = put(at, w->rows, 8);
	put(at, addresses, 8);
	put(out + 120, f->body_checksum, 4);
	put(out + 124, batch_checksum(out, 124), 4);
}

static void get_window(struct window_header *w, struct cursor *c)
{
	uint64_t addresses;

	w->packets = cursor_le64(c);
	w->dropped = cursor_le64(c);
	w->skipped = cursor_le64(c);
	w->late = cursor_le64(c);
	w->rows = cursor_le64(c);
	addresses = cursor_le64(c);
	memcpy(&w->addresses, &addresses, sizeof(addresses));
}

enum status batch_frame_get(struct batch_frame *f, const uint8_t in[BATCH_FRAME_HEADER_BYTES])
{
	struct cursor c = cursor_over(in + 4, BATCH_FRAME_HEADER_BYTES - 4);
	uint16_t header_bytes;

	if (memcmp(in, BATCH_FRAME_MAGIC, 4) != 0 ||
	    bytes_le32(in + 124) != batch_checksum(in, 124))
		return STATUS_FORMAT;
	header_bytes = cursor_le16(&c);
	f->flags = cursor_le16(&c);
	f->body_bytes = cursor_le32(&c);
	f->rows = cursor_le32(&c);
	f->plain_bytes = cursor_le32(&c);
	f->part = cursor_le32(&c);
	f->boot_id = cursor_le64(&c);
	f->sequence = cursor_le64(&c);
	f->window.start_s = cursor_le32(&c);
	f->window.span_s = cursor_le32(&c);
	f->window.sensor = cursor_le32(&c);
	f->sections = cursor_le32(&c);
	get_window(&f->window, &c);
	f->window.health = NULL;
	f->body_checksum = bytes_le32(in + 120);
	if (header_bytes != BATCH_FRAME_HEADER_BYTES || f->body_bytes > BATCH_BODY_MAX ||
	    f->plain_bytes > BATCH_BODY_MAX || f->rows > BATCH_ROWS_MAX ||
	    f->sections > BATCH_SECTIONS_MAX || !isfinite(f->window.addresses) ||
	    f->window.addresses < 0)
		return STATUS_FORMAT;
	return STATUS_OK;
}
