/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/intake.h"

#include "base/timefmt.h"
#include "intake/admit.h"
#include "intake/decoders.h"
#include "intake/ledger.h"
#include "intake/writer.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	SEGMENT_ROWS = 100000,
	SEGMENT_BYTES = 32 << 20,
	SEGMENT_AGE_MS = 1000,
	RETRY_S = 30,
	LOG_LINES_MINUTE = 20,
};

struct intake {
	struct intake_options options;
	struct journal *journal;
	struct decoders *decoders;
	struct ledger *ledger;
	struct live *live;
	struct watch *watch;
	struct writer writer;
	pthread_mutex_t mutex; /* ledger, and the order of frames in the journal */
	pthread_t thread;
	bool running, writer_ready;
	_Atomic uint64_t log_minute, log_lines;
};

static uint64_t system_now(void *state)
{
	struct timespec t;

	(void)state;
	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * NS_PER_SECOND + (uint64_t)t.tv_nsec;
}

static uint64_t now_s(const struct intake *in)
{
	return in->options.now_ns(in->options.now_state) / NS_PER_SECOND;
}

static void count(struct intake *in, enum metric which, uint64_t n)
{
	metrics_add(in->options.metrics, which, n);
}

/* A frame that an earlier run made durable. */
static void found_frame(void *state, const struct batch_frame *f)
{
	struct intake *in = state;

	/* Refused only past a bound: then the frame is in, and a repeat of it would be as well. */
	if (ledger_raise(in->ledger, f->window.sensor, f->boot_id, f->sequence))
		log_warning(in->options.log, "ledger-full", "sensor=%u", f->window.sensor);
}

static enum status load_progress(struct intake *in, struct trouble *t)
{
	struct control_progress *items = NULL;
	size_t count = 0;
	enum status st = control_progress_all(in->options.control, &items, &count, t);

	for (size_t i = 0; i < count && !st; i++)
		st = ledger_raise(in->ledger, items[i].sensor, items[i].boot, items[i].sequence);
	free(items);
	return st;
}

/* Segments that are done, but whose file a crash left, go by the same way again: their tokens
 * make that harmless. */
static enum status open_journal(struct intake *in, struct trouble *t)
{
	struct journal_found found;
	uint64_t last = 0;
	enum status st = control_segment_last(in->options.control, &last, t);

	if (st)
		return st;
	st = journal_open(&in->journal,
	                  &(struct journal_options){
	                          .directory = in->options.journal,
	                          .first_number = last + 1,
	                          .bytes_max = in->options.journal_bytes_max,
	                          .segment_rows = SEGMENT_ROWS,
	                          .segment_bytes = SEGMENT_BYTES,
	                          .segment_age_ms = SEGMENT_AGE_MS,
	                          .found = found_frame,
	                          .state = in,
	                  },
	                  &found, t);
	if (!st)
		log_note(in->options.log, "journal-opened",
		         "segments=%llu frames=%llu rows=%llu torn_bytes=%llu damaged=%llu",
		         (unsigned long long)found.segments, (unsigned long long)found.frames,
		         (unsigned long long)found.rows, (unsigned long long)found.torn_bytes,
		         (unsigned long long)found.damaged);
	return st;
}

static enum status start(struct intake *in, struct trouble *t)
{
	enum status st = writer_init(&in->writer, &in->options, in->journal, in->live, in->watch);

	in->writer_ready = true;
	if (st)
		return trouble_set(t, st, "", 0, "out of memory");
	if (in->options.journal_only)
		return STATUS_OK;
	if (pthread_create(&in->thread, NULL, writer_run, &in->writer) != 0)
		return trouble_set(t, STATUS_NO_MEMORY, "", 0, "cannot start the writer");
	in->running = true;
	return STATUS_OK;
}

enum status intake_open(struct intake **out, const struct intake_options *o, struct trouble *t)
{
	struct intake *in = calloc(1, sizeof(*in));
	enum status st;

	*out = NULL;
	if (!in)
		return trouble_set(t, STATUS_NO_MEMORY, "", 0, "out of memory");
	in->options = *o;
	if (!o->now_ns)
		in->options.now_ns = system_now;
	pthread_mutex_init(&in->mutex, NULL);
	st = decoders_new(&in->decoders);
	if (!st)
		st = ledger_new(&in->ledger);
	if (!st)
		st = live_new(&in->live);
	if (!st)
		st = watch_new(&in->watch, o->log);
	if (st)
		trouble_set(t, st, "", 0, "out of memory");
	if (!st)
		st = load_progress(in, t);
	if (!st)
		st = open_journal(in, t);
	if (!st)
		journal_gauge(in->journal, in->options.metrics);
	if (!st)
		st = start(in, t);
	if (st)
		intake_close(in);
	else
		*out = in;
	return st;
}

