/* SPDX-License-Identifier: Apache-2.0 */
#include "ship/batch_decode.h"

#include "base/cursor.h"
#include "ship/batch_health.h"
#include "ship/varint.h"

#include <stdlib.h>
#include <zstd.h>

struct stream {
	const uint8_t *at;
	size_t n;
	bool there;
};

struct batch_decoder {
	ZSTD_DCtx *zstd;
	uint8_t *plain; /* what was packed, section after section */
	size_t plain_room;
	struct flow *rows;
	size_t rows_room;
	uint32_t *lists; /* all rows' lists */
	size_t lists_room;
	uint32_t count; /* rows of this frame */
	struct stream streams[BATCH_COLUMNS];
	struct window_health health;
	bool has_health;
};

enum status batch_decoder_new(struct batch_decoder **out)
{
	struct batch_decoder *d = calloc(1, sizeof(*d));

	*out = NULL;
	if (!d)
		return STATUS_NO_MEMORY;
	d->zstd = ZSTD_createDCtx();
	if (!d->zstd) {
		free(d);
		return STATUS_NO_MEMORY;
	}
	*out = d;
	return STATUS_OK;
}

void batch_decoder_free(struct batch_decoder *d)
{
	if (!d)
		return;
	ZSTD_freeDCtx(d->zstd);
	free(d->plain);
	free(d->rows);
	free(d->lists);
	free(d);
}

const struct flow *batch_decoder_rows(const struct batch_decoder *d)
{
	return d->rows;
}

const struct window_health *batch_decoder_health(const struct batch_decoder *d)
{
	return d->has_health ? &d->health : NULL;
}

/* A buffer of at least `need` items, never NULL; what was in it is lost. */
static enum status make_room(void **buffer, size_t *room, size_t need, size_t size)
{
	if (*buffer && need <= *room)
		return STATUS_OK;
	need += need == 0;
	free(*buffer);
	*room = 0;
	*buffer = calloc(need, size);
	if (!*buffer)
		return STATUS_NO_MEMORY;
	*room = need;
	return STATUS_OK;
}

static bool read_streams(struct batch_decoder *d, const uint8_t *bytes, size_t n)
{
	struct cursor c = cursor_over(bytes, n);

	while (cursor_left(&c) > 0) {
		unsigned column = cursor_u8(&c);
		uint32_t length = cursor_le32(&c);
		const uint8_t *at = cursor_take(&c, length);

		if (c.failed)
			return false;
		if (column >= BATCH_COLUMNS)
			continue;
		if (d->streams[column].there)
			return false;
		d->streams[column] = (struct stream){.at = at, .n = length, .there = true};
	}
	return true;
}

static bool read_health(struct batch_decoder *d, const uint8_t *bytes, size_t n)
{
	if (d->has_health)
		return false;
	d->has_health = true;
	return batch_health_get(&d->health, bytes, n);
}

static bool read_section(struct batch_decoder *d, struct cursor *c, size_t *used, size_t plain_max)
{
	unsigned what = cursor_u8(c), storage = cursor_u8(c);
	uint32_t plain_bytes, packed_bytes;
	const uint8_t *bytes;

	cursor_skip(c, 2);
	plain_bytes = cursor_le32(c);
	packed_bytes = cursor_le32(c);
	bytes = cursor_take(c, packed_bytes);
	if (c->failed || plain_bytes > plain_max - *used)
		return false;
	*used += plain_bytes;
	if (storage == BATCH_ZSTD) {
		uint8_t *to = d->plain + *used - plain_bytes;

		if (ZSTD_decompressDCtx(d->zstd, to, plain_bytes, bytes, packed_bytes) !=
		    plain_bytes)
			return false;
		bytes = to;
	} else if (storage != BATCH_STORED || packed_bytes != plain_bytes) {
		return false;
	}
	if (what == BATCH_SECTION_HEALTH)
		return read_health(d, bytes, plain_bytes);
	if (what != BATCH_SECTION_ROWS && what != BATCH_SECTION_SKETCHES)
		return true;
	return read_streams(d, bytes, plain_bytes);
}

