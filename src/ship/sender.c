/* SPDX-License-Identifier: Apache-2.0 */
#include "ship/sender.h"

#include "base/clock.h"
#include "base/secret.h"
#include "ship/backoff.h"
#include "ship/batch.h"
#include "ship/hub_answer.h"
#include "ship/live_queue.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	URL_MAX = 512,
	LOOK_MS = 60000,             /* how often the certificate's age is looked at */
	RENEW_RETRY_MS = 15 * 60000, /* between tries to renew */
	CLOCK_LIMIT_S = 60,          /* the hub's clock and ours differ by more: said in the log */
	MS_PER_S = 1000,
};

struct sender {
	struct sender_options options;
	char url[URL_MAX], batch_url[URL_MAX];
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	atomic_bool abort; /* ends the request under way */

	/* Under the mutex. */
	bool woken, stopping, waiting, reopen, ended;
	uint64_t stop_at_ms;
	struct live_queue live;
	struct sender_figures figures;

	/* The thread's own. */
	struct http_client *client;
	struct spool_frame frame;
	struct backoff backoff;
	uint64_t resume_ms; /* no try before; 0: none failed */
	uint64_t lost_ms;   /* since then nothing came through; 0: it does */
	uint64_t look_ms;   /* when the certificate is looked at next */
	struct pki_facts certificate;
	bool clock_said;
};

static uint64_t now_ms(void)
{
	return clock_steady_ns() / 1000000;
}

static uint64_t wall_s(void)
{
	return clock_wall_ns() / UINT64_C(1000000000);
}

/* --- the line --- */

static enum status open_client(struct sender *s, struct trouble *t)
{
	struct http_client_options o = {
	        .certificate = s->options.files.certificate,
	        .key = s->options.files.key,
	        .authority = s->options.files.authority,
	        .stall_seconds = s->options.stall_s ? s->options.stall_s : SENDER_STALL_S,
	};

	pthread_mutex_lock(&s->mutex);
	o.send_bytes_per_second = s->options.bytes_per_second;
	s->reopen = false;
	pthread_mutex_unlock(&s->mutex);
	http_client_free(s->client);
	return http_client_open(&s->client, &o, t);
}

static bool wants_client(struct sender *s)
{
	bool wants;

	pthread_mutex_lock(&s->mutex);
	wants = !s->client || s->reopen;
	pthread_mutex_unlock(&s->mutex);
	return wants;
}

static void line_is_up(struct sender *s)
{
	struct spool_figures f;

	if (s->lost_ms) {
		spool_figures(s->options.spool, &f);
		log_note(s->options.log, "hub-back", "after_s=%llu waiting_frames=%llu",
		         (unsigned long long)((now_ms() - s->lost_ms) / MS_PER_S),
		         (unsigned long long)f.frames);
	}
	s->lost_ms = s->resume_ms = 0;
	backoff_reset(&s->backoff);
}

/* Nothing came through: say so once, and wait. */
static void line_is_down(struct sender *s, uint32_t retry_after_s, const char *why)
{
	uint32_t wait = backoff_fail(&s->backoff);
	char quoted[SENDER_WHY_MAX + 64];

	if (wait < retry_after_s * MS_PER_S)
		wait = retry_after_s * MS_PER_S;
	s->resume_ms = now_ms() + wait;
	if (!s->lost_ms) {
		s->lost_ms = now_ms();
		log_warning(s->options.log, "hub-lost", "hub=%s why=%s", s->url,
		            log_quote(why, quoted, sizeof(quoted)));
	}
	pthread_mutex_lock(&s->mutex);
	s->figures.failures++;
	s->figures.reached = false;
	snprintf(s->figures.why, sizeof(s->figures.why), "%s", why);
	pthread_mutex_unlock(&s->mutex);
}

/* The hub's clock is no authority: it is only said where they differ. */
static void compare_clocks(struct sender *s, uint64_t date_s)
{
	int64_t ahead = date_s ? (int64_t)(wall_s() - date_s) : 0;
	bool off = llabs(ahead) > CLOCK_LIMIT_S;

	if (!date_s)
		return;
	if (off && !s->clock_said)
		log_warning(s->options.log, "clock-differs",
		            "ahead_s=%lld hint=\"set this machine's clock, or the hub's\"",
		            (long long)ahead);
	s->clock_said = off;
	pthread_mutex_lock(&s->mutex);
	s->figures.clock_ahead_s = ahead;
	pthread_mutex_unlock(&s->mutex);
}

/* One frame to the hub. Not STATUS_OK: it did not come through, and that has been told. */
static enum status post_frame(struct sender *s, const uint8_t *frame, size_t n, uint64_t boot_id,
                              uint64_t sequence, struct hub_answer *out)
{
	static const struct http_header headers[] = {
	        {"Content-Type", "application/x-noroshi-batch"}};
	struct http_request request = {.url = s->batch_url,
	                               .headers = headers,
	                               .header_count = 1,
	                               .body = frame,
	                               .body_bytes = n,
	                               .stop = &s->abort};
	struct http_response r = {0};
	struct trouble t = {0};
	enum status st = wants_client(s) ? open_client(s, &t) : STATUS_OK;

	if (!st)
		st = http_client_perform(s->client, &request, &r, &t);
	if (st) {
		if (st != STATUS_INTERRUPTED)
			line_is_down(s, 0, t.text);
		return st;
	}
	hub_answer_read(&r, boot_id, sequence, out);
	http_response_clear(&r);
	compare_clocks(s, out->date_s);
	if (out->verdict == HUB_LATER || out->verdict == HUB_STRANGER)
		line_is_down(s, out->retry_after_s, out->why);
	else
		line_is_up(s);
	return STATUS_OK;
}

