/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes on their way to an outfile, through zstd where asked.
 *
 * Owns the compressor, not the file. Errors are sticky, as in base/outfile.h. One thread.
 */
#ifndef SHIP_LINE_OUT_H
#define SHIP_LINE_OUT_H

#include "base/outfile.h"

#include <stdbool.h>

struct line_out;

MUST_USE enum status line_out_new(struct line_out **out, struct outfile *file, bool zstd,
                                  struct trouble *t);

/* Append; STATUS_OK as long as nothing failed. */
MUST_USE enum status line_out_write(struct line_out *l, const void *bytes, size_t n);

/* End the zstd frame, if there is one. */
MUST_USE enum status line_out_finish(struct line_out *l);

void line_out_free(struct line_out *l);

#endif
