/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who was there in one slot, and what for: the sources of a slot with their ports.
 *
 * Past ROSTER_ACTORS sources only those are kept whose hash has its lowest bits 0, a half of
 * the former each time, which is counted: a group of 50 shows as one of 25, and still shows.
 * Owns its memory; one thread; nothing depends on the order of rows.
 */
#ifndef DETECT_ROSTER_H
#define DETECT_ROSTER_H

#include "base/status.h"
#include "model/flow.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ROSTER_ACTORS = 1 << 18, ACTOR_PORTS = 4 };

struct actor {
	struct addr address;
	uint64_t sensors; /* bit (index of the sensor) mod 64 */
	uint64_t packets;
	uint32_t print;              /* fingerprint of the lowest row: TCP window and options */
	uint32_t ports[ACTOR_PORTS]; /* protocol << 16 | port, ascending */
	uint8_t port_count;
	uint8_t marks; /* tool rules that all its rows match */
	bool many;     /* more ports than fit */
};

struct roster;

MUST_USE enum status roster_new(struct roster **out, uint64_t key);
void roster_reset(struct roster *r);

/* Count a row of a scan; others are passed over. */
MUST_USE enum status roster_add(struct roster *r, const struct flow *row, unsigned sensor);

const struct actor *roster_actors(const struct roster *r, size_t *count);

/* log2 of the share that is kept, as a positive number; and slots with one since roster_new(). */
unsigned roster_level(const struct roster *r);
uint64_t roster_thinned(const struct roster *r);

void roster_free(struct roster *r);

#endif
