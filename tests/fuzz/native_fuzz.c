/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes as a server's answer in the Native format, whole and in pieces (the first byte says how
 * long): every value of every block is read. */
#include "store/native.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum status read_all(void *state, const struct native_block *b)
{
	uint64_t *sum = state;

	for (size_t c = 0; c < b->column_count; c++) {
		for (size_t r = 0; r < b->rows; r++) {
			struct native_text text = native_string(b, c, r);

			*sum += native_u64(b, c, r) + (uint64_t)native_i64(b, c, r);
			*sum += native_f64(b, c, r) > 0;
			for (size_t i = 0; i < text.length; i++)
				*sum += (uint8_t)text.at[i];
		}
	}
	return STATUS_OK;
}

static void decode(const uint8_t *data, size_t size, size_t piece, uint64_t *sum)
{
	struct native_stream *s = NULL;
	struct trouble t;
	enum status st = native_stream_new(&s, read_all, sum);

	for (size_t at = 0; at < size && !st; at += piece)
		st = native_stream_feed(s, data + at, size - at < piece ? size - at : piece, &t);
	if (!st)
		st = native_stream_end(s, &t);
	native_stream_free(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint64_t whole = 0, pieces = 0;

	if (size < 2)
		return 0;
	decode(data + 1, size - 1, size, &whole);
	decode(data + 1, size - 1, (size_t)data[0] + 1, &pieces);
	/* The same bytes are the same values, however they came. */
	if (whole != pieces)
		abort();
	return 0;
}
