/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/stream.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static bool stream_next_block(struct stream *s)
{
	struct input_block block;

	assert(s->at == s->end);
	if (s->ended)
		return false;
	if (input_block(s->input, s->worker, s->next_block, &block) != STATUS_OK) {
		s->ended = true;
		s->at = s->end = NULL;
		return false;
	}
	s->next_block++;
	s->at = block.bytes;
	s->end = block.bytes + block.size;
	return true;
}

/* Room is made as bytes come, not as a header claims that they will. */
static bool stream_carry(struct stream *s, const uint8_t *bytes, size_t n)
{
	if (s->carry_room - s->carry_size < n) {
		size_t room = (s->carry_size + n) * 2;
		uint8_t *carry = realloc(s->carry, room);

		if (!carry) {
			s->no_memory = true;
			return false;
		}
		s->carry = carry;
		s->carry_room = room;
	}
	memcpy(s->carry + s->carry_size, bytes, n);
	s->carry_size += n;
	return true;
}

const uint8_t *stream_need(struct stream *s, size_t n)
{
	if (s->carry_size == 0 && stream_here(s) >= n)
		return s->at;
	while (s->carry_size < n) {
		size_t missing = n - s->carry_size, here = stream_here(s);
		size_t take = here < missing ? here : missing;

		if (take == 0 && !stream_next_block(s))
			return NULL;
		if (take > 0 && !stream_carry(s, s->at, take))
			return NULL;
		s->at += take;
	}
	return s->carry;
}

bool stream_skip(struct stream *s, uint64_t n)
{
	uint64_t carried = s->carry_size < n ? s->carry_size : n;

	if (carried)
		memmove(s->carry, s->carry + carried, s->carry_size - (size_t)carried);
	s->carry_size -= (size_t)carried;
	n -= carried;
	while (n > 0) {
		uint64_t step = stream_here(s) < n ? stream_here(s) : n;

		s->at += step;
		n -= step;
		if (n > 0 && !stream_next_block(s))
			return false;
	}
	return true;
}

bool stream_at_end(struct stream *s)
{
	while (s->carry_size == 0 && s->at == s->end) {
		if (!stream_next_block(s))
			return true;
	}
	return false;
}

void stream_clear(struct stream *s)
{
	free(s->carry);
	*s = (struct stream){0};
}
