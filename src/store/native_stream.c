/* SPDX-License-Identifier: Apache-2.0 */
/* The decoder: hostile bytes in, whole blocks out. */
#include "store/native.h"

#include "base/cursor.h"
#include "store/native_type.h"

#include <stdlib.h>
#include <string.h>

struct native_stream {
	native_block_function on_block;
	void *state;
	struct native_buffer bytes; /* begins with the block that is not whole yet */
	size_t wanted; /* below so many bytes another try cannot succeed, or is not worth it */
	struct native_view *views; /* of the block being decoded */
	uint32_t **texts;          /* for each view: offsets and lengths of a String column */
	size_t view_count;
	enum status failed;
	bool refused; /* by the callback */
};

enum status native_stream_new(struct native_stream **out, native_block_function on_block,
                              void *state)
{
	struct native_stream *s = calloc(1, sizeof(*s));

	*out = s;
	if (!s)
		return STATUS_NO_MEMORY;
	s->on_block = on_block;
	s->state = state;
	return STATUS_OK;
}

static void clear_views(struct native_stream *s)
{
	for (size_t i = 0; s->texts && i < s->view_count; i++)
		free(s->texts[i]);
	free(s->texts);
	free(s->views);
	s->texts = NULL;
	s->views = NULL;
	s->view_count = 0;
}

void native_stream_free(struct native_stream *s)
{
	if (!s)
		return;
	clear_views(s);
	native_buffer_clear(&s->bytes);
	free(s);
}

/* STATUS_END: the bytes end too early; STATUS_FORMAT: no number of 64 bits is so long. */
static enum status take_varint(struct cursor *c, uint64_t *value)
{
	*value = 0;
	for (unsigned shift = 0; shift < 64; shift += 7) {
		uint8_t byte = cursor_u8(c);

		if (c->failed)
			return STATUS_END;
		if (shift == 63 && byte > 1)
			return STATUS_FORMAT;
		*value |= (uint64_t)(byte & 0x7f) << shift;
		if (byte < 0x80)
			return STATUS_OK;
	}
	return STATUS_FORMAT;
}

static enum status take_name(struct cursor *c, char out[NATIVE_NAME_MAX + 1])
{
	uint64_t n = 0;
	enum status st = take_varint(c, &n);
	const uint8_t *bytes;

	if (st)
		return st;
	if (n > NATIVE_NAME_MAX)
		return STATUS_FORMAT;
	bytes = cursor_take(c, (size_t)n);
	if (!bytes)
		return STATUS_END;
	if (memchr(bytes, 0, (size_t)n))
		return STATUS_FORMAT;
	memcpy(out, bytes, (size_t)n);
	out[n] = '\0';
	return STATUS_OK;
}

/* "FixedString(16)" */
static enum status parse_fixed(const char *name, uint32_t *width)
{
	size_t n = strlen("FixedString(");
	char *end = NULL;
	unsigned long value;

	if (strncmp(name, "FixedString(", n) != 0 || name[n] < '1' || name[n] > '9')
		return STATUS_UNSUPPORTED;
	value = strtoul(name + n, &end, 10);
	if (strcmp(end, ")") != 0 || value > NATIVE_WIDTH_MAX)
		return STATUS_UNSUPPORTED;
	*width = (uint32_t)value;
	return STATUS_OK;
}

static enum status parse_type(const char *name, struct native_view *v)
{
	for (unsigned i = 0; i < NATIVE_FIXED_STRING; i++) {
		if (strcmp(name, native_kind((enum native_type)i)->name) == 0) {
			v->type = (enum native_type)i;
			v->width = native_kind(v->type)->bytes;
			return STATUS_OK;
		}
	}
	v->type = NATIVE_FIXED_STRING;
	return parse_fixed(name, &v->width);
}

/* A text has a byte at least, for its length: no more rows than bytes. */
static enum status take_texts(struct cursor *c, struct native_view *v, uint32_t **texts,
                              size_t rows)
{
	const uint8_t *start = c->at;
	uint32_t *places;

	if (cursor_left(c) < rows)
		return STATUS_END;
	places = malloc(2 * rows * sizeof(*places));
	if (!places)
		return STATUS_NO_MEMORY;
	*texts = places;
	v->values = start;
	v->offsets = places;
	v->lengths = places + rows;
	for (size_t i = 0; i < rows; i++) {
		uint64_t n = 0;
		enum status st = take_varint(c, &n);

		if (st)
			return st;
		if (n > NATIVE_BLOCK_MAX)
			return STATUS_LIMIT;
		places[i] = (uint32_t)(c->at - start);
		places[rows + i] = (uint32_t)n;
		if (!cursor_take(c, (size_t)n))
			return STATUS_END;
	}
	return STATUS_OK;
}

static enum status take_column(struct native_stream *s, struct cursor *c, size_t rows)
{
	struct native_view *v = &s->views[s->view_count];
	uint32_t **texts = &s->texts[s->view_count];
	char type[NATIVE_NAME_MAX + 1];
	enum status st = take_name(c, v->name);