static enum intake_verdict malformed(struct intake_answer *answer, const char *why)
{
	snprintf(answer->why, sizeof(answer->why), "%s", why);
	return INTAKE_MALFORMED;
}

static enum intake_verdict later(struct intake_answer *answer, const char *why)
{
	snprintf(answer->why, sizeof(answer->why), "%s", why);
	answer->retry_after_s = RETRY_S;
	return INTAKE_LATER;
}

static enum intake_verdict read_header(struct batch_frame *f, const uint8_t *bytes, size_t n,
                                       struct intake_answer *answer)
{
	if (n < BATCH_FRAME_HEADER_BYTES || batch_frame_get(f, bytes))
		return malformed(answer, "no frame, or its header is damaged");
	answer->boot_id = f->boot_id;
	answer->sequence = f->sequence;
	if (n - BATCH_FRAME_HEADER_BYTES != f->body_bytes)
		return malformed(answer, "the body is not as long as the header says");
	if (f->sequence > CONTROL_SEQUENCE_MAX || f->boot_id > INT64_MAX)
		return malformed(answer, "a number beyond its range");
	return INTAKE_ACKNOWLEDGED;
}

static enum intake_verdict check_rows(struct intake *in, const struct batch_frame *f,
                                      const uint8_t *body, struct intake_answer *answer)
{
	struct batch_decoder *decoder = decoders_take(in->decoders);
	enum intake_verdict verdict;
	const char *why = "";
	enum status st = batch_decode(decoder, f, body, &why);

	if (st == STATUS_NO_MEMORY)
		verdict = later(answer, "out of memory");
	else if (st)
		verdict = malformed(answer, why);
	else
		verdict = admit_rows(f, batch_decoder_rows(decoder), answer);
	decoders_give(in->decoders, decoder);
	return verdict;
}

static bool is_repeat(struct intake *in, const struct batch_frame *f)
{
	bool repeat;

	pthread_mutex_lock(&in->mutex);
	repeat = f->sequence <= ledger_highest(in->ledger, f->window.sensor, f->boot_id);
	pthread_mutex_unlock(&in->mutex);
	return repeat;
}

/* Whoever sends a frame again may do so before the first one is on disk. */
static enum intake_verdict acknowledge_repeat(struct intake *in, struct intake_answer *answer)
{
	if (journal_sync(in->journal, journal_ticket(in->journal)))
		return later(answer, "the journal is broken");
	count(in, METRIC_INTAKE_REPEATS, 1);
	return INTAKE_REPEAT;
}

/* Into the journal, in the order of sequences. */
static enum intake_verdict write_down(struct intake *in, const struct batch_frame *f,
                                      const uint8_t *bytes, size_t n, uint64_t *ticket,
                                      struct intake_answer *answer)
{
	enum intake_verdict verdict = INTAKE_ACKNOWLEDGED;
	uint32_t sensor = f->window.sensor;
	enum status st;

	pthread_mutex_lock(&in->mutex);
	if (f->sequence <= ledger_highest(in->ledger, sensor, f->boot_id)) {
		verdict = INTAKE_REPEAT;
		*ticket = journal_ticket(in->journal);
	} else if ((st = ledger_room(in->ledger, sensor, f->boot_id))) {
		verdict = later(answer, st == STATUS_LIMIT ? "the sensor restarts too often"
		                                           : "out of memory");
	} else if ((st = journal_write(in->journal, bytes, n, f->rows, ticket))) {
		verdict = later(answer, st == STATUS_FULL ? "no room in the journal"
		                                          : "the journal is broken");
	} else {
		st = ledger_raise(in->ledger, sensor, f->boot_id, f->sequence);
		if (st) /* there was room a moment ago */
			verdict = later(answer, "out of memory");
	}
	pthread_mutex_unlock(&in->mutex);
	return verdict;
}

