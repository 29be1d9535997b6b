/* SPDX-License-Identifier: Apache-2.0 */
/* The spool at its bound and on a full disk: what goes first, and that every loss is counted. */
#include "spool_frames.h"

#include "ship/batch_decode.h"
#include "tap.h"

#include <signal.h>
#include <sys/resource.h>

enum { BOUND = 1 << 20, TOGETHER = 8 };

/* What went in and what came out. */
struct tally {
	uint64_t rows, packets, windows;
};

struct traffic {
	struct spool *spool;
	struct tally in, out;
	uint64_t sequence;     /* of the last one made */
	uint64_t last_out;     /* of the last one sent */
	unsigned empty, wrong; /* sent without their rows; not as they should be */
	struct batch_decoder *decoder;
};

static void must_open(struct traffic *t, const char *path)
{
	if (spool_open(&t->spool, path, BOUND, NULL))
		abort();
}

static enum status put(struct traffic *t, uint32_t rows)
{
	uint64_t packets;
	uint64_t sequence = ++t->sequence;
	struct frames f = make_window(1, sequence, (uint32_t)sequence * 60, rows, &packets);
	enum status st = spool_append(t->spool, f.bytes, f.used, NULL);
	struct spool_figures figures;

	t->in.rows += rows;
	t->in.packets += packets;
	t->in.windows++;
	spool_figures(t->spool, &figures);
	t->wrong += figures.disk_bytes > figures.disk_max;
	t->wrong += figures.bytes > figures.disk_bytes;
	free(f.bytes);
	return st;
}

/* Send the oldest: order, rows or the sign that they are lost, and its figures in any case. */
static bool take(struct traffic *t)
{
	struct spool_frame f = {0};
	struct batch_frame header;
	const struct window_health *health;
	const char *why;
	bool there = spool_peek(t->spool, &f, NULL) == STATUS_OK;

	if (!there)
		goto out;
	if (batch_frame_get(&header, f.bytes) ||
	    batch_decode(t->decoder, &header, f.bytes + BATCH_FRAME_HEADER_BYTES, &why))
		abort();
	health = batch_decoder_health(t->decoder);
	t->wrong += f.sequence <= t->last_out;
	t->wrong += !health || health->uptime_s != header.window.start_s;
	t->wrong += header.window.start_s != f.sequence * 60;
	t->wrong += !(header.flags & BATCH_LAST_PART);
	if (header.flags & BATCH_ROWS_LOST) {
		t->wrong += header.rows != 0 || header.window.rows == 0;
		t->empty++;
	} else {
		t->wrong += header.rows != header.window.rows;
		t->out.packets += header.window.packets;
	}
	t->out.rows += header.rows;
	t->out.windows++;
	t->last_out = f.sequence;
	t->wrong += spool_drop(t->spool, f.boot_id, f.sequence, SPOOL_ACKNOWLEDGED, NULL) != 0;
out:
	spool_frame_clear(&f);
	return there;
}

static void check_sums(struct traffic *t)
{
	struct spool_figures f;

	while (take(t))
		;
	spool_figures(t->spool, &f);
	CHECK_U64(t->wrong, 0);
	CHECK_U64(t->out.rows + f.losses.rows, t->in.rows);
	CHECK_U64(t->out.packets + f.losses.packets, t->in.packets);
	CHECK_U64(f.frames, 0);
	CHECK_U64(f.losses.torn_bytes, 0);
}

static struct traffic start(const struct folder *folder)
{
	struct traffic t = {0};

	if (batch_decoder_new(&t.decoder))
		abort();
	must_open(&t, folder->spool);
	return t;
}

static void stop(struct traffic *t, const struct folder *folder)
{
	spool_close(t->spool);
	batch_decoder_free(t->decoder);
	remove_folder(folder);
}

/* No hub for long: the oldest windows lose their rows, all keep their figures. */
static void check_long_outage(void)
{
	struct folder folder = make_folder();
	struct traffic t = start(&folder);
	struct spool_figures f;

	for (int i = 0; i < 300; i++)
		t.wrong += put(&t, 1000) != STATUS_OK;
	spool_figures(t.spool, &f);
	CHECK_U64(f.frames, 300);
	CHECK(f.losses.windows > 150 && f.losses.windows < 290);
	CHECK_U64(f.losses.rows, f.losses.windows * 1000);
	CHECK_U64(f.oldest_s, 60);
	check_sums(&t);
	CHECK_U64(t.out.windows, 300);
	CHECK_U64(t.empty, f.losses.windows);
	/* The first is whole, since the hub might have had it already; then the newest are. */
	CHECK(t.last_out == 300);
	stop(&t, &folder);
}