/* --- frames --- */

static void count_sent(struct sender *s, const struct hub_answer *a)
{
	pthread_mutex_lock(&s->mutex);
	s->figures.reached = true;
	s->figures.sent += a->verdict == HUB_TAKEN;
	s->figures.repeats += a->repeat;
	s->figures.refused += a->verdict == HUB_REFUSED;
	if (a->verdict == HUB_TAKEN) {
		s->figures.sent_bytes += s->frame.n;
		s->figures.last_ack_s = wall_s();
	}
	pthread_mutex_unlock(&s->mutex);
}

static void say_refused(struct sender *s, const char *why)
{
	char quoted[HUB_WHY_MAX + 64];

	log_error(s->options.log, "frame-refused",
	          "boot=%016llx sequence=%llu window=%u rows=%u why=%s",
	          (unsigned long long)s->frame.boot_id, (unsigned long long)s->frame.sequence,
	          s->frame.start_s, s->frame.rows, log_quote(why, quoted, sizeof(quoted)));
}

/* The spool's oldest frame. STATUS_END: there is none. */
static enum status send_oldest(struct sender *s)
{
	struct hub_answer a = {0};
	struct trouble t = {0};
	enum status st = spool_peek(s->options.spool, &s->frame, &t);

	if (st == STATUS_END)
		return st;
	if (!st)
		st = post_frame(s, s->frame.bytes, s->frame.n, s->frame.boot_id, s->frame.sequence,
		                &a);
	else
		line_is_down(s, 0, t.text);
	if (st || a.verdict == HUB_LATER || a.verdict == HUB_STRANGER)
		return STATUS_UNAVAILABLE;
	if (a.verdict == HUB_REFUSED)
		say_refused(s, a.why);
	st = spool_drop(s->options.spool, s->frame.boot_id, s->frame.sequence,
	                a.verdict == HUB_REFUSED ? SPOOL_REFUSED : SPOOL_ACKNOWLEDGED, &t);
	if (st)
		log_trouble(s->options.log, LOG_LEVEL_ERROR, "spool-failed", &t);
	count_sent(s, &a);
	return STATUS_OK;
}

/* The newest second, ahead of all. STATUS_END: there is none. */
static enum status send_live(struct sender *s)
{
	struct live_frame live;
	struct hub_answer a = {0};
	enum status st;
	bool there, taken;

	pthread_mutex_lock(&s->mutex);
	there = live_queue_take(&s->live, now_ms(), &live);
	pthread_mutex_unlock(&s->mutex);
	if (!there)
		return STATUS_END;
	st = post_frame(s, live.bytes, live.n, 0, 0, &a);
	free(live.bytes);
	taken = !st && a.verdict == HUB_TAKEN;
	pthread_mutex_lock(&s->mutex);
	s->figures.live_sent += taken;
	s->figures.live_dropped += !taken;
	s->figures.reached |= taken;
	pthread_mutex_unlock(&s->mutex);
	return st || a.verdict == HUB_LATER || a.verdict == HUB_STRANGER ? STATUS_UNAVAILABLE
	                                                                 : STATUS_OK;
}

static void renew_if_due(struct sender *s)
{
	struct trouble t = {0};
	enum status st = STATUS_OK;

	if (now_ms() < s->look_ms)
		return;
	s->look_ms = now_ms() + LOOK_MS;
	if (!enrol_due(&s->certificate, wall_s()))
		return;
	if (wants_client(s))
		st = open_client(s, &t);
	if (!st)
		st = enrol_renew(s->client, s->url, &s->options.files, wall_s(), &s->certificate,
		                 &t);
	if (st) {
		s->look_ms = now_ms() + RENEW_RETRY_MS;
		log_trouble(s->options.log, LOG_LEVEL_WARNING, "certificate-not-renewed", &t);
		return;
	}
	log_note(s->options.log, "certificate-renewed", "serial=%s until_s=%llu",
	         s->certificate.serial, (unsigned long long)s->certificate.not_after);
	pthread_mutex_lock(&s->mutex);
	s->figures.certificate_until_s = s->certificate.not_after;
	s->reopen = true;
	pthread_mutex_unlock(&s->mutex);
}

/* --- the thread --- */

static struct timespec timespec_of(uint64_t ms)
{
	return (struct timespec){.tv_sec = (time_t)(ms / MS_PER_S),
	                         .tv_nsec = (long)(ms % MS_PER_S) * 1000000};
}

static void wait_until(struct sender *s, uint64_t until_ms)
{
	struct timespec when = timespec_of(until_ms);

	pthread_cond_timedwait(&s->changed, &s->mutex, &when);
}

