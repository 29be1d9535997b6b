/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/admit.h"
#include "intake/intake.h"
#include "ship/batch_encode.h"
#include "store/control.h"
#include "tap.h"

#include <dirent.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

enum { NOW = 1700000040, SENSOR = 7, FRAME_MAX = 1 << 16 };

static char directory[] = "/tmp/noroshi-intake-XXXXXX";

static uint64_t now_ns(void *state)
{
	(void)state;
	return NOW * UINT64_C(1000000000);
}

struct bytes {
	uint8_t at[FRAME_MAX];
	size_t n;
};

static enum status keep(void *state, const void *frame, size_t n)
{
	struct bytes *b = state;

	memcpy(b->at, frame, n);
	b->n = n;
	return STATUS_OK;
}

/* One window with one row, numbered `sequence`. */
static struct bytes make_frame(uint64_t boot, uint64_t sequence, bool provisional)
{
	static struct bytes out;
	struct batch_encode_options o = {.emit = keep,
	                                 .state = &out,
	                                 .boot_id = boot,
	                                 .sequence = sequence,
	                                 .provisional = provisional};
	struct window_header header = {.start_s = provisional ? NOW - 2 : NOW - NOW % 60 - 60,
	                               .span_s = provisional ? 1 : 60,
	                               .sensor = SENSOR,
	                               .packets = 1,
	                               .rows = 1,
	                               .addresses = 256};
	struct flow row = {.source = addr_v4(0xc0000201),
	                   .proto = 6,
	                   .port = 23,
	                   .packets = 1,
	                   .bytes = 40,
	                   .ip_len = 40,
	                   .ttl_min = 50,
	                   .ttl_max = 50,
	                   .destinations = 1};
	struct batch_encoder *e = NULL;
	struct flow_sink sink;

	CHECK(batch_encoder_new(&e, &o, &sink) == STATUS_OK && !sink.begin(sink.state, &header) &&
	      !sink.row(sink.state, &row) && !sink.end(sink.state));
	batch_encoder_free(e);
	return out;
}

struct hub {
	struct control *control;
	struct intake *intake;
	struct metrics metrics;
	struct intake_answer answer;
};

static void open_hub(struct hub *h, uint64_t journal_bytes)
{
	char path[64], journal[64];
	struct trouble t = {0};

	memset(h, 0, sizeof(*h));
	snprintf(path, sizeof(path), "%s/control.db", directory);
	snprintf(journal, sizeof(journal), "%s/journal", directory);
	if (control_open(&h->control, path, &t))
		CHECK(control_create(&h->control, path, NOW, &t) == STATUS_OK);
	CHECK(intake_open(&h->intake,
	                  &(struct intake_options){.journal = journal,
	                                           .journal_bytes_max = journal_bytes,
	                                           .control = h->control,
	                                           .hub_id = "test",
	                                           .now_ns = now_ns,
	                                           .metrics = &h->metrics,
	                                           .journal_only = true},
	                  &t) == STATUS_OK);
}

static void close_hub(struct hub *h)
{
	intake_close(h->intake);
	control_close(h->control);
}

static enum intake_verdict submit(struct hub *h, const struct bytes *b)
{
	return intake_submit(h->intake, SENSOR, b->at, b->n, &h->answer);
}

static enum intake_verdict send_frame(struct hub *h, uint64_t boot, uint64_t sequence)
{
	struct bytes b = make_frame(boot, sequence, false);

	return submit(h, &b);
}

static void test_repeats(void)
{
	struct hub h;

	open_hub(&h, 1 << 20);
	CHECK(send_frame(&h, 5, 1) == INTAKE_ACKNOWLEDGED);
	CHECK(h.answer.boot_id == 5 && h.answer.sequence == 1);
	CHECK(send_frame(&h, 5, 1) == INTAKE_REPEAT);
	CHECK(send_frame(&h, 5, 3) == INTAKE_ACKNOWLEDGED); /* the spool may have dropped 2 */
	CHECK(send_frame(&h, 5, 2) == INTAKE_REPEAT);
	CHECK(send_frame(&h, 6, 1) == INTAKE_ACKNOWLEDGED);
	close_hub(&h);
	/* A crash later, nothing of it in the control data. */
	open_hub(&h, 1 << 20);
	CHECK(send_frame(&h, 5, 3) == INTAKE_REPEAT);
	CHECK(send_frame(&h, 5, 4) == INTAKE_ACKNOWLEDGED);
	CHECK_U64(metrics_get(&h.metrics, METRIC_INTAKE_REPEATS), 1);
	CHECK_U64(metrics_get(&h.metrics, METRIC_INTAKE_ROWS), 1);
	close_hub(&h);
}

