/* SPDX-License-Identifier: Apache-2.0 */
/* The capture process: packets in, frames out through a pipe, and no other right. */
#include "sensor.h"

#include "aggregate/lookout.h"
#include "base/confine.h"
#include "ship/batch_encode.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CONTROL_MS = 500 };

/* Set by SIGTERM, by the parent's end and by the control thread. */
static atomic_bool stop;

static void on_signal(int number)
{
	(void)number;
	atomic_store(&stop, true);
}

struct capture {
	struct sensor *sensor;
	struct lookout *watch;
	int frames, control;
	pthread_mutex_t writing;
	atomic_bool over; /* the control thread is to end */
};

/* Windows of one kind on their way into frames. */
struct lane {
	struct capture *capture;
	struct batch_encoder *encoder;
	struct flow_sink sink;
	bool live, quiet; /* quiet: a live second without rows is not worth a frame */
	struct window_health health;
};

static enum status write_frame(void *state, const void *frame, size_t n)
{
	struct lane *l = state;
	const uint8_t *bytes = frame;
	enum status st = STATUS_OK;

	pthread_mutex_lock(&l->capture->writing);
	while (n > 0 && !st) {
		ssize_t done = write(l->capture->frames, bytes, n);

		if (done < 0 && errno != EINTR)
			st = status_of_errno(errno);
		if (done > 0) {
			bytes += done;
			n -= (size_t)done;
		}
	}
	pthread_mutex_unlock(&l->capture->writing);
	return st;
}

static enum status lane_begin(void *state, const struct window_header *header,
                              const struct window_health *health)
{
	struct lane *l = state;
	struct sensor_board *b = l->capture->sensor->board;
	struct window_header whole = *header;

	l->quiet = l->live && header->rows == 0;
	if (l->quiet)
		return STATUS_OK;
	l->health = *health;
	l->health.spool_bytes = atomic_load(&b->spool_bytes);
	l->health.lost_windows = atomic_load(&b->lost_windows);
	l->health.lost_rows = atomic_load(&b->lost_rows);
	l->health.lost_packets = atomic_load(&b->lost_packets);
	l->health.refused = atomic_load(&b->refused);
	whole.health = &l->health;
	return l->sink.begin(l->sink.state, &whole);
}

static enum status lane_row(void *state, const struct flow *row)
{
	struct lane *l = state;
	struct flow slim;

	if (!l->live)
		return l->sink.row(l->sink.state, row);
	slim = *row; /* the minute's frame brings the sketches */
	slim.list = NULL;
	slim.registers = NULL;
	return l->quiet ? STATUS_OK : l->sink.row(l->sink.state, &slim);
}

static enum status lane_end(void *state)
{
	struct lane *l = state;

	return l->quiet ? STATUS_OK : l->sink.end(l->sink.state);
}

static enum status open_lane(struct lane *l, struct capture *c, bool live, struct meter_sink *out,
                             struct trouble *t)
{
	struct batch_encode_options o = {
	        .emit = write_frame,
	        .state = l,
	        .boot_id = c->sensor->boot_id,
	        .sequence = 1,
	        .provisional = live,
	};

	*l = (struct lane){.capture = c, .live = live};
	*out = (struct meter_sink){l, lane_begin, lane_row, lane_end};
	if (batch_encoder_new(&l->encoder, &o, &l->sink))
		return trouble_set(t, STATUS_NO_MEMORY, NULL, 0, "out of memory");
	return STATUS_OK;
}

static void update_board(const struct capture *c)
{
	struct sensor_board *b = c->sensor->board;
	struct lookout_stats w = lookout_stats(c->watch);

	atomic_store(&b->packets, w.counts.packets);
	atomic_store(&b->windows, w.counts.windows);
	atomic_store(&b->dropped_kernel, w.counts.dropped_kernel);
	atomic_store(&b->dropped_own, w.counts.dropped_own);
	atomic_store(&b->malformed, w.counts.malformed);
	atomic_store(&b->skipped, w.counts.skipped);
	atomic_store(&b->late, w.counts.late);
	atomic_store(&b->outages, w.outages);
	atomic_store(&b->uptime_s, w.uptime_s);
	atomic_store(&b->watching, w.watching);
	atomic_store(&b->raw_lost, w.raw.lost);
}

