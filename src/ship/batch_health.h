/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A window's honest figures (model/health.h) as the health section of a frame
 * (ship/batch.h), and back. Pure, no memory of its own, any thread.
 */
#ifndef SHIP_BATCH_HEALTH_H
#define SHIP_BATCH_HEALTH_H

#include "model/health.h"
#include "ship/batch.h"

enum { BATCH_HEALTH_MAX = 16 * (BATCH_STREAM_HEADER_BYTES + HEALTH_VERSION_MAX) };

/* The section's plain bytes into out; returns how many. */
size_t batch_health_put(const struct window_health *health, uint8_t out[BATCH_HEALTH_MAX]);

/* The figures from n plain bytes; fields that are not there are zero. False where the bytes
 * are not what batch_health_put() could have written; fields of later software are passed over. */
MUST_USE bool batch_health_get(struct window_health *health, const uint8_t *bytes, size_t n);

#endif
