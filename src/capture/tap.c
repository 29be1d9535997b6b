/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/tap.h"

#include "capture/ring.h"

#include <assert.h>
#include <stdlib.h>

struct tap {
	const struct tap_kind *kind;
	void *state;
	unsigned queues;
};

enum status tap_new(struct tap **out, const struct tap_kind *kind, void *state, unsigned queues,
                    struct trouble *t)
{
	struct tap *tap = malloc(sizeof(*tap));

	*out = tap;
	if (!tap) {
		kind->close(state);
		return trouble_set(t, STATUS_NO_MEMORY, NULL, 0, "out of memory");
	}
	*tap = (struct tap){.kind = kind, .state = state, .queues = queues};
	return STATUS_OK;
}

enum status tap_open_live(struct tap **out, const struct tap_options *o, struct trouble *t)
{
	enum status st;

	assert(o->queues >= 1 && o->queues <= TAP_QUEUES_MAX);
	st = tap_open_ring(out, o, t);
	return st == STATUS_UNSUPPORTED ? tap_open_pcap(out, o, t) : st;
}

unsigned tap_queues(const struct tap *tap)
{
	return tap->queues;
}

enum status tap_next(struct tap *tap, unsigned queue, struct tap_batch *out, int wait_ms,
                     struct trouble *t)
{
	assert(queue < tap->queues);
	out->count = 0;
	return tap->kind->next(tap->state, queue, out, wait_ms, t);
}

uint64_t tap_dropped(struct tap *tap, unsigned queue)
{
	return tap->kind->dropped(tap->state, queue);
}

bool tap_is_watching(struct tap *tap, unsigned queue)
{
	return tap->kind->watching(tap->state, queue);
}

uint64_t tap_now_ns(struct tap *tap)
{
	return tap->kind->now_ns(tap->state);
}

enum status tap_filter(struct tap *tap, const char *expression, struct trouble *t)
{
	return tap->kind->filter(tap->state, expression, t);
}

void tap_close(struct tap *tap)
{
	if (!tap)
		return;
	tap->kind->close(tap->state);
	free(tap);
}
