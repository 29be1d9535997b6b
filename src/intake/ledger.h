/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How far each sensor is: the highest sequence of each of its boots that is in the journal.
 *
 * A table in memory before the control data, which has what reached the store. Entries that the
 * store has may be forgotten and asked for again; the others are at most as many as frames
 * in the journal. Not thread-safe: under intake's lock.
 */
#ifndef INTAKE_LEDGER_H
#define INTAKE_LEDGER_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LEDGER_KEPT = 65536 }; /* entries that the store has, kept at most */

struct ledger;

MUST_USE enum status ledger_new(struct ledger **out);

/* The highest sequence, or 0 with *known false where it must be asked for. */
uint64_t ledger_highest(const struct ledger *l, uint32_t sensor, uint64_t boot, bool *known);

/* It is at least this; `stored`: the control data say so. STATUS_NO_MEMORY. */
MUST_USE enum status ledger_raise(struct ledger *l, uint32_t sensor, uint64_t boot,
                                  uint64_t sequence, bool stored);

size_t ledger_count(const struct ledger *l);

void ledger_free(struct ledger *l);

#endif