	if (!st)
		st = take_name(c, type);
	if (!st)
		st = parse_type(type, v);
	s->view_count++;
	if (st || rows == 0)
		return st;
	if (v->type == NATIVE_STRING)
		return take_texts(c, v, texts, rows);
	if ((uint64_t)rows * v->width > NATIVE_BLOCK_MAX)
		return STATUS_LIMIT;
	v->values = cursor_take(c, rows * v->width);
	if (!v->values) /* so many bytes are surely missing */
		s->wanted = s->bytes.length - cursor_left(c) + rows * v->width;
	return v->values ? STATUS_OK : STATUS_END;
}

static enum status take_head(struct cursor *c, uint64_t *columns, uint64_t *rows)
{
	enum status st = take_varint(c, columns);

	if (!st)
		st = take_varint(c, rows);
	if (st)
		return st;
	if (*columns > NATIVE_COLUMNS_MAX || *rows > NATIVE_ROWS_MAX || (*rows && !*columns))
		return STATUS_FORMAT;
	return STATUS_OK;
}

/* The first block of the bytes; STATUS_END: it is not whole yet. *used: its bytes. */
static enum status take_block(struct native_stream *s, size_t *used)
{
	struct cursor c = cursor_over(s->bytes.bytes, s->bytes.length);
	uint64_t columns = 0, rows = 0;
	enum status st = take_head(&c, &columns, &rows);
	struct native_block block;

	if (st)
		return st;
	s->views = calloc((size_t)columns + 1, sizeof(*s->views));
	s->texts = calloc((size_t)columns + 1, sizeof(*s->texts));
	if (!s->views || !s->texts)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < columns && !st; i++)
		st = take_column(s, &c, (size_t)rows);
	if (st)
		return st;
	*used = s->bytes.length - cursor_left(&c);
	block = (struct native_block){(size_t)rows, (size_t)columns, s->views};
	if (rows > 0)
		st = s->on_block(s->state, &block);
	s->refused = st != STATUS_OK;
	return st;
}

static enum status explain(struct native_stream *s, enum status st, struct trouble *t)
{
	const char *type = s->view_count ? s->views[s->view_count - 1].name : "";

	s->failed = st;
	if (s->refused) /* the callback said why */
		return st;
	switch (st) {
	case STATUS_UNSUPPORTED:
		return trouble_set(
		        t, st, NULL, 0,
		        "column '%.60s' has a type that is not read; cast it in the query", type);
	case STATUS_LIMIT:
		return trouble_set(t, st, NULL, 0, "a block of the answer is too long");
	case STATUS_FORMAT:
		return trouble_set(t, st, NULL, 0,
		                   "the answer is not in ClickHouse's Native format");
	default:
		return trouble_set(t, st, NULL, 0, "out of memory");
	}
}

/* Drop n bytes from the front. */
static void drop(struct native_buffer *b, size_t n)
{
	memmove(b->bytes, b->bytes + n, b->length - n);
	b->length -= n;
}

/* Blocks come in many pieces. Another try starts from the block's beginning, so it waits until
 * half as much again is there: the work stays linear. `last`: nothing more will come. */
static enum status take_blocks(struct native_stream *s, bool last)
{
	enum status st = STATUS_OK;
	size_t used = 0;

	while (s->bytes.length > 0 && (last || s->bytes.length >= s->wanted)) {
		s->wanted = 0;
		st = take_block(s, &used);
		if (st == STATUS_UNSUPPORTED)
			return st; /* the views name the column for the message */
		clear_views(s);
		if (st)
			break;
		drop(&s->bytes, used);
	}
	if (st == STATUS_END && !s->refused) {
		size_t more = s->bytes.length + s->bytes.length / 2;

		s->wanted = s->wanted > more ? s->wanted : more;
		st = s->bytes.length > NATIVE_BLOCK_MAX ? STATUS_LIMIT : STATUS_OK;
	}
	return st;
}

enum status native_stream_feed(struct native_stream *s, const void *bytes, size_t n,
                               struct trouble *t)
{
	enum status st;

	if (s->failed)
		return trouble_set(t, s->failed, NULL, 0, "the answer was given up before");
	if (n == 0)
		return STATUS_OK;
	if (!native_buffer_reserve(&s->bytes, n))
		return explain(s, STATUS_NO_MEMORY, t);
	memcpy(s->bytes.bytes + s->bytes.length, bytes, n);
	s->bytes.length += n;
	st = take_blocks(s, false);
	return st ? explain(s, st, t) : STATUS_OK;
}

enum status native_stream_end(struct native_stream *s, struct trouble *t)
{
	enum status st = s->failed ? s->failed : take_blocks(s, true);

	if (!st && s->bytes.length > 0)
		st = STATUS_FORMAT;
	return st ? explain(s, st, t) : STATUS_OK;
}

const uint8_t *native_stream_rest(const struct native_stream *s, size_t *n)
{
	*n = s->bytes.length;
	return s->bytes.bytes;
}
