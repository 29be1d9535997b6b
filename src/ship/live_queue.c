/* SPDX-License-Identifier: Apache-2.0 */
#include "ship/live_queue.h"

#include <stdlib.h>
#include <string.h>

static struct live_frame pop(struct live_queue *q)
{
	struct live_frame first = q->frames[0];

	q->count--;
	q->bytes -= first.n;
	memmove(&q->frames[0], &q->frames[1], q->count * sizeof(first));
	return first;
}

static void drop_first(struct live_queue *q)
{
	free(pop(q).bytes);
	q->dropped++;
}

void live_queue_put(struct live_queue *q, const uint8_t *frame, size_t n, uint64_t now_ms)
{
	uint8_t *copy = n <= LIVE_BYTES_MAX ? malloc(n) : NULL;

	if (!copy) {
		q->dropped++;
		return;
	}
	while (q->count == LIVE_FRAMES_MAX || q->bytes + n > LIVE_BYTES_MAX)
		drop_first(q);
	memcpy(copy, frame, n);
	q->frames[q->count++] = (struct live_frame){.bytes = copy, .n = n, .came_ms = now_ms};
	q->bytes += n;
}

bool live_queue_take(struct live_queue *q, uint64_t now_ms, struct live_frame *out)
{
	while (q->count && now_ms - q->frames[0].came_ms > LIVE_AGE_MAX_MS)
		drop_first(q);
	if (q->count == 0)
		return false;
	*out = pop(q);
	return true;
}

void live_queue_clear(struct live_queue *q)
{
	while (q->count)
		drop_first(q);
}