static bool read_sections(struct batch_decoder *d, const struct batch_frame *f, const uint8_t *body)
{
	struct cursor c = cursor_over(body, f->body_bytes);
	size_t used = 0;

	memset(d->streams, 0, sizeof(d->streams));
	d->has_health = false;
	for (uint32_t i = 0; i < f->sections; i++) {
		if (!read_section(d, &c, &used, f->plain_bytes))
			return false;
	}
	return cursor_left(&c) == 0 && used == f->plain_bytes;
}

/* The number at `index` of a column in planes; a plane that is left out is zero. */
static bool get_planes(const struct batch_decoder *d, unsigned column, int planes, size_t index,
                       uint64_t *value)
{
	*value = 0;
	for (int i = 0; i < planes; i++) {
		const struct stream *s = &d->streams[column + (unsigned)i];

		if (!s->there)
			continue;
		if (index >= s->n)
			return false;
		*value |= (uint64_t)s->at[index] << 8 * i;
	}
	return true;
}

/* Has each plane that is there exactly `count` bytes? Then get_planes() cannot fail below. */
static bool planes_have(const struct batch_decoder *d, unsigned column, int planes, size_t count)
{
	for (int i = 0; i < planes; i++) {
		const struct stream *s = &d->streams[column + (unsigned)i];

		if (s->there && s->n != count)
			return false;
	}
	return true;
}

/* A column that is left out has no end, see varint_next(). */
static struct cursor cursor_of(const struct batch_decoder *d, unsigned column)
{
	const struct stream *s = &d->streams[column];

	return s->there ? cursor_over(s->at, s->n) : (struct cursor){0};
}

/* All was read, and nothing past the end. */
static bool used_up(const struct cursor *c)
{
	return !c->failed && c->at == c->end;
}

/* The sources that are not IPv4, as they come. */
struct far_sources {
	struct cursor index, address;
	uint64_t next; /* number of the next one; UINT64_MAX: no more */
};

static void advance_far(struct far_sources *f, uint64_t after)
{
	if (cursor_left(&f->address) == 0)
		f->next = UINT64_MAX;
	else
		f->next = after + varint_next(&f->index);
}

static bool take_far(struct far_sources *f, uint64_t number, struct addr *out)
{
	const uint8_t *bytes;

	if (number != f->next)
		return false;
	bytes = cursor_take(&f->address, sizeof(out->b));
	if (bytes)
		memcpy(out->b, bytes, sizeof(out->b));
	advance_far(f, number + 1);
	return true;
}

static bool get_sources(struct batch_decoder *d)
{
	struct far_sources far = {.index = cursor_of(d, BATCH_FAR_INDEX),
	                          .address = cursor_of(d, BATCH_FAR_ADDRESS)};
	struct cursor run = cursor_of(d, BATCH_RUN);
	uint32_t at = 0, low = 0;
	uint64_t number = 0, gap;

	advance_far(&far, 0);
	for (; at < d->count; number++) {
		uint64_t more = varint_next(&run);
		struct addr source = {{0}};

		if (!get_planes(d, BATCH_GAP, 4, number, &gap) || more >= d->count - at)
			return false;
		low += (uint32_t)gap;
		if (!take_far(&far, number, &source))
			source = addr_v4(low);
		for (uint64_t i = 0; i <= more; i++)
			d->rows[at++].source = source;
	}
	return used_up(&run) && used_up(&far.index) && used_up(&far.address) &&
	       planes_have(d, BATCH_GAP, 4, number);
}

static bool get_class(const struct batch_decoder *d, size_t i, struct flow *row)
{
	uint64_t number, class;

	if (!get_planes(d, BATCH_CLASS, 2, i, &number) ||
	    !get_planes(d, BATCH_CLASS_VALUE, 6, number, &class))
		return false;
	row->proto = (uint8_t) class;
	row->kind = (uint8_t)(class >> 8);
	row->marks = (uint8_t)(class >> 16);
	row->tcp_flags = (uint8_t)(class >> 24);
	row->signs = (uint16_t)(class >> 32);
	return row->kind < KIND_COUNT;
}

