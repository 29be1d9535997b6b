/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Provisional frames between the front and the writer: a bounded queue of copies. What does not
 * fit is dropped: the minute's final frame comes anyway. Private to intake/; any thread.
 */
#ifndef INTAKE_LIVE_H
#define INTAKE_LIVE_H

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

enum { LIVE_BYTES_MAX = 16 << 20 };

struct live;

MUST_USE enum status live_new(struct live **out);

/* STATUS_LIMIT: full. STATUS_NO_MEMORY. */
MUST_USE enum status live_put(struct live *l, const uint8_t *frame, size_t n);

/* The oldest frame, which the caller frees; NULL: none. */
uint8_t *live_take(struct live *l, size_t *n);

void live_free(struct live *l);

#endif
