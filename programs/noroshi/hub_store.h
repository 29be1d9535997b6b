/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The observations of a hub, opened for a tool: through the storer of the hub that runs; where it
 * stands still, through a storer for the time of the tool; or on the server that hub.conf names.
 *
 * Where the hub stands still, the tool holds the journal's lock from open to close: no hub starts
 * meanwhile, and no second tool believes that it is alone. One thread.
 */
#ifndef NOROSHI_HUB_STORE_H
#define NOROSHI_HUB_STORE_H

#include "hub_admin.h"
#include "hub_place.h"

#include "base/log.h"

struct storer;

struct hub_store {
	struct hub_place place;
	struct log log;
	int hold; /* the journal's lock; -1: a hub or another tool has it */
	struct storer *storer;
	struct engine *engine;
	struct observations *observations;
};

/* Of the hub in s->dir. STATUS_UNAVAILABLE: the store does not answer. hub_store_close() also after
 * a failure. */
MUST_USE enum status hub_store_open(struct hub_store *h, const struct hub_session *s,
                                    struct trouble *t);

/* No hub runs, and none will until close. */
bool hub_store_is_still(const struct hub_store *h);

/* STATUS_CONFLICT, and what to do, unless it is still. `why`: "--repair". */
MUST_USE enum status hub_store_want_still(const struct hub_store *h, const char *why,
                                          struct trouble *t);

/* Put what waits in the journal into the store, as the hub's next start would: then no block is in
 * doubt. Wants it still, and the control data open. */
MUST_USE enum status hub_store_drain(struct hub_store *h, struct hub_session *s, struct trouble *t);

/* An engine's connection by a place's settings, without the limits of a question, once it answers
 * within `seconds`. storer NULL: somebody else's. */
MUST_USE enum status hub_store_engine(struct engine **out, const struct hub_place *place,
                                      struct storer *storer, unsigned seconds, struct trouble *t);

void hub_store_close(struct hub_store *h);

#endif
