/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A frame's body becomes rows again (ship/batch.h).
 *
 * Every byte is hostile: sizes are held against the format's maxima before anything is
 * allocated, a section never unpacks past what it states, and a row that the rest of the
 * program could not bear (an unknown kind, a list too long) fails the frame. Memory is at
 * most BATCH_BODY_MAX plus BATCH_ROWS_MAX rows, and is kept for the next frame. One thread.
 */
#ifndef SHIP_BATCH_DECODE_H
#define SHIP_BATCH_DECODE_H

#include "ship/batch.h"

struct batch_decoder;

MUST_USE enum status batch_decoder_new(struct batch_decoder **out);

/* Decode frame->body_bytes bytes of body. STATUS_FORMAT with *why, a static text that goes
 * after "frame N: ", where they are damaged. */
MUST_USE enum status batch_decode(struct batch_decoder *d, const struct batch_frame *frame,
                                  const uint8_t *body, const char **why);

/* The frame->rows rows of the last good batch_decode(), valid until the next. Their lists
 * and registers may point into body. */
const struct flow *batch_decoder_rows(const struct batch_decoder *d);

/* The window's figures that the frame of the last good batch_decode() carried, or NULL; valid
 * until the next. */
const struct window_health *batch_decoder_health(const struct batch_decoder *d);

void batch_decoder_free(struct batch_decoder *d);

#endif
