/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads a batch file frame by frame.
 *
 *   while ((st = batch_reader_next(r, &frame, &t)) != STATUS_END)
 *           if (!st)
 *                   while ((row = batch_reader_row(r)))
 *                           ...
 *
 * A frame with a damaged body fails alone: the next call goes on behind it. Where a frame's
 * header is damaged or the file ends in the middle nothing can follow, and after that
 * report comes STATUS_END. Owns the file; one thread.
 */
#ifndef SHIP_BATCH_READER_H
#define SHIP_BATCH_READER_H

#include "ship/batch.h"

#include <stdio.h>

struct batch_reader;

/* "-" is standard input. STATUS_FORMAT or UNSUPPORTED with trouble for other files. */
MUST_USE enum status batch_reader_open(struct batch_reader **out, const char *path,
                                       struct trouble *t);

/* The same over an open file, which the reader closes in any case; `name` is for messages. */
MUST_USE enum status batch_reader_open_file(struct batch_reader **out, FILE *file, const char *name,
                                            struct trouble *t);

/* The next frame's header; its rows follow. STATUS_END after the last, others with trouble. */
MUST_USE enum status batch_reader_next(struct batch_reader *r, const struct batch_frame **frame,
                                       struct trouble *t);

/* The next row of this frame, NULL at its end; valid until the next frame. */
const struct flow *batch_reader_row(struct batch_reader *r);

void batch_reader_free(struct batch_reader *r);

#endif
