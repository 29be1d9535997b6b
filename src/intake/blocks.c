/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/blocks.h"

#include "enrich/geo.h"
#include "intake/label.h"

#include <stdlib.h>
#include <string.h>

enum { SECONDS_PER_DAY = 86400 };

void blocks_init(struct blocks *b, const struct geo *country, const struct geo *network)
{
	*b = (struct blocks){.country = country, .network = network};
}

/* Room for one more item of an array that doubles. */
static enum status grow(void **items, size_t count, size_t *room, size_t size)
{
	size_t more = *room ? 2 * *room : 16;
	void *grown;

	if (count < *room)
		return STATUS_OK;
	grown = realloc(*items, more * size);
	if (!grown)
		return STATUS_NO_MEMORY;
	memset((char *)grown + *room * size, 0, (more - *room) * size);
	*items = grown;
	*room = more;
	return STATUS_OK;
}

/* Days are few: a frame's is most often the last one's. */
static enum status day_of(struct blocks *b, uint32_t day, struct day_block **out)
{
	void *days = b->days;
	enum status st;

	for (size_t i = b->day_count; i-- > 0;) {
		if (b->days[i].day == day) {
			*out = &b->days[i];
			return STATUS_OK;
		}
	}
	st = grow(&days, b->day_count, &b->day_room, sizeof(*b->days));
	b->days = days;
	if (st)
		return st;
	*out = &b->days[b->day_count++];
	(*out)->day = day;
	return STATUS_OK;
}

static enum status add_window(struct day_block *d, const struct batch_frame *f,
                              const struct window_health *health)
{
	void *windows = d->windows;
	enum status st = grow(&windows, d->window_count, &d->window_room, sizeof(*d->windows));
	struct window_row *w;

	d->windows = windows;
	if (st)
		return st;
	w = &d->windows[d->window_count++];
	memset(w, 0, sizeof(*w));
	w->header = f->window;
	w->header.health = NULL;
	w->batch = flow_batch(f->window.sensor, f->boot_id, f->sequence);
	if (health)
		w->health = *health;
	return STATUS_OK;
}

static enum status add_progress(struct blocks *b, const struct batch_frame *f, uint32_t now_s)
{
	void *items = b->progress;
	enum status st;

	for (size_t i = b->progress_count; i-- > 0;) {
		struct control_progress *p = &b->progress[i];

		if (p->sensor == f->window.sensor && p->boot == f->boot_id) {
			if (f->sequence > p->sequence)
				p->sequence = f->sequence;
			return STATUS_OK;
		}
	}
	st = grow(&items, b->progress_count, &b->progress_room, sizeof(*b->progress));
	b->progress = items;
	if (!st)
		b->progress[b->progress_count++] =
		        (struct control_progress){f->window.sensor, f->boot_id, f->sequence, now_s};
	return st;
}

static void name_place(const struct blocks *b, const struct addr *source, struct flow_place *place)
{
	char letters[GEO_COUNTRY_MAX], name[GEO_NAME_MAX];

	place->country = 0;
	place->asn = 0;
	if (b->country && geo_country(b->country, source, letters))
		place->country = flow_country(letters);
	if (b->network)
		(void)geo_network(b->network, source, &place->asn, name);
}

static enum status add_rows(const struct blocks *b, struct day_block *d,
                            const struct batch_frame *f, const struct flow *rows,
                            struct flow_place *place)
{
	enum status st = STATUS_OK;

	for (uint32_t i = 0; i < f->rows && !st; i++) {
		/* Rows of one source follow each other. */
		if (i == 0 || addr_compare(&rows[i].source, &rows[i - 1].source) != 0)
			name_place(b, &rows[i].source, place);
		place->tool = (uint8_t)label_tool(&rows[i]);
		st = flow_block_add(&d->rows, place, &rows[i]);
	}
	return st;
}

enum status blocks_add(struct blocks *b, const struct batch_frame *f,
                       const struct batch_decoder *decoded, uint32_t now_s)
{
	struct flow_place place = {
	        .start_s = f->window.start_s,
	        .sensor = f->window.sensor,
	};
	struct day_block *d = NULL;
	enum status st = day_of(b, f->window.start_s / SECONDS_PER_DAY, &d);

	if (!st)
		st = add_rows(b, d, f, batch_decoder_rows(decoded), &place);
	if (!st && f->flags & BATCH_LAST_PART)
		st = add_window(d, f, batch_decoder_health(decoded));
	return st ? st : add_progress(b, f, now_s);
}

void blocks_empty(struct blocks *b)
{
	for (size_t i = 0; i < b->day_count; i++) {
		flow_block_empty(&b->days[i].rows);
		b->days[i].window_count = 0;
	}
	b->day_count = b->progress_count = 0;
}

void blocks_clear(struct blocks *b)
{
	for (size_t i = 0; i < b->day_room; i++) {
		flow_block_clear(&b->days[i].rows);
		free(b->days[i].windows);
	}
	free(b->days);
	free(b->progress);
	memset(b, 0, sizeof(*b));
}
