/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A few batch decoders that many threads share, so that memory does not grow with connections: who
 * finds none waits. Private to intake/.
 */
#ifndef INTAKE_DECODERS_H
#define INTAKE_DECODERS_H

#include "base/status.h"
#include "ship/batch_decode.h"

enum { DECODERS = 4 }; /* each up to 24 MiB */

struct decoders;

MUST_USE enum status decoders_new(struct decoders **out);

struct batch_decoder *decoders_take(struct decoders *d);
void decoders_give(struct decoders *d, struct batch_decoder *decoder);

void decoders_free(struct decoders *d);

#endif
