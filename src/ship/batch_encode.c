/* SPDX-License-Identifier: Apache-2.0 */
#include "ship/batch_encode.h"

#include "base/cursor.h"
#include "ship/batch_health.h"
#include "ship/batch_pack.h"
#include "ship/dictionary.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/random.h>

/* Where a row belongs: numbers compare faster than bytes. */
struct place {
	uint64_t high, low; /* the source's halves */
	uint64_t rest;      /* proto, port, kind, marks */
};

struct batch_encoder {
	struct batch_encode_options options;
	struct batch_pack pack;
	struct dictionary classes, prints, ports;
	struct batch_frame frame;
	struct window_health health; /* of the window, where it has one */
	uint32_t sources;            /* in this frame */
	uint32_t run;                /* rows of the last source */
	uint32_t last_v4;            /* from which the next gap counts */
	uint32_t far_source;         /* one past the last far source's number */
	size_t sketch_bytes;
	size_t listed;        /* values of lists */
	struct place before;  /* the last row of this frame, if there is one */
	uint32_t unicorn_key; /* of that row */
	bool key_kept;        /* it went out */
	bool key_there;       /* that row has one at all */
	uint32_t usual_rows;  /* at the end, not yet in the varint columns */
};

static void start_frame(struct batch_encoder *e)
{
	batch_pack_reset(&e->pack);
	dictionary_reset(&e->classes);
	dictionary_reset(&e->prints);
	dictionary_reset(&e->ports);
	e->frame.rows = 0;
	e->frame.flags = BATCH_SORTED;
	if (e->options.provisional)
		e->frame.flags |= BATCH_PROVISIONAL;
	e->usual_rows = 0;
	e->sources = e->run = e->last_v4 = e->far_source = 0;
	e->sketch_bytes = e->listed = 0;
}

static void put_source(struct batch_encoder *e, const struct addr *source)
{
	struct batch_pack *p = &e->pack;
	uint32_t low = addr_low32(source);

	if (e->run)
		batch_put_varint(p, BATCH_RUN, e->run - 1);
	e->run = 0;
	if (addr_is_v4(source)) {
		batch_set_32(p, BATCH_GAP, e->sources, low - e->last_v4);
		e->last_v4 = low;
	} else {
		batch_set_32(p, BATCH_GAP, e->sources, 0);
		batch_put_varint(p, BATCH_FAR_INDEX, e->sources - e->far_source);
		for (int i = 0; i < 16; i++)
			batch_put_byte(p, BATCH_FAR_ADDRESS, source->b[i]);
		e->far_source = e->sources + 1;
	}
	e->sources++;
}

/* See batch.h: a key is kept where it can mean something. 0: it is not. */
static uint64_t keep_key(struct batch_encoder *e, const struct flow *row, bool same_source)
{
	bool repeats =
	        same_source && e->key_there && row->unicorn && row->unicorn_key == e->unicorn_key;
	bool fills = repeats && !e->key_kept;

	e->unicorn_key = row->unicorn_key;
	e->key_kept = repeats || row->unicorn >= 2;
	e->key_there = row->unicorn != 0;
	return e->key_kept ? 1 + ((uint64_t)row->unicorn_key << 1 | fills) : 0;
}

/* One packet that is nothing special: zero in each of the varint columns. Most rows of a
 * telescope are. */
static bool is_usual(const struct flow *row, uint64_t key)
{
	return row->packets == 1 && row->bytes == row->ip_len && row->destinations == 1 &&
	       row->exact == 1 && row->last_us == row->first_us && row->ttl_max == row->ttl_min &&
	       row->unicorn == batch_usual_unicorn(row->proto, row->kind) && key == 0;
}

/* Let the usual rows since the last other one into the columns. */
static void put_usual_rows(struct batch_encoder *e)
{
	static const uint8_t columns[] = {BATCH_TTL_SPREAD, BATCH_LENGTH,       BATCH_PACKETS,
	                                  BATCH_BYTES,      BATCH_DESTINATIONS, BATCH_EXACT,
	                                  BATCH_UNICORN,    BATCH_UNICORN_KEY};

	for (size_t i = 0; i < sizeof(columns); i++)
		batch_skip(&e->pack, columns[i], e->usual_rows);
	e->usual_rows = 0;
}

