/* SPDX-License-Identifier: Apache-2.0 */
/* The shipper process: frames from the capture process into the spool, and from there to the hub.
 */
#include "sensor.h"

#include "base/clock.h"
#include "base/confine.h"
#include "ship/batch.h"
#include "ship/sender.h"
#include "ship/spool.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	DRAIN_MS = 5000,  /* at the end what waits is tried for so long */
	STATUS_MS = 2000, /* how often the figures are written */
	SPOOL_TRIES = 20, /* a sensor that was killed may leave a shipper that is ending */
	SPOOL_TRY_MS = 500,
	ONCE_LOOK_MS = 100,
};

/* Set by SIGTERM; heeded when the capture process is done. */
static atomic_bool hurry;

static void on_signal(int number)
{
	(void)number;
	atomic_store(&hurry, true);
}

struct shipper {
	struct sensor *sensor;
	struct spool *spool;
	struct sender *sender;
	int frames, control;
	uint8_t *frame;
	size_t room;
	bool full; /* the spool takes nothing: said in the log */
	atomic_bool over;
};

static void update_board(struct shipper *s)
{
	struct sensor_board *b = s->sensor->board;
	struct spool_figures f;

	spool_figures(s->spool, &f);
	atomic_store(&b->spool_bytes, f.bytes);
	atomic_store(&b->lost_windows, f.losses.windows);
	atomic_store(&b->lost_rows, f.losses.rows);
	atomic_store(&b->lost_packets, f.losses.packets);
	atomic_store(&b->refused, f.losses.refused);
}

static void reload(struct shipper *s, const struct sensor_news *news)
{
	const struct sensor_settings *n = &news->settings;
	struct trouble t = {0};

	sender_limit(s->sender, n->bandwidth, n->watch.capture.live);
	if (spool_resize(s->spool, n->spool_size, &t))
		log_trouble(&s->sensor->log, LOG_LEVEL_ERROR, "reload-failed", &t);
	else
		log_note(&s->sensor->log, "reloaded", "process=shipper");
}

static void *control(void *state)
{
	struct shipper *s = state;

	while (!atomic_load(&s->over)) {
		struct sensor_news news;
		enum status st = sensor_news_wait(s->sensor, s->control, STATUS_MS, &news);

		if (st == STATUS_OK) {
			reload(s, &news);
			sensor_news_clear(&news);
		} else if (st != STATUS_UNAVAILABLE) {
			break; /* the capture process ends too, and then we do */
		}
		update_board(s);
		sensor_status_write(s->sensor, s->spool, s->sender);
	}
	return NULL;
}

/* STATUS_END: the pipe is at its end before the first byte; STATUS_FORMAT: in the middle. */
static enum status read_all(int fd, uint8_t *out, size_t n)
{
	size_t got = 0;

	while (got < n) {
		ssize_t done = read(fd, out + got, n - got);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return got ? STATUS_FORMAT : STATUS_END;
		got += (size_t)done;
	}
	return STATUS_OK;
}

/* The capture process reads strangers' packets: what comes from it is not believed either. */
static enum status read_frame(struct shipper *s, struct batch_frame *f, size_t *n,
                              struct trouble *t)
{
	enum status st = read_all(s->frames, s->frame, BATCH_FRAME_HEADER_BYTES);

	if (st == STATUS_END)
		return st;
	if (!st)
		st = batch_frame_get(f, s->frame);
	if (!st &&
	    (f->boot_id != s->sensor->boot_id || f->window.sensor != s->sensor->certificate.sensor))
		st = STATUS_FORMAT;
	*n = BATCH_FRAME_HEADER_BYTES + (st ? 0 : f->body_bytes);
	if (*n > s->room) {
		uint8_t *bigger = realloc(s->frame, *n);

		if (!bigger)
			return trouble_set(t, STATUS_NO_MEMORY, NULL, 0, "out of memory");
		s->frame = bigger;
		s->room = *n;
	}
	if (!st && f->body_bytes)
		st = read_all(s->frames, s->frame + BATCH_FRAME_HEADER_BYTES, f->body_bytes);
	return st ? trouble_set(t, STATUS_FORMAT, NULL, 0,
	                        "the capture process sent what is no frame of ours")
	          : STATUS_OK;
}

static void keep_frame(struct shipper *s, size_t n)
{
	struct trouble t = {0};
	enum status st = spool_append(s->spool, s->frame, n, &t);

	if (st && !s->full)
		log_trouble(&s->sensor->log, LOG_LEVEL_ERROR, "spool-takes-nothing", &t);
	if (!st && s->full)
		log_note(&s->sensor->log, "spool-takes-again", "path=%s", s->sensor->spool);
	s->full = st != STATUS_OK;
	update_board(s);
	sender_wake(s->sender);
}