/* Longer yet: windows without rows fill half of the bound and then go, oldest first. */
static void check_longer_outage(void)
{
	struct folder folder = make_folder();
	struct traffic t = start(&folder);
	struct spool_figures f;
	unsigned sent;

	for (int i = 0; i < 6000; i++)
		t.wrong += put(&t, i % 200 == 0 ? 1000 : 0) != STATUS_OK;
	spool_figures(t.spool, &f);
	CHECK(f.frames < 5500 && f.frames > 1500);
	/* A window that first lost its rows and then went is one lost window. */
	CHECK(f.losses.windows >= 6000 - f.frames);
	CHECK(f.losses.windows <= 6000 - f.frames + f.losses.rows / 1000);
	sent = (unsigned)f.frames;
	check_sums(&t);
	CHECK_U64(t.out.windows, sent);
	stop(&t, &folder);
}

/* Windows come and go at random, the process ends at random: the sums stay true. */
static void check_random(uint64_t seed)
{
	struct folder folder = make_folder();
	struct traffic t = start(&folder);
	struct prng r;

	prng_init(&r, seed);
	for (int round = 0; round < 200; round++) {
		uint32_t what = prng_below(&r, 10);

		if (what == 0) {
			spool_close(t.spool);
			must_open(&t, folder.spool);
		} else if (what < 3) {
			for (uint32_t n = prng_below(&r, 6); n > 0 && take(&t); n--)
				;
		} else if (what == 3) {
			uint64_t bound = BOUND + prng_below(&r, 2 * BOUND);

			CHECK(spool_resize(t.spool, bound, NULL) == STATUS_OK);
		} else {
			t.wrong += put(&t, prng_below(&r, 4000)) != STATUS_OK;
		}
	}
	check_sums(&t);
	stop(&t, &folder);
}

/* A frame that half of the spool cannot hold comes in without its rows. */
static void check_giant(void)
{
	struct folder folder = make_folder();
	struct traffic t = start(&folder);
	struct spool_figures f;

	CHECK(put(&t, 10) == STATUS_OK);
	CHECK(put(&t, 60000) == STATUS_FULL);
	CHECK(put(&t, 10) == STATUS_OK);
	spool_figures(t.spool, &f);
	CHECK_U64(f.losses.windows, 1);
	CHECK_U64(f.losses.rows, 60000);
	check_sums(&t);
	CHECK_U64(t.out.windows, 3);
	CHECK_U64(t.empty, 1);
	stop(&t, &folder);
}

/* The disk takes no more: windows are counted as lost, and are taken again when there is room. */
static void check_full_disk(void)
{
	struct rlimit before, tight;
	struct folder folder = make_folder();
	struct traffic t = start(&folder);
	struct spool_figures f;
	struct trouble trouble;
	struct frames frame;

	signal(SIGXFSZ, SIG_IGN); /* past the limit write(2) fails as on a full disk */
	getrlimit(RLIMIT_FSIZE, &before);
	CHECK(put(&t, 1000) == STATUS_OK);
	spool_figures(t.spool, &f); /* a part of the next frame fits */
	tight = (struct rlimit){.rlim_cur = f.disk_bytes + 100, .rlim_max = before.rlim_max};
	setrlimit(RLIMIT_FSIZE, &tight);
	CHECK(put(&t, 1000) == STATUS_FULL);
	frame = make_window(1, 90, 60, 500, NULL);
	CHECK(spool_append(t.spool, frame.bytes, frame.used, &trouble) == STATUS_FULL);
	CHECK(strstr(trouble.text, "the spool cannot take a window: no space left") != NULL);
	free(frame.bytes);
	t.in.rows += 500;
	t.in.packets += 500;
	spool_figures(t.spool, &f);
	CHECK_U64(f.losses.rows, 1500);
	setrlimit(RLIMIT_FSIZE, &before);
	t.sequence = 100;
	CHECK(put(&t, 1000) == STATUS_OK);
	spool_close(t.spool);
	must_open(&t, folder.spool);
	t.in.packets = 0;
	while (take(&t))
		;
	CHECK_U64(t.wrong, 0);
	CHECK_U64(t.out.rows, 2000);
	spool_figures(t.spool, &f);
	CHECK_U64(f.losses.rows, 1500);
	CHECK_U64(f.losses.windows, 2);
	CHECK_U64(f.losses.torn_bytes, 0);
	stop(&t, &folder);
}

int main(void)
{
	check_long_outage();
	check_longer_outage();
	for (uint64_t seed = 1; seed <= 4; seed++)
		check_random(seed);
	check_giant();
	check_full_disk();
	return tap_done();
}
