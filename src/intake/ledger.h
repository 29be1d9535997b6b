/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How far each sensor is: the highest sequence of each of its boots that is in the journal or
 * the store. Filled from the control data and the journal at the start. A sensor that
 * restarts for ever is stopped at LEDGER_BOOTS_MAX boots, so that it takes no memory from others.
 * Not thread-safe: under intake's lock.
 */
#ifndef INTAKE_LEDGER_H
#define INTAKE_LEDGER_H

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

enum { LEDGER_BOOTS_MAX = 4096 }; /* of one sensor, from one start of the hub to the next */

struct ledger;

MUST_USE enum status ledger_new(struct ledger **out);

/* The highest sequence; 0: none yet. */
uint64_t ledger_highest(const struct ledger *l, uint32_t sensor, uint64_t boot);

/* It is at least this; sensor and boot are not 0. STATUS_LIMIT: a boot too many of this sensor;
 * STATUS_NO_MEMORY. */
MUST_USE enum status ledger_raise(struct ledger *l, uint32_t sensor, uint64_t boot,
                                  uint64_t sequence);

/* Is there room for this boot of the sensor? What ledger_raise would say. */
MUST_USE enum status ledger_room(struct ledger *l, uint32_t sensor, uint64_t boot);

void ledger_free(struct ledger *l);

#endif