/* Wait for work, or for the time of the next try. False: the end. `idle`: nothing is left. */
static bool wait_for_work(struct sender *s, bool idle)
{
	uint64_t now;
	bool on = true;

	pthread_mutex_lock(&s->mutex);
	while ((now = now_ms()), true) {
		bool down = now < s->resume_ms;

		if (s->stopping && (idle || s->resume_ms || now >= s->stop_at_ms))
			on = false;
		s->waiting = down;
		if (down)
			live_queue_clear(&s->live);
		if (!on || (!down && (!idle || s->woken || s->live.count)) || now >= s->look_ms)
			break;
		wait_until(s, down && s->resume_ms < s->look_ms ? s->resume_ms : s->look_ms);
	}
	s->woken = false;
	s->waiting = false;
	pthread_mutex_unlock(&s->mutex);
	return on;
}

static void *run(void *state)
{
	struct sender *s = state;
	bool idle = false;

	while (wait_for_work(s, idle)) {
		enum status st;

		renew_if_due(s);
		if (now_ms() < s->resume_ms)
			continue;
		st = send_live(s);
		if (st == STATUS_END || st == STATUS_OK)
			st = send_oldest(s);
		idle = st == STATUS_END;
	}
	pthread_mutex_lock(&s->mutex);
	s->ended = true;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->mutex);
	return NULL;
}

/* --- the calls --- */

static enum status prepare(struct sender *s, const struct sender_options *o, struct trouble *t)
{
	pthread_condattr_t attributes;
	uint64_t seed = 0;
	enum status st = enrol_check_url(o->url, t);

	s->options = *o;
	snprintf(s->url, sizeof(s->url), "%s", o->url);
	snprintf(s->batch_url, sizeof(s->batch_url), "%.400s/v1/sensor/batch", o->url);
	s->options.url = s->url;
	s->backoff.least_ms = o->backoff_min_ms ? o->backoff_min_ms : SENDER_BACKOFF_MIN_MS;
	s->backoff.most_ms = o->backoff_max_ms ? o->backoff_max_ms : SENDER_BACKOFF_MAX_MS;
	pthread_mutex_init(&s->mutex, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&s->changed, &attributes);
	pthread_condattr_destroy(&attributes);
	if (!st)
		st = secret_random(&seed, sizeof(seed), t);
	prng_init(&s->backoff.random, seed);
	if (!st)
		st = enrol_facts(&s->options.files, &s->certificate, t);
	s->figures.certificate_until_s = s->certificate.not_after;
	return st ? st : open_client(s, t);
}

static void sender_free(struct sender *s)
{
	http_client_free(s->client);
	spool_frame_clear(&s->frame);
	live_queue_clear(&s->live);
	pthread_cond_destroy(&s->changed);
	pthread_mutex_destroy(&s->mutex);
	free(s);
}

enum status sender_start(struct sender **out, const struct sender_options *options,
                         struct trouble *t)
{
	struct sender *s = calloc(1, sizeof(*s));
	enum status st;

	*out = NULL;
	if (!s)
		return trouble_set(t, STATUS_NO_MEMORY, NULL, 0, "out of memory");
	st = prepare(s, options, t);
	if (!st && pthread_create(&s->thread, NULL, run, s) != 0)
		st = trouble_set(t, STATUS_NO_MEMORY, NULL, 0, "cannot start a thread");
	if (st)
		sender_free(s);
	else
		*out = s;
	return st;
}

void sender_wake(struct sender *s)
{
	pthread_mutex_lock(&s->mutex);
	s->woken = true;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->mutex);
}

void sender_offer(struct sender *s, const uint8_t *frame, size_t n)
{
	pthread_mutex_lock(&s->mutex);
	if (s->options.live && !s->waiting && !s->stopping)
		live_queue_put(&s->live, frame, n, now_ms());
	else
		s->live.dropped++;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->mutex);
}

void sender_limit(struct sender *s, uint64_t bytes_per_second, bool live)
{
	pthread_mutex_lock(&s->mutex);
	s->reopen |= s->options.bytes_per_second != bytes_per_second;
	s->options.bytes_per_second = bytes_per_second;
	s->options.live = live;
	pthread_mutex_unlock(&s->mutex);
}

void sender_figures(struct sender *s, struct sender_figures *out)
{
	pthread_mutex_lock(&s->mutex);
	*out = s->figures;
	out->live_dropped += s->live.dropped;
	pthread_mutex_unlock(&s->mutex);
}

void sender_stop(struct sender *s, uint32_t drain_ms)
{
	uint64_t until = now_ms() + drain_ms;

	if (!s)
		return;
	pthread_mutex_lock(&s->mutex);
	s->stopping = true;
	s->stop_at_ms = until;
	pthread_cond_broadcast(&s->changed);
	/* Until then the thread may end by itself; then its request is cut short. */
	while (!s->ended && now_ms() < until)
		wait_until(s, until);
	atomic_store(&s->abort, true);
	pthread_mutex_unlock(&s->mutex);
	pthread_join(s->thread, NULL);
	sender_free(s);
}
