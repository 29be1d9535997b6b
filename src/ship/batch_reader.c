/* SPDX-License-Identifier: Apache-2.0 */
#include "ship/batch_reader.h"

#include "ship/batch_decode.h"

#include <errno.h>
#include <stdlib.h>

struct batch_reader {
	FILE *file;
	char name[256];
	struct batch_decoder *decoder;
	uint8_t *body;
	size_t body_room;
	struct batch_frame frame;
	unsigned long number; /* of the frame, from 1 */
	uint32_t next_row;
	bool over; /* nothing more can be read */
};

static enum status read_file_header(struct batch_reader *r, struct trouble *t)
{
	uint8_t header[BATCH_FILE_HEADER_BYTES];
	enum status st;

	errno = 0;
	if (fread(header, 1, sizeof(header), r->file) != sizeof(header)) {
		if (ferror(r->file))
			return trouble_set(t, STATUS_IO, r->name, 0, "cannot read: %s",
			                   strerror(errno));
		return trouble_set(t, STATUS_FORMAT, r->name, 0, "not a batch file: too short");
	}
	st = batch_file_header_get(header);
	if (st == STATUS_UNSUPPORTED)
		return trouble_set(t, st, r->name, 0,
		                   "a batch file of version %u; this program reads version %d",
		                   (unsigned)(header[8] | header[9] << 8), BATCH_VERSION);
	if (st)
		return trouble_set(t, st, r->name, 0, "not a batch file, or its header is damaged");
	return STATUS_OK;
}

enum status batch_reader_open_file(struct batch_reader **out, FILE *file, const char *name,
                                   struct trouble *t)
{
	struct batch_reader *r = calloc(1, sizeof(*r));
	enum status st;

	*out = NULL;
	if (!r) {
		fclose(file);
		return trouble_set(t, STATUS_NO_MEMORY, name, 0, "out of memory");
	}
	r->file = file;
	snprintf(r->name, sizeof(r->name), "%s", name);
	st = batch_decoder_new(&r->decoder);
	if (st)
		trouble_set(t, st, name, 0, "out of memory");
	else
		st = read_file_header(r, t);
	if (st)
		batch_reader_free(r);
	else
		*out = r;
	return st;
}

enum status batch_reader_open(struct batch_reader **out, const char *path, struct trouble *t)
{
	FILE *file = strcmp(path, "-") == 0 ? fdopen(0, "rb") : fopen(path, "rbe");

	*out = NULL;
	if (!file)
		return trouble_set(t, status_of_errno(errno), path, 0, "cannot read: %s",
		                   strerror(errno));
	return batch_reader_open_file(out, file, path, t);
}

void batch_reader_free(struct batch_reader *r)
{
	if (!r)
		return;
	fclose(r->file);
	batch_decoder_free(r->decoder);
	free(r->body);
	free(r);
}

/* A failure behind which nothing can be read. */
static enum status stop(struct batch_reader *r, enum status st, struct trouble *t, const char *why)
{
	r->over = true;
	return trouble_set(t, st, r->name, 0, "frame %lu: %s", r->number, why);
}

static enum status read_exactly(struct batch_reader *r, uint8_t *bytes, size_t n, struct trouble *t)
{
	errno = 0;
	if (fread(bytes, 1, n, r->file) == n)
		return STATUS_OK;
	if (ferror(r->file))
		return stop(r, STATUS_IO, t, errno ? strerror(errno) : "cannot read");
	return stop(r, STATUS_FORMAT, t, "the file ends in the middle");
}

static enum status read_header(struct batch_reader *r, struct trouble *t)
{
	uint8_t header[BATCH_FRAME_HEADER_BYTES];
	int first = fgetc(r->file);
	enum status st;

	if (first == EOF && !ferror(r->file)) {
		r->over = true;
		return STATUS_END;
	}
	r->number++;
	header[0] = (uint8_t)first;
	st = read_exactly(r, header + 1, sizeof(header) - 1, t);
	if (!st && batch_frame_get(&r->frame, header))
		st = stop(r, STATUS_FORMAT, t,
		          "its header is damaged; what follows cannot be read");
	return st;
}

static enum status read_body(struct batch_reader *r, struct trouble *t)
{
	size_t n = r->frame.body_bytes;

	if (n > r->body_room) {
		uint8_t *body = realloc(r->body, n);

		if (!body)
			return stop(r, STATUS_NO_MEMORY, t, "out of memory");
		r->body = body;
		r->body_room = n;
	}
	return n ? read_exactly(r, r->body, n, t) : STATUS_OK;
}

enum status batch_reader_next(struct batch_reader *r, const struct batch_frame **frame,
                              struct trouble *t)
{
	static const uint8_t nothing[1];
	const char *why;
	enum status st;

	*frame = NULL;
	r->next_row = UINT32_MAX;
	if (r->over)
		return STATUS_END;
	st = read_header(r, t);
	if (!st)
		st = read_body(r, t);
	if (st)
		return st;
	st = batch_decode(r->decoder, &r->frame, r->body ? r->body : nothing, &why);
	if (st)
		return trouble_set(t, st, r->name, 0, "frame %lu: %s", r->number, why);
	r->frame.window.health = batch_decoder_health(r->decoder);
	*frame = &r->frame;
	r->next_row = 0;
	return STATUS_OK;
}

const struct flow *batch_reader_row(struct batch_reader *r)
{
	if (r->next_row >= r->frame.rows)
		return NULL;
	return batch_decoder_rows(r->decoder) + r->next_row++;
}
