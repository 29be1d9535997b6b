/* SPDX-License-Identifier: Apache-2.0 */
/* The sender and its thread (a pthread) against a hub that is slow, busy, gone, or forgets to
 * answer. */
#include "ship/sender.h"

#include "faulty_hub.h"
#include "ship/live_queue.h"
#include "tap.h"

#include <poll.h>

struct run {
	struct hub hub;
	struct spool *spool;
	struct sender *sender;
};

static void add_windows(struct spool *spool, uint64_t boot, uint64_t from, uint64_t count)
{
	for (uint64_t i = from; i < from + count; i++) {
		struct frames f = make_window(boot, i, (uint32_t)i * 60, 20, NULL);

		if (spool_append(spool, f.bytes, f.used, NULL))
			abort();
		free(f.bytes);
	}
}

static void start_sender(struct run *r, uint64_t bytes_per_second)
{
	struct sender_options o = {.url = r->hub.url,
	                           .files = r->hub.files,
	                           .spool = r->spool,
	                           .bytes_per_second = bytes_per_second,
	                           .live = true,
	                           .backoff_min_ms = 20,
	                           .backoff_max_ms = 100,
	                           .stall_s = 1};
	struct trouble t;

	must(sender_start(&r->sender, &o, &t), &t);
}

static void start(struct run *r, const char *plan, uint64_t windows, unsigned age_days)
{
	struct trouble t;

	hub_prepare(&r->hub, age_days);
	hub_start(&r->hub, plan);
	must(spool_open(&r->spool, r->hub.folder.spool, 0, &t), &t);
	add_windows(r->spool, 1, 1, windows);
	start_sender(r, 0);
}

static void stop(struct run *r)
{
	sender_stop(r->sender, 0);
	spool_close(r->spool);
	hub_clear(&r->hub);
}

/* Until the spool is empty: lines of the hub's book are read as they come. */
static void wait_until_sent(const struct run *r)
{
	struct spool_figures f;

	do {
		poll(NULL, 0, 5);
		spool_figures(r->spool, &f);
	} while (f.frames);
}

/* Until a figure, which is one of *f, has come to `least`. */
static void wait_for(const struct run *r, struct sender_figures *f, const uint64_t *figure,
                     uint64_t least)
{
	do {
		poll(NULL, 0, 5);
		sender_figures(r->sender, f);
	} while (*figure < least);
}

/* What the hub saw begins with these words, and says so of frame `sequence`. */
static void expect(struct run *r, const char *what, uint64_t boot, uint64_t sequence)
{
	char want[64];
	const char *line = hub_line(&r->hub);

	snprintf(want, sizeof(want), "%s %llu %llu ", what, (unsigned long long)boot,
	         (unsigned long long)sequence);
	if (!CHECK(strncmp(line, want, strlen(want)) == 0))
		printf("# got '%s', want '%s'\n", line, want);
}

static void expect_line(struct run *r, const char *want)
{
	CHECK_STR(hub_line(&r->hub), want);
}

static void check_order(void)
{
	struct run r;
	struct sender_figures f;

	start(&r, "", 3, 0);
	for (uint64_t i = 1; i <= 3; i++)
		expect(&r, "ok", 1, i);
	wait_until_sent(&r);
	add_windows(r.spool, 2, 1, 2);
	sender_wake(r.sender);
	expect(&r, "ok", 2, 1);
	expect(&r, "ok", 2, 2);
	wait_until_sent(&r);
	wait_for(&r, &f, &f.sent, 5);
	CHECK(f.reached && f.failures == 0 && f.refused == 0 && f.repeats == 0);
	CHECK(f.last_ack_s > 0 && f.sent_bytes > 1000 && llabs(f.clock_ahead_s) < 60);
	stop(&r);
}

/* The frame stays the oldest until the hub has said that it has it. */
static void check_failures(void)
{
	struct run r;
	struct sender_figures f;

	start(&r, "503 429:0 reset half lost other 500 403 404 slow", 2, 0);
	expect(&r, "503", 1, 1);
	expect(&r, "429:0", 1, 1);
	expect_line(&r, "reset");
	expect(&r, "half", 1, 1);
	expect(&r, "lost", 1, 1);
	expect(&r, "other", 1, 1);
	expect(&r, "500", 1, 1);
	expect(&r, "403", 1, 1);
	expect(&r, "404", 1, 1);
	expect_line(&r, "slow");
	expect(&r, "repeat", 1, 1); /* it was the lost one */
	expect(&r, "ok", 1, 2);
	wait_until_sent(&r);
	wait_for(&r, &f, &f.sent, 2);
	/* A reset on a connection that was idle may be tried again below us. */
	CHECK(f.failures == 8 || f.failures == 9);
	CHECK_U64(f.repeats, 1);
	stop(&r);
}

static void check_refusals(void)
{
	struct run r;
	struct spool_figures f;

	start(&r, "422 400 ok 413", 5, 0);
	expect(&r, "422", 1, 1);
	expect(&r, "400", 1, 2);
	expect(&r, "ok", 1, 3);
	expect(&r, "413", 1, 4);
	expect(&r, "ok", 1, 5);
	wait_until_sent(&r);
	spool_figures(r.spool, &f);
	CHECK_U64(f.losses.refused, 3);
	stop(&r);
}

static void offer(struct run *r, uint64_t boot)
{
	struct frames f = make_window(boot, 0, 60, 5, NULL);

	sender_offer(r->sender, f.bytes, f.used);
	free(f.bytes);
}