static void test_lies(void)
{
	struct hub h;
	struct bytes good = make_frame(9, 1, false), bad;

	open_hub(&h, 1 << 20);
	CHECK(intake_submit(h.intake, SENSOR + 1, good.at, good.n, &h.answer) == INTAKE_REFUSED);
	CHECK_STR(h.answer.why, "the frame is of sensor 7, the certificate of sensor 8");
	for (size_t n = 0; n < good.n; n++) {
		bad = good;
		bad.n = n;
		if (submit(&h, &bad) != INTAKE_MALFORMED)
			tap_check(false, __FILE__, __LINE__, "a cut frame was taken");
	}
	for (size_t i = 0; i < good.n; i++) {
		bad = good;
		bad.at[i] ^= 0x40;
		if (submit(&h, &bad) == INTAKE_ACKNOWLEDGED)
			tap_check(false, __FILE__, __LINE__, "a changed frame was taken");
	}
	CHECK(submit(&h, &good) == INTAKE_ACKNOWLEDGED);
	close_hub(&h);
}

static void test_provisional(void)
{
	struct hub h;
	struct bytes b = make_frame(9, 0, true);

	open_hub(&h, 1 << 20);
	CHECK(submit(&h, &b) == INTAKE_PROVISIONAL);
	CHECK(submit(&h, &b) == INTAKE_PROVISIONAL);
	CHECK_U64(metrics_get(&h.metrics, METRIC_INTAKE_PROVISIONAL), 2);
	CHECK_U64(metrics_get(&h.metrics, METRIC_INTAKE_FRAMES), 0);
	close_hub(&h);
}

static void test_full_journal(void)
{
	struct hub h;
	uint64_t sequence = 1;
	enum intake_verdict verdict;

	open_hub(&h, 8192);
	while ((verdict = send_frame(&h, 100, sequence)) == INTAKE_ACKNOWLEDGED && sequence < 1000)
		sequence++;
	CHECK(verdict == INTAKE_LATER && h.answer.retry_after_s > 0);
	CHECK(send_frame(&h, 100, sequence - 1) == INTAKE_REPEAT);
	close_hub(&h);
	open_hub(&h, 1 << 20);
	CHECK(send_frame(&h, 100, sequence) == INTAKE_ACKNOWLEDGED);
	close_hub(&h);
}

struct sender {
	struct hub *hub;
	const struct bytes *frames;
	unsigned taken, repeats;
	pthread_t thread;
};

static void *send_all(void *state)
{
	struct sender *s = state;
	struct intake_answer answer;

	for (unsigned i = 0; i < 50; i++) {
		enum intake_verdict v = intake_submit(s->hub->intake, SENSOR, s->frames[i].at,
		                                      s->frames[i].n, &answer);

		s->taken += v == INTAKE_ACKNOWLEDGED;
		s->repeats += v == INTAKE_REPEAT;
	}
	return NULL;
}

/* The same frames by four connections at once: each is taken once. */
static void test_threads(void)
{
	static struct bytes frames[50];
	struct sender senders[4] = {0};
	unsigned taken = 0, repeats = 0;
	struct hub h;

	for (unsigned i = 0; i < 50; i++)
		frames[i] = make_frame(200, i + 1, false);
	open_hub(&h, 1 << 20);
	for (unsigned i = 0; i < 4; i++) {
		senders[i].hub = &h;
		senders[i].frames = frames;
		pthread_create(&senders[i].thread, NULL, send_all, &senders[i]);
	}
	for (unsigned i = 0; i < 4; i++) {
		pthread_join(senders[i].thread, NULL);
		taken += senders[i].taken;
		repeats += senders[i].repeats;
	}
	CHECK(taken <= 50 && taken + repeats == 200);
	CHECK_U64(metrics_get(&h.metrics, METRIC_INTAKE_FRAMES), taken);
	CHECK(send_frame(&h, 200, 50) == INTAKE_REPEAT);
	close_hub(&h);
}

static void remove_tree(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *e;

	while (d && (e = readdir(d))) {
		char below[300];

		if (e->d_name[0] == '.')
			continue;
		snprintf(below, sizeof(below), "%.30s/%s", path, e->d_name);
		if (unlink(below) != 0)
			remove_tree(below);
	}
	if (d)
		closedir(d);
	rmdir(path);
}

int main(void)
{
	if (!mkdtemp(directory))
		return 1;
	test_repeats();
	test_lies();
	test_provisional();
	test_full_journal();
	test_threads();
	remove_tree(directory);
	return tap_done();
}
