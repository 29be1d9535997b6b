/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The batch format. Twice: the bytes as a file, and the bytes behind a header whose
 * checksums fit, so that the fuzzer reaches the columns. In the second form the first two
 * bytes are the rows, the third the sections.
 */
#include "ship/batch_decode.h"
#include "ship/batch_reader.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t use_row(const struct flow *row)
{
	uint64_t sum = row->packets + row->source.b[15];

	for (unsigned i = 0; row->list && i < row->exact; i++)
		sum += row->list[i];
	for (unsigned i = 0; row->registers && i < FLOW_REGISTERS; i++)
		sum += row->registers[i];
	(void)packet_kind_name(row->kind);
	return sum;
}

static void read_file(const uint8_t *data, size_t size)
{
	FILE *file = fmemopen((void *)(uintptr_t)data, size, "rb");
	const struct batch_frame *frame;
	const struct flow *row;
	struct batch_reader *r;
	struct trouble t;

	if (!file || batch_reader_open_file(&r, file, "fuzz", &t))
		return;
	while (batch_reader_next(r, &frame, &t) != STATUS_END) {
		while ((row = batch_reader_row(r)))
			(void)use_row(row);
	}
	batch_reader_free(r);
}

/* The header states the plain bytes that the sections state, as a friend's would. */
static uint32_t stated_bytes(const uint8_t *body, size_t n, uint32_t sections)
{
	uint32_t sum = 0;

	for (size_t at = 0; sections > 0 && at + 12 <= n; sections--) {
		sum += body[at + 4] | (uint32_t)body[at + 5] << 8 | (uint32_t)body[at + 6] << 16;
		at += 12 + (body[at + 8] | (size_t)body[at + 9] << 8 | (size_t)body[at + 10] << 16);
	}
	return sum;
}

static void decode_body(const uint8_t *body, size_t n, uint32_t rows, uint32_t sections)
{
	struct batch_frame frame = {.rows = rows,
	                            .sections = sections,
	                            .body_bytes = (uint32_t)n,
	                            .plain_bytes = stated_bytes(body, n, sections),
	                            .body_checksum = batch_checksum(body, n)};
	struct batch_decoder *d;
	const char *why;

	if (frame.plain_bytes > BATCH_BODY_MAX || batch_decoder_new(&d))
		return;
	if (batch_decode(d, &frame, body, &why) == STATUS_OK) {
		for (uint32_t i = 0; i < rows; i++)
			(void)use_row(batch_decoder_rows(d) + i);
		if (batch_decoder_health(d))
			(void)strlen(batch_decoder_health(d)->version);
	}
	batch_decoder_free(d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0 || size > 1 << 20)
		return 0;
	read_file(data, size);
	if (size >= 3)
		decode_body(data + 3, size - 3, data[0] | (uint32_t)data[1] << 8, data[2]);
	return 0;
}
