/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/keep.h"

#include <stdlib.h>
#include <string.h>

void keep_clear(struct keep *k)
{
	free(k->bytes);
	*k = (struct keep){0};
}

void keep_bytes(struct keep *k, const void *bytes, size_t n)
{
	if (k->failed || n == 0)
		return;
	if (k->size + n > k->room) {
		size_t room = (k->size + n) * 2;
		uint8_t *grown = realloc(k->bytes, room);

		if (!grown) {
			k->failed = true;
			return;
		}
		k->bytes = grown;
		k->room = room;
	}
	memcpy(k->bytes + k->size, bytes, n);
	k->size += n;
}

void keep_u64(struct keep *k, uint64_t value)
{
	uint8_t b[8];

	for (int i = 0; i < 8; i++)
		b[i] = (uint8_t)(value >> 8 * i);
	keep_bytes(k, b, sizeof(b));
}

void keep_double(struct keep *k, double value)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	keep_u64(k, bits);
}

void keep_addr(struct keep *k, const struct addr *a)
{
	keep_bytes(k, a->b, sizeof(a->b));
}

double keep_get_double(struct cursor *in)
{
	uint64_t bits = cursor_le64(in);
	double value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

size_t keep_get_count(struct cursor *in, size_t each)
{
	uint64_t n = cursor_le64(in);

	if (n > cursor_left(in) / each) {
		in->failed = true;
		return 0;
	}
	return (size_t)n;
}

void keep_get_addr(struct cursor *in, struct addr *a)
{
	const uint8_t *b = cursor_take(in, sizeof(a->b));

	if (b)
		memcpy(a->b, b, sizeof(a->b));
}

static void keep_facts(struct keep *k, const struct event *e)
{
	keep_u64(k, e->fact_count);
	for (unsigned i = 0; i < e->fact_count; i++) {
		keep_bytes(k, e->facts[i].name, EVENT_NAME_MAX);
		keep_double(k, e->facts[i].number);
		keep_bytes(k, e->facts[i].text, EVENT_SUBJECT_MAX);
	}
	keep_u64(k, e->reason_count);
	keep_bytes(k, e->reasons, sizeof(e->reasons));
}

void keep_event(struct keep *k, const struct event *e)
{
	keep_u64(k, e->id);
	keep_bytes(k, e->detector, EVENT_NAME_MAX);
	keep_bytes(k, e->what, EVENT_NAME_MAX);
	keep_bytes(k, e->subject, EVENT_SUBJECT_MAX);
	keep_u64(k, e->state);
	keep_u64(k, e->serial);
	keep_u64(k, e->start_s);
	keep_u64(k, e->end_s);
	keep_u64(k, e->noticed_s);
	keep_u64(k, e->changed_s);
	keep_bytes(k, e->title, EVENT_TEXT_MAX);
	keep_double(k, e->confidence);
	keep_bytes(k, e->wrong_if, EVENT_TEXT_MAX);
	keep_facts(k, e);
}

static void get_text(struct cursor *in, char *out, size_t size)
{
	const uint8_t *b = cursor_take(in, size);

	if (b)
		memcpy(out, b, size);
	if (b && out[size - 1])
		in->failed = true;
}

static unsigned get_small(struct cursor *in, unsigned most)
{
	uint64_t n = cursor_le64(in);

	if (n > most) {
		in->failed = true;
		return 0;
	}
	return (unsigned)n;
}

static void get_facts(struct cursor *in, struct event *e)
{
	e->fact_count = get_small(in, EVENT_FACTS);
	for (unsigned i = 0; i < e->fact_count; i++) {
		get_text(in, e->facts[i].name, EVENT_NAME_MAX);
		e->facts[i].number = keep_get_double(in);
		get_text(in, e->facts[i].text, EVENT_SUBJECT_MAX);
	}
	e->reason_count = get_small(in, EVENT_REASONS);
	for (unsigned i = 0; i < EVENT_REASONS; i++)
		get_text(in, e->reasons[i], EVENT_TEXT_MAX);
}

void keep_get_event(struct cursor *in, struct event *e)
{
	*e = (struct event){.id = cursor_le64(in)};
	get_text(in, e->detector, EVENT_NAME_MAX);
	get_text(in, e->what, EVENT_NAME_MAX);
	get_text(in, e->subject, EVENT_SUBJECT_MAX);
	e->state = (enum event_state)get_small(in, EVENT_STATE_COUNT - 1);
	e->serial = (uint32_t)cursor_le64(in);
	e->start_s = cursor_le64(in);
	e->end_s = cursor_le64(in);
	e->noticed_s = cursor_le64(in);
	e->changed_s = cursor_le64(in);
	get_text(in, e->title, EVENT_TEXT_MAX);
	e->confidence = keep_get_double(in);
	get_text(in, e->wrong_if, EVENT_TEXT_MAX);
	get_facts(in, e);
}