static enum status take_frames(struct shipper *s, struct trouble *t)
{
	struct batch_frame f = {0};
	size_t n;
	enum status st;

	s->room = 1 << 16;
	s->frame = malloc(s->room);
	if (!s->frame)
		return trouble_set(t, STATUS_NO_MEMORY, NULL, 0, "out of memory");
	while (!(st = read_frame(s, &f, &n, t))) {
		if (f.flags & BATCH_PROVISIONAL)
			sender_offer(s->sender, s->frame, n);
		else
			keep_frame(s, n);
	}
	return st == STATUS_END ? STATUS_OK : st;
}

/* `--once`: not before all is at the hub. */
static void wait_until_sent(struct shipper *s)
{
	struct spool_figures f;

	do {
		poll(NULL, 0, ONCE_LOOK_MS);
		spool_figures(s->spool, &f);
	} while (f.frames && !atomic_load(&hurry));
}

static enum status run(struct shipper *s, struct trouble *t)
{
	pthread_t thread;
	enum status st;

	if (pthread_create(&thread, NULL, control, s) != 0)
		return trouble_set(t, STATUS_NO_MEMORY, NULL, 0, "cannot start a thread");
	st = take_frames(s, t);
	if (!st && s->sensor->once)
		wait_until_sent(s);
	atomic_store(&s->over, true);
	pthread_join(thread, NULL);
	return st;
}

/* Who owns the directory with the key: not root, see sensor_give_directory(). */
static const char *owner_of(const char *directory, char *name, size_t size)
{
	struct stat info;
	const struct passwd *user;

	user = stat(directory, &info) == 0 ? getpwuid(info.st_uid) : NULL;
	snprintf(name, size, "%s", user ? user->pw_name : "nobody");
	return name;
}

/* Names are looked up, so the system's files for that are readable. */
static enum status confine_shipper(const struct sensor *s, struct trouble *t)
{
	static const char *const wanted[] = {
	        "/etc", "/usr/lib", "/lib", "/lib64", "/run/systemd/resolve", "/dev/urandom"};
	enum { WANTED = sizeof(wanted) / sizeof(wanted[0]) };
	const char *readable[WANTED + 1] = {NULL}, *writable[] = {s->directory, NULL};
	char name[256];
	struct confine_options o = {.role = CONFINE_SHIPPER,
	                            .user = owner_of(s->directory, name, sizeof(name)),
	                            .read = readable,
	                            .write = writable};
	struct confine_result result;
	size_t n = 0;

	for (size_t i = 0; i < WANTED; i++) {
		if (access(wanted[i], R_OK) == 0)
			readable[n++] = wanted[i];
	}
	return confine(&o, &s->log, &result, t);
}

static enum status open_spool(struct shipper *s, struct trouble *t)
{
	enum status st = STATUS_CONFLICT;

	for (int i = 0; st == STATUS_CONFLICT && i < SPOOL_TRIES && !atomic_load(&hurry); i++) {
		if (i)
			poll(NULL, 0, SPOOL_TRY_MS);
		st = spool_open(&s->spool, s->sensor->spool, s->sensor->settings.spool_size, t);
	}
	return st;
}

int sensor_shipper(struct sensor *sensor, int frames, int control_fd)
{
	struct shipper s = {.sensor = sensor, .frames = frames, .control = control_fd};
	struct sender_options o = {.url = sensor->settings.url,
	                           .files = sensor->files,
	                           .log = &sensor->log,
	                           .bytes_per_second = sensor->settings.bandwidth,
	                           .live = sensor->settings.watch.capture.live};
	struct trouble t = {0};
	enum status st;

	signal(SIGTERM, on_signal);
	signal(SIGINT, SIG_IGN); /* the capture process ends, and then we do */
	signal(SIGHUP, SIG_IGN);
	sensor_take_signals();
	st = confine_shipper(sensor, &t);
	if (!st)
		st = open_spool(&s, &t);
	o.spool = s.spool;
	if (!st)
		st = sender_start(&s.sender, &o, &t);
	if (!st)
		st = run(&s, &t);
	if (st)
		log_trouble(&sensor->log, LOG_LEVEL_ERROR, "shipper-failed", &t);
	if (s.sender) {
		sensor_status_write(sensor, s.spool, s.sender);
		sender_stop(s.sender, st ? 0 : DRAIN_MS);
	}
	spool_close(s.spool);
	free(s.frame);
	return st ? EXIT_NOTHING : 0;
}
