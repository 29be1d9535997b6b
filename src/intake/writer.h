/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one thread that puts cut segments into the store, in order, each until the store has it.
 * Private to intake/.
 *
 * A segment's blocks have the same names each time ("<hub>-<segment>-<day>-rows"), so that a try
 * that broke off in the middle is simply made again, by this run or the next. What the store
 * refuses is tried again with growing pauses and said in the log; the journal grows meanwhile,
 * and full, it makes the front say "later".
 */
#ifndef INTAKE_WRITER_H
#define INTAKE_WRITER_H

#include "intake/blocks.h"
#include "intake/intake.h"
#include "intake/journal.h"
#include "intake/live.h"
#include "intake/watch.h"

#include <stdatomic.h>
#include <stdbool.h>

struct writer {
	const struct intake_options *options;
	struct journal *journal;
	struct live *live;
	struct watch *watch;
	struct observations *store; /* NULL: not open yet */
	uint32_t kept_at;           /* when old rows were last looked for */
	struct batch_decoder *decoder;
	struct blocks blocks, live_blocks;
	atomic_bool stop;
	bool failing; /* the last try failed: said once */
	uint32_t pause_ms;
};

MUST_USE enum status writer_init(struct writer *w, const struct intake_options *o,
                                 struct journal *journal, struct live *live, struct watch *watch);

/* The thread's function; state is the writer. Returns when stop is set. */
void *writer_run(void *state);

void writer_clear(struct writer *w);

#endif