static void reload(struct capture *c, const struct sensor_news *news)
{
	struct trouble t = {0};

	if (lookout_reload(c->watch, &news->settings.watch.capture, &t))
		log_trouble(&c->sensor->log, LOG_LEVEL_ERROR, "reload-failed", &t);
	else
		log_note(&c->sensor->log, "reloaded", "process=capture");
}

/* Listens to the parent, whose end is ours too, and keeps the board. */
static void *control(void *state)
{
	struct capture *c = state;

	while (!atomic_load(&c->over)) {
		struct sensor_news news;
		enum status st = sensor_news_wait(c->sensor, c->control, CONTROL_MS, &news);

		update_board(c);
		if (st == STATUS_OK) {
			reload(c, &news);
			sensor_news_clear(&news);
		} else if (st != STATUS_UNAVAILABLE) {
			atomic_store(&stop, true);
			break;
		}
	}
	return NULL;
}

static enum status run(struct capture *c, struct trouble *t)
{
	pthread_t thread;
	enum status st;

	if (pthread_create(&thread, NULL, control, c) != 0)
		return trouble_set(t, STATUS_NO_MEMORY, NULL, 0, "cannot start a thread");
	log_note(&c->sensor->log, "watching", "interface=%s threads=%u boot=%016llx",
	         c->sensor->replay ? "replay" : c->sensor->settings.watch.capture.interface,
	         lookout_stats(c->watch).threads, (unsigned long long)c->sensor->boot_id);
	st = lookout_run(c->watch, &stop, t);
	if (st == STATUS_INTERRUPTED && atomic_load(&stop))
		st = STATUS_OK; /* a replay that was told to end */
	atomic_store(&c->over, true);
	pthread_join(thread, NULL);
	update_board(c);
	return st;
}

static enum status confine_capture(const struct sensor *s, struct trouble *t)
{
	/* A replay's file is open; its system calls come with the right to read some file. */
	const char *readable[] = {s->replay ? "/dev/null" : NULL, NULL};
	const char *writable[] = {s->settings.watch.raw.directory, NULL};
	struct confine_options o = {.role = CONFINE_CAPTURE,
	                            .user = s->settings.watch.capture.user,
	                            .read = readable,
	                            .write = writable};
	struct confine_result result;

	return confine(&o, &s->log, &result, t);
}

static enum status open_watch(struct capture *c, const struct meter_sink *minutes,
                              const struct meter_sink *seconds, struct trouble *t)
{
	struct sensor *s = c->sensor;
	struct lookout_options o = {
	        .capture = &s->settings.watch.capture,
	        .raw = s->settings.watch.raw.directory ? &s->settings.watch.raw : NULL,
	        .replay = s->replay,
	        .replay_options = {.speed = s->speed, .keep_times = s->keep_times, .stop = &stop},
	        .sink = minutes,
	        .live = seconds,
	        .destination_key = s->destination_key,
	        .sensor = s->certificate.sensor,
	        .version = NOROSHI_VERSION,
	        .log = &s->log,
	};

	return lookout_open(&c->watch, &o, t);
}

int sensor_capture(struct sensor *s, int frames, int control_fd)
{
	struct capture c = {.sensor = s, .frames = frames, .control = control_fd};
	struct meter_sink minutes, seconds;
	struct lane minute = {0}, second = {0};
	struct trouble t = {0};
	enum status st;

	signal(SIGTERM, on_signal);
	signal(SIGINT, on_signal);
	signal(SIGHUP, SIG_IGN); /* the parent tells */
	sensor_take_signals();
	pthread_mutex_init(&c.writing, NULL);
	st = open_lane(&minute, &c, false, &minutes, &t);
	if (!st)
		st = open_lane(&second, &c, true, &seconds, &t);
	if (!st)
		st = open_watch(&c, &minutes, &seconds, &t);
	if (!st)
		st = confine_capture(s, &t);
	if (!st)
		st = run(&c, &t);
	if (st)
		log_trouble(&s->log, LOG_LEVEL_ERROR, "capture-failed", &t);
	lookout_close(c.watch);
	batch_encoder_free(minute.encoder);
	batch_encoder_free(second.encoder);
	pthread_mutex_destroy(&c.writing);
	return st ? EXIT_NOTHING : 0;
}
