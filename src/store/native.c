/* SPDX-License-Identifier: Apache-2.0 */
#include "store/native.h"

#include "store/native_type.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct native_kind kinds[NATIVE_TYPES] = {
#define NATIVE(id, name, bytes, form) {(name), (bytes), (form)},
#include "store/native_types.def"
#undef NATIVE
};

const struct native_kind *native_kind(enum native_type type)
{
	assert((unsigned)type < NATIVE_TYPES);
	return &kinds[type];
}

void native_buffer_clear(struct native_buffer *buffer)
{
	free(buffer->bytes);
	*buffer = (struct native_buffer){0};
}

bool native_buffer_reserve(struct native_buffer *b, size_t n)
{
	size_t room = b->room ? b->room : 4096;
	uint8_t *grown;

	if (b->room - b->length >= n)
		return true;
	while (room - b->length < n) {
		if (room > SIZE_MAX / 2)
			return false;
		room *= 2;
	}
	grown = realloc(b->bytes, room);
	if (!grown)
		return false;
	b->bytes = grown;
	b->room = room;
	return true;
}

static bool put(struct native_buffer *b, const void *bytes, size_t n)
{
	if (!native_buffer_reserve(b, n))
		return false;
	if (n > 0)
		memcpy(b->bytes + b->length, bytes, n);
	b->length += n;
	return true;
}

static bool put_varint(struct native_buffer *b, uint64_t value)
{
	uint8_t bytes[10];
	size_t n = 0;

	while (value >= 0x80) {
		bytes[n++] = (uint8_t)(value | 0x80);
		value >>= 7;
	}
	bytes[n++] = (uint8_t)value;
	return put(b, bytes, n);
}

static bool put_text(struct native_buffer *b, const char *text, size_t n)
{
	return put_varint(b, n) && put(b, text, n);
}

static bool put_type(struct native_buffer *b, const struct native_column *c)
{
	char name[32];

	if (c->type == NATIVE_FIXED_STRING)
		snprintf(name, sizeof(name), "FixedString(%u)", (unsigned)c->width);
	else
		snprintf(name, sizeof(name), "%s", kinds[c->type].name);
	return put_text(b, name, strlen(name));
}

/* The format is little-endian, and so is every machine that we are built for. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "numbers are copied as they lie");

static bool put_values(struct native_buffer *b, const struct native_column *c, size_t rows)
{
	const struct native_text *texts = c->values;

	if (c->type == NATIVE_FIXED_STRING)
		return put(b, c->values, rows * c->width);
	if (c->type != NATIVE_STRING)
		return put(b, c->values, rows * kinds[c->type].bytes);
	for (size_t i = 0; i < rows; i++) {
		if (!put_text(b, texts[i].at, texts[i].length))
			return false;
	}
	return true;
}

enum status native_encode(struct native_buffer *out, const struct native_column *columns,
                          size_t column_count, size_t rows)
{
	size_t start = out->length;
	bool ok = put_varint(out, column_count) && put_varint(out, rows);

	for (size_t i = 0; i < column_count && ok; i++) {
		const struct native_column *c = &columns[i];

		assert((unsigned)c->type < NATIVE_TYPES);
		assert(c->type != NATIVE_FIXED_STRING ||
		       (c->width && c->width <= NATIVE_WIDTH_MAX));
		ok = put_text(out, c->name, strlen(c->name)) && put_type(out, c) &&
		     put_values(out, c, rows);
	}
	if (ok)
		return STATUS_OK;
	out->length = start;
	return STATUS_NO_MEMORY;
}

static const struct native_view *view(const struct native_block *b, size_t column, size_t row)
{
	assert(column < b->column_count && row < b->rows);
	return &b->columns[column];
}

static double number_of(const uint8_t *at, uint32_t width)
{
	double wide;
	float narrow;

	if (width == sizeof(narrow)) {
		memcpy(&narrow, at, sizeof(narrow));
		return (double)narrow;
	}
	memcpy(&wide, at, sizeof(wide));
	return wide;
}

/* Sign-extended to 64 bits. */
static uint64_t integer_of(const uint8_t *at, uint32_t width, bool is_signed)
{
	uint64_t value = 0;

	for (uint32_t i = 0; i < width; i++)
		value |= (uint64_t)at[i] << (8 * i);
	if (is_signed && width < 8 && at[width - 1] & 0x80)
		value |= ~(uint64_t)0 << (8 * width);
	return value;
}

uint64_t native_u64(const struct native_block *block, size_t column, size_t row)
{
	const struct native_view *v = view(block, column, row);
	char form = kinds[v->type].form;
	double number;

	if (form == 'T')
		return 0;
	if (form != 'F')
		return integer_of(v->values + row * v->width, v->width, form == 'I');
	number = number_of(v->values + row * v->width, v->width);
	if (number < 0)
		return number > (double)INT64_MIN ? (uint64_t)(int64_t)number : 0;
	return number < 0x1p64 ? (uint64_t)number : 0; /* and where it is none */
}

int64_t native_i64(const struct native_block *block, size_t column, size_t row)
{
	return (int64_t)native_u64(block, column, row);
}

double native_f64(const struct native_block *block, size_t column, size_t row)
{
	const struct native_view *v = view(block, column, row);
	char form = kinds[v->type].form;

	if (form == 'F')
		return number_of(v->values + row * v->width, v->width);
	if (form == 'I')
		return (double)native_i64(block, column, row);
	return (double)native_u64(block, column, row);
}

struct native_text native_string(const struct native_block *block, size_t column, size_t row)
{
	const struct native_view *v = view(block, column, row);

	if (v->type == NATIVE_STRING)
		return (struct native_text){(const char *)v->values + v->offsets[row],
		                            v->lengths[row]};
	if (v->type == NATIVE_FIXED_STRING)
		return (struct native_text){(const char *)v->values + row * v->width, v->width};
	return (struct native_text){"", 0};
}

size_t native_find(const struct native_block *block, const char *name)
{
	size_t i = 0;

	while (i < block->column_count && strcmp(block->columns[i].name, name) != 0)
		i++;
	return i;
}
