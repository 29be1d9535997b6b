/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ClickHouse's Native format: blocks of named, typed columns, as they go over HTTP (`FORMAT
 * Native` without protocol revision: no block info, no serialization kinds). The same bytes for
 * 18.16 and 26.7. https://clickhouse.com/docs/interfaces/formats/Native
 *
 *   block    columns varint | rows varint | column ...
 *   column   name: length varint, bytes | type: the same | rows values, one after the other
 *            integers and floats little-endian; String: length varint, bytes; FixedString(n): n
 *
 * The encoder takes plain C arrays. The decoder treats the bytes as hostile: every length is
 * checked against what is there before anything is allocated. A decoded block points into the
 * bytes it was made of and is valid during the callback only. Any thread, one at a time each.
 */
#ifndef STORE_NATIVE_H
#define STORE_NATIVE_H

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

/* Bytes of a FixedString come from `width`. */
enum native_type {
#define NATIVE(id, name, bytes, form) NATIVE_##id,
#include "store/native_types.def"
#undef NATIVE
	NATIVE_TYPES
};

enum {
	NATIVE_COLUMNS_MAX = 1024,
	NATIVE_NAME_MAX = 255,        /* bytes of a column's name and of its type */
	NATIVE_WIDTH_MAX = 65535,     /* bytes of a FixedString */
	NATIVE_ROWS_MAX = 1 << 24,    /* in one block */
	NATIVE_BLOCK_MAX = 256 << 20, /* bytes that a stream keeps for one block */
};

/* Growing bytes; the owner clears them. A buffer may be used again after `length = 0`. */
struct native_buffer {
	uint8_t *bytes;
	size_t length, room;
};

void native_buffer_clear(struct native_buffer *buffer);

struct native_text {
	const char *at;
	size_t length;
};

/* One column to encode: `values` is an array of rows elements of the C type of the same name
 * (uint8_t ... double), of struct native_text for String, of `width` bytes each for FixedString. */
struct native_column {
	const char *name;
	enum native_type type;
	uint32_t width; /* FixedString only, 1 to NATIVE_WIDTH_MAX */
	const void *values;
};

/* Append one block. The same columns give the same bytes. STATUS_NO_MEMORY. */
MUST_USE enum status native_encode(struct native_buffer *out, const struct native_column *columns,
                                   size_t column_count, size_t rows);

/* One decoded column. */
struct native_view {
	char name[NATIVE_NAME_MAX + 1];
	enum native_type type;
	uint32_t width;        /* bytes a value; 0 for String */
	const uint8_t *values; /* little-endian, unaligned; for String the column's first length */
	const uint32_t *offsets; /* String: where each text begins, from `values`; and lengths */
	const uint32_t *lengths;
};

struct native_block {
	size_t rows, column_count;
	const struct native_view *columns;
};

/* A value as a number: any integer type, sign-extended and modulo 2^64; a float is truncated
 * (0 where it does not fit). Text: 0. row < rows and column < column_count by assert. */
uint64_t native_u64(const struct native_block *block, size_t column, size_t row);
int64_t native_i64(const struct native_block *block, size_t column, size_t row);
double native_f64(const struct native_block *block, size_t column, size_t row);

/* The bytes of String or FixedString (with its zero bytes); other types: empty. */
struct native_text native_string(const struct native_block *block, size_t column, size_t row);

/* The column of this name, or column_count. */
size_t native_find(const struct native_block *block, const char *name);

/* Not STATUS_OK ends the stream with that status. */
typedef enum status (*native_block_function)(void *state, const struct native_block *block);

/* Blocks out of bytes that come in pieces. Blocks without rows are passed over. */
struct native_stream;

MUST_USE enum status native_stream_new(struct native_stream **out, native_block_function on_block,
                                       void *state);

/* More bytes. STATUS_FORMAT: not the format; STATUS_UNSUPPORTED: a type that is not in
 * native_types.def (cast it in the query); STATUS_LIMIT: past a maximum above; or the callback's.
 * Sticky. */
MUST_USE enum status native_stream_feed(struct native_stream *s, const void *bytes, size_t n,
                                        struct trouble *t);

/* No more bytes. STATUS_FORMAT: they ended within a block. */
MUST_USE enum status native_stream_end(struct native_stream *s, struct trouble *t);

/* The bytes that are no block yet (a server's error text, where it failed half-way). */
const uint8_t *native_stream_rest(const struct native_stream *s, size_t *n);

void native_stream_free(struct native_stream *s);

#endif