static void put_counts(struct batch_encoder *e, const struct flow *row, uint64_t key)
{
	struct batch_pack *p = &e->pack;

	if (is_usual(row, key)) {
		e->usual_rows++;
		return;
	}
	put_usual_rows(e);
	batch_put_varint(p, BATCH_TTL_SPREAD, (uint8_t)(row->ttl_max - row->ttl_min));
	batch_put_varint(p, BATCH_LENGTH, row->last_us - row->first_us);
	batch_put_varint(p, BATCH_PACKETS, row->packets - 1);
	batch_put_signed(p, BATCH_BYTES, row->bytes - row->packets * row->ip_len);
	batch_put_signed(p, BATCH_DESTINATIONS, row->destinations - row->packets);
	batch_put_signed(p, BATCH_EXACT,
	                 (uint64_t)row->exact - batch_usual_exact(row->destinations));
	batch_put_signed(p, BATCH_UNICORN,
	                 (uint64_t)row->unicorn - batch_usual_unicorn(row->proto, row->kind));
	batch_put_varint(p, BATCH_UNICORN_KEY, key);
}

static void put_features(struct batch_encoder *e, const struct flow *row)
{
	struct batch_pack *p = &e->pack;
	size_t at = e->frame.rows;
	uint64_t class = row->proto | (uint64_t)row->kind << 8 | (uint64_t)row->marks << 16 |
	                 (uint64_t)row->tcp_flags << 24 | (uint64_t)row->signs << 32;
	uint64_t print =
	        row->ip_len | (uint64_t)row->tcp_window << 16 | (uint64_t)row->options_hash << 32;

	batch_set_16(p, BATCH_CLASS, at, (uint16_t)dictionary_number(&e->classes, class));
	batch_set_16(p, BATCH_PRINT, at, (uint16_t)dictionary_number(&e->prints, print));
	batch_set_16(p, BATCH_PORT, at, (uint16_t)dictionary_number(&e->ports, row->port));
	batch_set_16(p, BATCH_PEER_PORT, at, row->peer_port);
	batch_set_16(p, BATCH_IP_ID, at, row->ip_id);
	batch_set_8(p, BATCH_TTL, at, row->ttl_min);
	batch_set_32(p, BATCH_FIRST, at, row->first_us);
}

static void put_sketch(struct batch_encoder *e, const struct flow *row)
{
	struct batch_pack *p = &e->pack;
	uint8_t usual = batch_usual_sketch(row->exact, row->destinations);
	uint8_t sketch = BATCH_SKETCH_NONE;

	if (row->exact && row->list) {
		sketch = BATCH_SKETCH_LIST;
		for (unsigned i = 0; i < row->exact; i++)
			batch_set_32(p, BATCH_LIST, e->listed++, row->list[i]);
		e->sketch_bytes += row->exact * sizeof(*row->list);
	} else if (row->registers) {
		sketch = BATCH_SKETCH_REGISTERS;
		memcpy(p->streams[BATCH_REGISTERS].at, row->registers, FLOW_REGISTERS);
		p->streams[BATCH_REGISTERS].at += FLOW_REGISTERS;
		e->sketch_bytes += FLOW_REGISTERS;
	}
	batch_set_8(p, BATCH_SKETCH, e->frame.rows, sketch ^ usual);
}

static void put_values(struct batch_pack *p, unsigned column, const struct dictionary *d,
                       unsigned planes)
{
	for (unsigned plane = 0; plane < planes; plane++) {
		for (uint32_t i = 0; i < d->count; i++)
			batch_set_8(p, column + plane, i, (uint8_t)(d->values[i] >> 8 * plane));
	}
	batch_end_planes(p, column, planes, d->count);
}

/* What is known only when the frame is full. */
static void finish_columns(struct batch_encoder *e)
{
	static const struct {
		unsigned column, planes;
	} row_planes[] = {{BATCH_CLASS, 2},     {BATCH_PRINT, 2}, {BATCH_PORT, 2},
	                  {BATCH_PEER_PORT, 2}, {BATCH_IP_ID, 2}, {BATCH_TTL, 1},
	                  {BATCH_FIRST, 4},     {BATCH_SKETCH, 1}};
	struct batch_pack *p = &e->pack;

	put_usual_rows(e);
	if (e->run)
		batch_put_varint(p, BATCH_RUN, e->run - 1);
	batch_end_planes(p, BATCH_GAP, 4, e->sources);
	batch_end_planes(p, BATCH_LIST, 4, e->listed);
	for (size_t i = 0; i < sizeof(row_planes) / sizeof(row_planes[0]); i++)
		batch_end_planes(p, row_planes[i].column, row_planes[i].planes, e->frame.rows);
	put_values(p, BATCH_CLASS_VALUE, &e->classes, 6);
	put_values(p, BATCH_PRINT_VALUE, &e->prints, 8);
	put_values(p, BATCH_PORT_VALUE, &e->ports, 2);
}

static enum status put_health(struct batch_encoder *e)
{
	uint8_t plain[BATCH_HEALTH_MAX];

	if (!e->frame.window.health)
		return STATUS_OK;
	return batch_pack_stored(&e->pack, BATCH_SECTION_HEALTH, plain,
	                         batch_health_put(&e->health, plain));
}

