/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/writer.h"

#include "base/timefmt.h"
#include "intake/segment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	TAKE_MS = 200, /* how often the writer looks at provisional frames */
	PAUSE_MIN_MS = 500,
	PAUSE_MAX_MS = 30000,
	SEGMENT_READ_MAX = 256 << 20,
	FORGET_EACH = 256,
	KEEP_EACH_S = 3600,
};

enum status writer_init(struct writer *w, const struct intake_options *o, struct journal *journal,
                        struct live *live, struct watch *watch)
{
	memset(w, 0, sizeof(*w));
	w->options = o;
	w->journal = journal;
	w->live = live;
	w->watch = watch;
	w->pause_ms = PAUSE_MIN_MS;
	blocks_init(&w->blocks, o->country, o->network);
	blocks_init(&w->live_blocks, o->country, o->network);
	return batch_decoder_new(&w->decoder);
}

static uint32_t now_s(const struct writer *w)
{
	return (uint32_t)(w->options->now_ns(w->options->now_state) / NS_PER_SECOND);
}

static void count(struct writer *w, enum metric which, uint64_t n)
{
	metrics_add(w->options->metrics, which, n);
}

/* Decode one frame into blocks. What the front let in decodes, unless the disk lies. */
static enum status add_frame(struct writer *w, struct blocks *b, const struct batch_frame *frame,
                             const uint8_t *body, struct trouble *t)
{
	const char *why = "";
	enum status st = batch_decode(w->decoder, frame, body, &why);

	if (st)
		return trouble_set(t, st, "", 0, "a frame of sensor %u: %s", frame->window.sensor,
		                   why);
	st = blocks_add(b, frame, w->decoder, now_s(w));
	return st ? trouble_set(t, st, "", 0, "rows of a segment: %s", status_text(st)) : st;
}

static enum status load_segment(struct writer *w, const char *path, struct trouble *t)
{
	struct batch_frame frame;
	const uint8_t *body;
	uint8_t *bytes = NULL;
	size_t n = 0, at = 0;
	enum status st = segment_read(path, SEGMENT_READ_MAX, &bytes, &n, t), next = st;

	blocks_empty(&w->blocks);
	while (!st && !(next = segment_next(bytes, n, &at, &frame, &body)))
		st = add_frame(w, &w->blocks, &frame, body, t);
	free(bytes);
	if (st)
		return st;
	return next == STATUS_END
	               ? STATUS_OK
	               : trouble_set(t, STATUS_FORMAT, path, 0, "the segment is damaged");
}

static enum status store_day(struct writer *w, const struct day_block *d, uint64_t segment,
                             struct trouble *t)
{
	char token[OBSERVATIONS_TOKEN_MAX];
	enum status st;

	snprintf(token, sizeof(token), "%.40s-%llu-%u-rows", w->options->hub_id,
	         (unsigned long long)segment, d->day);
	st = observations_insert(w->store, &d->rows, token, t);
	if (st)
		return st;
	snprintf(token, sizeof(token), "%.40s-%llu-%u-windows", w->options->hub_id,
	         (unsigned long long)segment, d->day);
	return observations_insert_windows(w->store, d->windows, d->window_count, token, t);
}

static void tell_watch(struct writer *w)
{
	uint32_t now = now_s(w);

	for (size_t i = 0; i < w->blocks.day_count; i++) {
		const struct day_block *d = &w->blocks.days[i];

		for (size_t k = 0; k < d->window_count; k++)
			watch_window(w->watch, &d->windows[k], now);
	}
}

static void count_stored(struct writer *w)
{
	for (size_t i = 0; i < w->blocks.day_count; i++)
		count(w, METRIC_STORE_ROWS, w->blocks.days[i].rows.rows);
	count(w, METRIC_STORE_SEGMENTS, 1);
}

static enum status open_store(struct writer *w, struct trouble *t)
{
	enum status st;

	if (w->store)
		return STATUS_OK;
	st = w->options->open_store(w->options->store_state, &w->store, t);
	if (!st)
		log_note(w->options->log, "store-opened", "hub=%s", w->options->hub_id);
	return st;
}

/* All of a loaded segment, then the note that it is done. */
static enum status store_segment(struct writer *w, uint64_t number, struct trouble *t)
{
	enum status st = open_store(w, t);

	for (size_t i = 0; i < w->blocks.day_count && !st; i++)
		st = store_day(w, &w->blocks.days[i], number, t);
	if (!st)
		st = control_progress_advance(w->options->control, w->blocks.progress,
		                              w->blocks.progress_count, number, t);
	if (!st)
		st = journal_done(w->journal, number);
	if (st)
		return st;
	tell_watch(w);
	count_stored(w);
	/* Segments go in order: the files below are gone. */
	return number % FORGET_EACH ? STATUS_OK
	                            : control_segments_forget(w->options->control, number, t);
}