/* The newest second goes ahead of what waits, and nowhere while the hub is away. */
static void check_live(void)
{
	struct run r;
	struct sender_figures f;

	start(&r, "slow 503:3600", 2, 0);
	expect_line(&r, "slow"); /* the first is on its way */
	offer(&r, 5);
	expect(&r, "ok", 1, 1);
	expect(&r, "503:3600", 5, 0);
	wait_for(&r, &f, &f.live_dropped, 1);
	offer(&r, 6);
	sender_figures(r.sender, &f);
	CHECK_U64(f.live_dropped, 2);
	CHECK(!f.reached);
	CHECK_STR(f.why, "told to say 503");
	sender_stop(r.sender, 60000); /* does not wait for a hub that is away */
	start_sender(&r, 0);
	expect(&r, "ok", 1, 2);
	wait_until_sent(&r);
	offer(&r, 7);
	expect(&r, "ok", 7, 0);
	wait_for(&r, &f, &f.live_sent, 1);
	sender_limit(r.sender, 0, false);
	offer(&r, 8);
	sender_figures(r.sender, &f);
	CHECK_U64(f.live_dropped, 1);
	stop(&r);
}

/* Nobody listens; then the hub is there. */
static void check_away(void)
{
	struct run r;
	struct sender_figures f;
	struct trouble t;

	hub_prepare(&r.hub, 0);
	hub_start(&r.hub, "");
	kill(r.hub.process, SIGSTOP); /* connections hang in its queue */
	must(spool_open(&r.spool, r.hub.folder.spool, 0, &t), &t);
	add_windows(r.spool, 1, 1, 2);
	start_sender(&r, 0);
	sender_stop(r.sender, 50); /* ends in the middle of a try */
	start_sender(&r, 0);
	kill(r.hub.process, SIGCONT);
	wait_until_sent(&r);
	hub_stop(&r.hub);
	add_windows(r.spool, 1, 3, 1);
	sender_wake(r.sender);
	wait_for(&r, &f, &f.failures, 3);
	CHECK(!f.reached && f.why[0]);
	stop(&r);
}

static void check_stop_drains(void)
{
	struct run r;
	struct spool_figures f;

	start(&r, "slow slow slow", 8, 0);
	sender_stop(r.sender, 60000);
	spool_figures(r.spool, &f);
	CHECK_U64(f.frames, 0);
	start_sender(&r, 0);
	stop(&r);
}

/* Two thirds of its life are over: renewed first, and the new one is used. */
static void check_renewal(void)
{
	struct hub *h;
	struct run r;
	struct pki_facts old, renewed;
	struct sender_figures f;
	struct trouble t;
	char pem[PKI_PEM_MAX], want[64];

	hub_prepare(&r.hub, 61);
	h = &r.hub;
	must(enrol_facts(&h->files, &old, &t), &t);
	CHECK(enrol_due(&old, (uint64_t)time(NULL)));
	issue(h, 0, pem);
	write_text(h, "renewed.pem", pem);
	hub_start(h, "");
	must(spool_open(&r.spool, h->folder.spool, 0, &t), &t);
	add_windows(r.spool, 1, 1, 1);
	start_sender(&r, 0);
	snprintf(want, sizeof(want), "renew %s", old.serial);
	expect_line(&r, want);
	expect(&r, "ok", 1, 1);
	must(enrol_facts(&h->files, &renewed, &t), &t);
	CHECK(strcmp(renewed.serial, old.serial) != 0);
	CHECK(!enrol_due(&renewed, (uint64_t)time(NULL)));
	sender_figures(r.sender, &f);
	CHECK_U64(f.certificate_until_s, renewed.not_after);
	stop(&r);
}

static void check_clock(void)
{
	struct run r;
	struct sender_figures f;

	start(&r, "clock:-7200 ok", 1, 0);
	expect(&r, "ok", 1, 1);
	wait_for(&r, &f, &f.sent, 1);
	CHECK(f.clock_ahead_s > 7100 && f.clock_ahead_s < 7300);
	stop(&r);
}

static void check_live_queue(void)
{
	struct live_queue q = {0};
	struct live_frame f;
	uint8_t big[1 << 20] = {0};

	for (uint8_t i = 0; i < LIVE_FRAMES_MAX + 2; i++)
		live_queue_put(&q, &i, 1, 1000 + i);
	CHECK_U64(q.count, LIVE_FRAMES_MAX);
	CHECK_U64(q.dropped, 2);
	CHECK(live_queue_take(&q, 1005, &f) && f.bytes[0] == 2);
	free(f.bytes);
	CHECK(live_queue_take(&q, 1004 + LIVE_AGE_MAX_MS, &f) && f.bytes[0] == 4);
	free(f.bytes);
	for (int i = 0; i < 10; i++)
		live_queue_put(&q, big, sizeof(big), 9000);
	CHECK_U64(q.bytes, LIVE_BYTES_MAX);
	CHECK(!live_queue_take(&q, 9001 + LIVE_AGE_MAX_MS, &f));
	CHECK_U64(q.bytes, 0);
	live_queue_clear(&q);
}

int main(void)
{
	check_live_queue();
	check_order();
	check_failures();
	check_refusals();
	check_live();
	check_away();
	check_stop_drains();
	check_renewal();
	check_clock();
	sender_stop(NULL, 0);
	return tap_done();
}