static enum intake_verdict take_final(struct intake *in, const struct batch_frame *f,
                                      const uint8_t *bytes, size_t n, struct intake_answer *answer)
{
	uint64_t ticket = 0;
	enum intake_verdict verdict = write_down(in, f, bytes, n, &ticket, answer);

	if (verdict != INTAKE_ACKNOWLEDGED && verdict != INTAKE_REPEAT)
		return verdict;
	if (journal_sync(in->journal, ticket))
		return later(answer, "the journal is broken");
	if (verdict == INTAKE_REPEAT) {
		count(in, METRIC_INTAKE_REPEATS, 1);
	} else {
		count(in, METRIC_INTAKE_FRAMES, 1);
		count(in, METRIC_INTAKE_ROWS, f->rows);
		count(in, METRIC_INTAKE_BYTES, n);
		journal_gauge(in->journal, in->options.metrics);
	}
	return verdict;
}

static enum intake_verdict take_live(struct intake *in, const uint8_t *bytes, size_t n)
{
	bool dropped = live_put(in->live, bytes, n) != STATUS_OK;

	count(in, dropped ? METRIC_INTAKE_PROVISIONAL_DROPPED : METRIC_INTAKE_PROVISIONAL, 1);
	return INTAKE_PROVISIONAL;
}

static enum intake_verdict submit(struct intake *in, uint32_t sensor, const uint8_t *bytes,
                                  size_t n, struct intake_answer *answer)
{
	struct batch_frame f;
	enum intake_verdict verdict = read_header(&f, bytes, n, answer), kind;

	if (verdict != INTAKE_ACKNOWLEDGED)
		return verdict;
	kind = admit_header(&f, sensor, now_s(in), answer);
	/* A repeat was true when it first came, however old it is by now. */
	if (f.window.sensor == sensor && f.sequence && is_repeat(in, &f))
		return acknowledge_repeat(in, answer);
	if (kind != INTAKE_ACKNOWLEDGED && kind != INTAKE_PROVISIONAL)
		return kind;
	verdict = check_rows(in, &f, bytes + BATCH_FRAME_HEADER_BYTES, answer);
	if (verdict != INTAKE_ACKNOWLEDGED)
		return verdict;
	return kind == INTAKE_PROVISIONAL ? take_live(in, bytes, n)
	                                  : take_final(in, &f, bytes, n, answer);
}

/* A hostile sensor must not fill the log: so many lines a minute, the counters have the rest. */
static bool may_log(struct intake *in)
{
	uint64_t minute = now_s(in) / 60, before = atomic_exchange(&in->log_minute, minute);

	if (before != minute)
		atomic_store(&in->log_lines, 0);
	return atomic_fetch_add(&in->log_lines, 1) < LOG_LINES_MINUTE;
}

enum intake_verdict intake_submit(struct intake *in, uint32_t sensor, const uint8_t *frame,
                                  size_t n, struct intake_answer *answer)
{
	enum intake_verdict verdict;

	memset(answer, 0, sizeof(*answer));
	watch_contact(in->watch, sensor, (uint32_t)now_s(in));
	verdict = submit(in, sensor, frame, n, answer);
	if (verdict == INTAKE_MALFORMED)
		count(in, METRIC_INTAKE_MALFORMED, 1);
	else if (verdict == INTAKE_REFUSED)
		count(in, METRIC_INTAKE_REFUSED, 1);
	else if (verdict == INTAKE_LATER)
		count(in, METRIC_INTAKE_LATER, 1);
	if ((verdict == INTAKE_MALFORMED || verdict == INTAKE_REFUSED) && may_log(in))
		log_warning(in->options.log, "frame-refused", "sensor=%u sequence=%llu why=\"%s\"",
		            sensor, (unsigned long long)answer->sequence, answer->why);
	return verdict;
}

enum status intake_drain(struct intake *in, uint32_t wait_ms)
{
	struct timespec tick = {0, 10 * 1000000};
	uint64_t bytes, segments = 1;

	journal_cut_now(in->journal);
	for (uint32_t waited = 0; waited <= wait_ms; waited += 10) {
		journal_waiting(in->journal, &bytes, &segments);
		if (segments == 0)
			return STATUS_OK;
		nanosleep(&tick, NULL);
	}
	return STATUS_UNAVAILABLE;
}

void intake_close(struct intake *in)
{
	if (!in)
		return;
	if (in->running) {
		atomic_store(&in->writer.stop, true);
		pthread_join(in->thread, NULL);
	}
	if (in->writer_ready)
		writer_clear(&in->writer);
	journal_close(in->journal);
	decoders_free(in->decoders);
	ledger_free(in->ledger);
	live_free(in->live);
	watch_free(in->watch);
	pthread_mutex_destroy(&in->mutex);
	free(in);
}