static enum status emit_frame(struct batch_encoder *e, bool last)
{
	struct batch_pack *p = &e->pack;
	enum status st;

	finish_columns(e);
	st = batch_pack_sections(p, 0, BATCH_SKETCH, BATCH_SECTION_ROWS);
	if (!st)
		st = batch_pack_sections(p, BATCH_SKETCH, BATCH_COLUMNS, BATCH_SECTION_SKETCHES);
	if (st)
		return st;
	if (last) {
		e->frame.flags |= BATCH_LAST_PART;
		st = put_health(e);
	}
	if (st)
		return st;
	e->frame.body_bytes = (uint32_t)(p->used - BATCH_FRAME_HEADER_BYTES);
	e->frame.plain_bytes = p->plain_bytes;
	e->frame.sections = p->sections;
	e->frame.body_checksum =
	        batch_checksum(p->out + BATCH_FRAME_HEADER_BYTES, e->frame.body_bytes);
	batch_frame_put(&e->frame, p->out);
	e->frame.part++;
	e->frame.sequence += !e->options.provisional;
	return e->options.emit(e->options.state, p->out, p->used);
}

static enum status encode_begin(void *state, const struct window_header *header)
{
	struct batch_encoder *e = state;

	e->frame.window = *header;
	if (header->health) {
		e->health = *header->health;
		e->frame.window.health = &e->health;
	}
	e->frame.part = 0;
	start_frame(e);
	return STATUS_OK;
}

static struct place place_of(const struct flow *row)
{
	return (struct place){
	        .high = bytes_be64(row->source.b),
	        .low = bytes_be64(row->source.b + 8),
	        .rest = (uint64_t)row->proto << 32 | (uint64_t)row->port << 16 |
	                (uint64_t)row->kind << 8 | row->marks,
	};
}

/* -1: a belongs to an earlier source than b; 0: to the same; 1: to a later one. */
static int compare_sources(const struct place *a, const struct place *b)
{
	if (a->high != b->high)
		return a->high < b->high ? -1 : 1;
	return a->low < b->low ? -1 : a->low > b->low;
}

static bool is_full(const struct batch_encoder *e)
{
	return e->frame.rows == e->options.rows_max || e->sketch_bytes >= BATCH_SKETCH_MAX;
}

static enum status encode_row(void *state, const struct flow *row)
{
	struct batch_encoder *e = state;
	struct place place = place_of(row);
	int order;

	assert(row->exact <= FLOW_EXACT && row->kind < KIND_COUNT);
	if (is_full(e)) {
		enum status st = emit_frame(e, false);

		if (st)
			return st;
		start_frame(e);
	}
	order = e->frame.rows ? compare_sources(&e->before, &place) : -1;
	if (order > 0 || (order == 0 && e->before.rest > place.rest))
		e->frame.flags &= (uint16_t)~BATCH_SORTED;
	if (order != 0)
		put_source(e, &row->source);
	e->run++;
	put_features(e, row);
	put_counts(e, row, keep_key(e, row, order == 0));
	put_sketch(e, row);
	e->before = place;
	e->frame.rows++;
	return STATUS_OK;
}

static enum status encode_end(void *state)
{
	return emit_frame(state, true);
}

enum status batch_encoder_new(struct batch_encoder **out,
                              const struct batch_encode_options *options, struct flow_sink *sink)
{
	struct batch_encoder *e = calloc(1, sizeof(*e));
	uint64_t key = 0;

	*out = NULL;
	if (!e)
		return STATUS_NO_MEMORY;
	e->options = *options;
	if (e->options.rows_max == 0 || e->options.rows_max > BATCH_ROWS_MAX)
		e->options.rows_max = BATCH_ROWS_MAX;
	e->frame.boot_id = options->boot_id;
	e->frame.sequence = options->provisional ? 0 : options->sequence;
	if (getrandom(&key, sizeof(key), 0) < 0)
		key = (uint64_t)(uintptr_t)e; /* address randomisation is better than nothing */
	if (batch_pack_init(&e->pack, e->options.rows_max,
	                    options->level ? options->level : BATCH_LEVEL) ||
	    dictionary_init(&e->classes, key) || dictionary_init(&e->prints, key) ||
	    dictionary_init(&e->ports, key)) {
		batch_encoder_free(e);
		return STATUS_NO_MEMORY;
	}
	*sink = (struct flow_sink){
	        .state = e, .begin = encode_begin, .row = encode_row, .end = encode_end};
	*out = e;
	return STATUS_OK;
}

void batch_encoder_free(struct batch_encoder *e)
{
	if (!e)
		return;
	batch_pack_clear(&e->pack);
	dictionary_clear(&e->classes);
	dictionary_clear(&e->prints);
	dictionary_clear(&e->ports);
	free(e);
}