static void pause_a_while(struct writer *w)
{
	struct timespec tick = {0, 50 * 1000000};

	for (uint32_t slept = 0; slept < w->pause_ms && !atomic_load(&w->stop); slept += 50)
		nanosleep(&tick, NULL);
	w->pause_ms = w->pause_ms * 2 < PAUSE_MAX_MS ? w->pause_ms * 2 : PAUSE_MAX_MS;
}

static void note_failure(struct writer *w, const struct trouble *t)
{
	count(w, METRIC_STORE_FAILURES, 1);
	if (!w->failing)
		log_trouble(w->options->log, LOG_LEVEL_ERROR, "store-failed", t);
	w->failing = true;
	pause_a_while(w);
}

static void note_success(struct writer *w)
{
	if (w->failing)
		log_note(w->options->log, "store-works", "hub=%s", w->options->hub_id);
	w->failing = false;
	w->pause_ms = PAUSE_MIN_MS;
}

/* A file that a disk spoiled after the journal was opened: opening it again sorts it out. */
static void set_aside(struct writer *w, uint64_t number, const struct trouble *t)
{
	log_trouble(w->options->log, LOG_LEVEL_ERROR, "segment-damaged", t);
	if (journal_set_aside(w->journal, number))
		pause_a_while(w);
}

/* Stored and noted by a run that ended before it removed the file? */
static bool is_done(struct writer *w, uint64_t number)
{
	struct trouble t = {0};
	bool done = false;

	if (control_segment_done(w->options->control, number, &done, &t))
		log_trouble(w->options->log, LOG_LEVEL_WARNING, "control-data", &t);
	return done && journal_done(w->journal, number) == STATUS_OK;
}

static void handle_segment(struct writer *w, uint64_t number, const char *path)
{
	struct trouble t = {0};
	enum status st;

	if (is_done(w, number))
		return;
	st = load_segment(w, path, &t);
	if (st == STATUS_FORMAT) {
		set_aside(w, number, &t);
		return;
	}
	while (!st && (st = store_segment(w, number, &t)) && !atomic_load(&w->stop)) {
		note_failure(w, &t);
		st = STATUS_OK;
	}
	if (!st)
		note_success(w);
	else if (!atomic_load(&w->stop))
		note_failure(w, &t);
}

static void add_live(struct writer *w, const uint8_t *bytes, size_t n)
{
	struct batch_frame frame;
	struct trouble t = {0};

	if (n < BATCH_FRAME_HEADER_BYTES || batch_frame_get(&frame, bytes))
		return;
	frame.flags &= (uint16_t)~BATCH_LAST_PART; /* no window: its minute is not over */
	if (add_frame(w, &w->live_blocks, &frame, bytes + BATCH_FRAME_HEADER_BYTES, &t))
		log_trouble(w->options->log, LOG_LEVEL_WARNING, "provisional-lost", &t);
}

static void store_live(struct writer *w)
{
	struct trouble t = {0};
	uint8_t *bytes;
	size_t n;

	blocks_empty(&w->live_blocks);
	while ((bytes = live_take(w->live, &n))) {
		add_live(w, bytes, n);
		free(bytes);
	}
	for (size_t i = 0; i < w->live_blocks.day_count && w->store; i++) {
		/* What is lost here comes again with the minute. */
		if (observations_insert_live(w->store, &w->live_blocks.days[i].rows, now_s(w), &t))
			count(w, METRIC_STORE_FAILURES, 1);
	}
}

/* Old rows go, once an hour. */
static void keep_house(struct writer *w)
{
	struct trouble t = {0};
	unsigned dropped = 0;
	uint32_t now = now_s(w);

	if (!w->store || !w->options->keep || now - w->kept_at < KEEP_EACH_S)
		return;
	w->kept_at = now;
	if (observations_retain(w->store, w->options->keep, now, &dropped, &t))
		log_trouble(w->options->log, LOG_LEVEL_WARNING, "old-rows-stay", &t);
	else if (dropped)
		log_note(w->options->log, "old-rows-dropped", "partitions=%u", dropped);
}

/* Before there is anything to write, so that questions find tables. */
static void open_first(struct writer *w)
{
	struct trouble t = {0};

	while (!atomic_load(&w->stop) && open_store(w, &t))
		note_failure(w, &t);
	if (w->store)
		note_success(w);
}

void *writer_run(void *state)
{
	struct writer *w = state;
	char path[JOURNAL_PATH_MAX];
	struct trouble t = {0};
	uint64_t number;

	open_first(w);
	while (!atomic_load(&w->stop)) {
		if (journal_take(w->journal, TAKE_MS, &number, path) == STATUS_OK)
			handle_segment(w, number, path);
		store_live(w);
		keep_house(w);
		journal_gauge(w->journal, w->options->metrics);
		if (watch_tick(w->watch, w->options->control, now_s(w), &t))
			log_trouble(w->options->log, LOG_LEVEL_WARNING, "health-not-kept", &t);
	}
	return NULL;
}

void writer_clear(struct writer *w)
{
	observations_close(w->store);
	batch_decoder_free(w->decoder);
	blocks_clear(&w->blocks);
	blocks_clear(&w->live_blocks);
}