static bool get_print(const struct batch_decoder *d, size_t i, struct flow *row)
{
	uint64_t number, print;

	if (!get_planes(d, BATCH_PRINT, 2, i, &number) ||
	    !get_planes(d, BATCH_PRINT_VALUE, 8, number, &print))
		return false;
	row->ip_len = (uint16_t)print;
	row->tcp_window = (uint16_t)(print >> 16);
	row->options_hash = (uint32_t)(print >> 32);
	return true;
}

static bool get_features(struct batch_decoder *d)
{
	struct cursor spread = cursor_of(d, BATCH_TTL_SPREAD);
	uint64_t number, port, peer, id, ttl;

	if (!planes_have(d, BATCH_CLASS, 2, d->count) ||
	    !planes_have(d, BATCH_PRINT, 2, d->count) || !planes_have(d, BATCH_PORT, 2, d->count))
		return false;
	for (size_t i = 0; i < d->count; i++) {
		struct flow *row = &d->rows[i];

		if (!get_class(d, i, row) || !get_print(d, i, row) ||
		    !get_planes(d, BATCH_PORT, 2, i, &number) ||
		    !get_planes(d, BATCH_PORT_VALUE, 2, number, &port) ||
		    !get_planes(d, BATCH_PEER_PORT, 2, i, &peer) ||
		    !get_planes(d, BATCH_IP_ID, 2, i, &id) || !get_planes(d, BATCH_TTL, 1, i, &ttl))
			return false;
		row->port = (uint16_t)port;
		row->peer_port = (uint16_t)peer;
		row->ip_id = (uint16_t)id;
		row->ttl_min = (uint8_t)ttl;
		row->ttl_max = (uint8_t)(ttl + varint_next(&spread));
	}
	return used_up(&spread) && planes_have(d, BATCH_PEER_PORT, 2, d->count) &&
	       planes_have(d, BATCH_IP_ID, 2, d->count) && planes_have(d, BATCH_TTL, 1, d->count);
}

static bool get_times(struct batch_decoder *d)
{
	struct cursor length = cursor_of(d, BATCH_LENGTH);
	uint64_t first;

	for (size_t i = 0; i < d->count; i++) {
		if (!get_planes(d, BATCH_FIRST, 4, i, &first))
			return false;
		d->rows[i].first_us = (uint32_t)first;
		d->rows[i].last_us = (uint32_t)(first + varint_next(&length));
	}
	return used_up(&length) && planes_have(d, BATCH_FIRST, 4, d->count);
}

static bool get_counts(struct batch_decoder *d)
{
	struct cursor packets = cursor_of(d, BATCH_PACKETS), bytes = cursor_of(d, BATCH_BYTES);
	struct cursor destinations = cursor_of(d, BATCH_DESTINATIONS);
	struct cursor exact = cursor_of(d, BATCH_EXACT);

	for (size_t i = 0; i < d->count; i++) {
		struct flow *row = &d->rows[i];
		uint64_t n;

		row->packets = 1 + varint_next(&packets);
		row->bytes = varint_next_signed(&bytes) + row->packets * row->ip_len;
		row->destinations = (uint32_t)(varint_next_signed(&destinations) + row->packets);
		n = varint_next_signed(&exact) + batch_usual_exact(row->destinations);
		if (n > FLOW_EXACT)
			return false;
		row->exact = (uint8_t)n;
	}
	return used_up(&packets) && used_up(&bytes) && used_up(&destinations) && used_up(&exact);
}

static bool get_unicorns(struct batch_decoder *d)
{
	struct cursor unicorn = cursor_of(d, BATCH_UNICORN);
	struct cursor keys = cursor_of(d, BATCH_UNICORN_KEY);

	for (size_t i = 0; i < d->count; i++) {
		struct flow *row = &d->rows[i];
		uint64_t key = varint_next(&keys);

		row->unicorn = (uint16_t)(varint_next_signed(&unicorn) +
		                          batch_usual_unicorn(row->proto, row->kind));
		row->unicorn_key = key ? (uint32_t)((key - 1) >> 1) : 0;
		if (key && (key - 1) & 1) {
			if (i == 0)
				return false;
			d->rows[i - 1].unicorn_key = row->unicorn_key;
		}
	}
	return used_up(&unicorn) && used_up(&keys);
}

