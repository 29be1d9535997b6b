/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small numbers for things: 16-byte keys to 0, 1, 2, ... in the order of their first sight.
 * Keyed by a fixed hash, so that a log gives the same numbers each time; the bound on keys
 * bounds what a hostile log can cost. Owns its memory; one thread.
 */
#ifndef HISTORY_IDS_H
#define HISTORY_IDS_H

#include <stddef.h>
#include <stdint.h>

struct ids_key {
	uint8_t b[16];
};

struct ids {
	struct ids_key *keys; /* by number */
	uint32_t count, bound;
	size_t room;
	uint32_t *slots; /* number + 1; 0: empty */
	size_t slot_count;
};

#define IDS_NONE UINT32_MAX

/* At most `bound` keys. */
void ids_init(struct ids *ids, uint32_t bound);

/* The key's number, a new one where it has none; IDS_NONE past the bound or out of memory. */
uint32_t ids_of(struct ids *ids, const struct ids_key *key);

/* The same without making one: IDS_NONE where the key is new. */
uint32_t ids_find(const struct ids *ids, const struct ids_key *key);

void ids_clear(struct ids *ids);

#endif