/* All values of the lists, in the order of their rows. */
static enum status get_lists(struct batch_decoder *d, size_t count, bool *ok)
{
	void *lists = d->lists;
	enum status st = make_room(&lists, &d->lists_room, count, sizeof(*d->lists));

	d->lists = lists;
	*ok = !st && planes_have(d, BATCH_LIST, 4, count);
	for (size_t i = 0; *ok && i < count; i++) {
		uint64_t value;

		*ok = get_planes(d, BATCH_LIST, 4, i, &value);
		d->lists[i] = (uint32_t)value;
	}
	return st;
}

static bool registers_sound(const struct stream *s)
{
	bool ok = true;

	for (size_t i = 0; i < s->n; i++)
		ok &= s->at[i] <= BATCH_REGISTER_MAX;
	return ok;
}

/* What sketch a row has; false where the row cannot have it. */
static bool get_sketch(const struct batch_decoder *d, size_t i, uint64_t *sketch)
{
	const struct flow *row = &d->rows[i];

	if (!get_planes(d, BATCH_SKETCH, 1, i, sketch))
		return false;
	*sketch ^= batch_usual_sketch(row->exact, row->destinations);
	return *sketch <= BATCH_SKETCH_REGISTERS && (*sketch != BATCH_SKETCH_LIST || row->exact);
}

static enum status get_sketches(struct batch_decoder *d, bool *ok)
{
	const struct stream *registers = &d->streams[BATCH_REGISTERS];
	size_t listed = 0, registered = 0;
	uint64_t sketch;
	enum status st;

	*ok = planes_have(d, BATCH_SKETCH, 1, d->count) && registers_sound(registers);
	for (size_t i = 0; *ok && i < d->count; i++) {
		*ok = get_sketch(d, i, &sketch);
		listed += sketch == BATCH_SKETCH_LIST ? d->rows[i].exact : 0;
		registered += sketch == BATCH_SKETCH_REGISTERS;
	}
	*ok = *ok && registers->n == registered * FLOW_REGISTERS &&
	      listed * sizeof(*d->lists) <= BATCH_BODY_MAX;
	if (!*ok)
		return STATUS_OK;
	st = get_lists(d, listed, ok);
	listed = registered = 0;
	for (size_t i = 0; *ok && i < d->count; i++) {
		struct flow *row = &d->rows[i];

		(void)get_sketch(d, i, &sketch);
		if (sketch == BATCH_SKETCH_LIST) {
			row->list = d->lists + listed;
			listed += row->exact;
		} else if (sketch == BATCH_SKETCH_REGISTERS) {
			row->registers = registers->at + registered++ * FLOW_REGISTERS;
		}
	}
	return st;
}

enum status batch_decode(struct batch_decoder *d, const struct batch_frame *frame,
                         const uint8_t *body, const char **why)
{
	void *plain = d->plain, *rows = d->rows;
	enum status st = make_room(&plain, &d->plain_room, frame->plain_bytes, 1);
	bool ok = false;

	d->plain = plain;
	*why = status_text(STATUS_NO_MEMORY);
	if (!st)
		st = make_room(&rows, &d->rows_room, frame->rows, sizeof(*d->rows));
	d->rows = rows;
	if (st)
		return st;
	*why = "its body does not match its checksum";
	if (batch_checksum(body, frame->body_bytes) != frame->body_checksum)
		return STATUS_FORMAT;
	d->count = frame->rows;
	if (d->count)
		memset(d->rows, 0, d->count * sizeof(*d->rows));
	*why = "its sections do not unpack";
	if (!read_sections(d, frame, body))
		return STATUS_FORMAT;
	*why = "its columns do not make rows";
	if (!get_sources(d) || !get_features(d) || !get_times(d) || !get_counts(d) ||
	    !get_unicorns(d))
		return STATUS_FORMAT;
	st = get_sketches(d, &ok);
	return st || ok ? st : STATUS_FORMAT;
}
