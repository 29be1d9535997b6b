/* SPDX-License-Identifier: Apache-2.0 */
/* Tap, meters and raw ring together: replays in every way, and a confined live capture. pthread. */
#include "aggregate/lookout.h"

#include "tap.h"

#include "bytes.h"

#include "../capture/netns.h"
#include "captures.h"

#include "base/clock.h"
#include "base/confine.h"

#include <dirent.h>
#include <pthread.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum { PACKETS = 3000, SECONDS = 150 };

static const uint64_t start_ns = UINT64_C(1750000020) * 1000000000;
static const struct log quiet = {.fd = -1};

/* What came out; written by the meters' threads, one a sink. */
struct sum {
	uint64_t windows, packets, rows, row_packets, dropped, watched_ms;
	uint32_t first_s, last_s;
	uint64_t fail_at;
};

static enum status sum_begin(void *state, const struct window_header *h,
                             const struct window_health *health)
{
	struct sum *s = state;

	s->first_s = s->windows++ ? s->first_s : h->start_s;
	s->last_s = h->start_s;
	s->packets += h->packets;
	s->dropped += h->dropped;
	s->watched_ms += health->watched_ms;
	return STATUS_OK;
}

static enum status sum_row(void *state, const struct flow *row)
{
	struct sum *s = state;

	s->rows++;
	s->row_packets += row->packets;
	return s->fail_at && s->rows >= s->fail_at ? STATUS_FULL : STATUS_OK;
}

static enum status sum_end(void *state)
{
	(void)state;
	return STATUS_OK;
}

static struct meter_sink sink_of(struct sum *s)
{
	return (struct meter_sink){s, sum_begin, sum_row, sum_end};
}

/* SECONDS of SYNs to 198.18.0.0/24, evenly; one in four goes elsewhere. */
static void make_capture(char path[64])
{
	struct bytes b = {0};

	capture_start(&b);
	for (uint32_t i = 0; i < PACKETS; i++) {
		struct made_ip m = {.time_ns =
		                            start_ns + (uint64_t)i * SECONDS * 1000000000 / PACKETS,
		                    .src = 0x2d000000 + i % 100,
		                    .dst = 0xc6120000 + (i % 4 == 3 ? 0x10000 : 0) + i % 256,
		                    .dport = 23,
		                    .proto = 6,
		                    .flags = 2,
		                    .ttl = 50};

		capture_put(&b, &m);
	}
	bytes_save(&b, path);
	bytes_clear(&b);
}

static void settings_for(struct watch_settings *s, const char *net)
{
	struct prefix p;

	watch_settings_init(s);
	if (prefix_parse(net, &p) || prefix_set_add(&s->capture.net, p))
		abort();
	prefix_set_seal(&s->capture.net);
	s->capture.ring = 4u << 20;
}

struct outcome {
	struct sum minutes, seconds;
	struct lookout_stats stats;
	enum status status;
	struct trouble trouble;
};

static struct outcome replay(const char *path, const struct replay_options *r, const char *raw,
                             uint64_t fail_at)
{
	struct outcome o = {.minutes.fail_at = fail_at};
	struct meter_sink minutes = sink_of(&o.minutes), seconds = sink_of(&o.seconds);
	struct watch_settings s;
	struct lookout_options w = {.replay = path,
	                            .replay_options = *r,
	                            .sink = &minutes,
	                            .live = &seconds,
	                            .version = "1",
	                            .log = &quiet};
	atomic_bool stop = false;
	struct lookout *watch = NULL;

	settings_for(&s, "198.18.0.0/24");
	s.raw.directory = raw;
	w.capture = &s.capture;
	w.raw = &s.raw;
	o.status = lookout_open(&watch, &w, &o.trouble);
	if (!o.status) {
		o.status = lookout_run(watch, &stop, &o.trouble);
		o.stats = lookout_stats(watch);
	}
	lookout_close(watch);
	watch_settings_clear(&s);
	return o;
}

static void test_fast(const char *path)
{
	struct replay_options kept = {.keep_times = true},
	                      moved = {.start_ns = start_ns + 3600000000000};
	struct outcome o = replay(path, &kept, NULL, 0);

	CHECK(o.status == STATUS_OK);
	CHECK_U64(o.minutes.windows, 3);
	CHECK_U64(o.minutes.first_s, start_ns / 1000000000);
	CHECK_U64(o.minutes.packets, PACKETS / 4 * 3);
	CHECK_U64(o.minutes.row_packets, PACKETS / 4 * 3);
	CHECK_U64(o.seconds.packets, PACKETS / 4 * 3);
	CHECK_U64(o.seconds.windows, SECONDS);
	CHECK_U64(o.stats.counts.skipped, PACKETS / 4);
	CHECK(o.stats.threads == 1 && o.stats.watching);
	o = replay(path, &moved, NULL, 0);
	CHECK_U64(o.minutes.first_s, start_ns / 1000000000 + 3600);
	CHECK_U64(o.minutes.row_packets, PACKETS / 4 * 3);
}

/* At a speed, times are now; every packet comes. */
static void test_paced(const char *path)
{
	struct replay_options paced = {.speed = 150}, kept = {.speed = 150, .keep_times = true};
	uint64_t before = clock_wall_ns();
	struct outcome o = replay(path, &paced, NULL, 0);
	uint64_t took = clock_wall_ns() - before;

	CHECK_U64(o.minutes.packets, PACKETS / 4 * 3);
	CHECK(o.minutes.last_s + 60 >= before / 1000000000 &&
	      o.minutes.last_s <= clock_wall_ns() / 1000000000);
	CHECK(took > 900000000);
	o = replay(path, &kept, NULL, 0);
	CHECK_U64(o.minutes.packets, PACKETS / 4 * 3);
	CHECK_U64(o.minutes.first_s, start_ns / 1000000000);
	CHECK_U64(o.minutes.windows, 3);
}

/* Two packets ten minutes apart: at any speed somebody watches all the time, and says so. */
static void test_sparse(void)
{
	struct replay_options kept = {.speed = 3000, .keep_times = true};
	struct made_ip m = {.time_ns = start_ns, .dst = 0xc6120001, .proto = 6, .flags = 2};
	struct bytes b = {0};
	struct outcome o;
	char path[64];

	capture_start(&b);
	capture_put(&b, &m);
	m.time_ns += UINT64_C(600000000000);
	capture_put(&b, &m);
	bytes_save(&b, path);
	bytes_clear(&b);
	o = replay(path, &kept, NULL, 0);
	CHECK_U64(o.minutes.packets, 2);
	CHECK_U64(o.minutes.windows, 11);
	CHECK_NEAR((double)o.minutes.watched_ms, 600000, 1000);
	unlink(path);
}

static void test_raw(const char *path)
{
	struct replay_options kept = {.keep_times = true};
	char folder[] = "/tmp/noroshi-watch-XXXXXX", name[128];
	struct outcome o;

	if (!mkdtemp(folder))
		abort();
	o = replay(path, &kept, folder, 0);
	CHECK_U64(o.stats.raw.packets, PACKETS);
	CHECK_U64(o.stats.raw.lost, 0);
	snprintf(name, sizeof(name), "%s/raw-%012d.pcap", folder, 0);
	o = replay(name, &kept, NULL, 0); /* and that is a capture again */
	CHECK_U64(o.minutes.packets, PACKETS / 4 * 3);
	unlink(name);
	rmdir(folder);
	o = replay(path, &kept, folder, 0);
	CHECK(o.status == STATUS_NOT_FOUND);
}

static void test_troubles(const char *path)
{
	struct replay_options kept = {.keep_times = true};
	struct outcome o = replay("/no/such/file", &kept, NULL, 0);

	CHECK(o.status == STATUS_NOT_FOUND);
	CHECK_STR(o.trouble.file, "/no/such/file");
	o = replay(path, &kept, NULL, 5);
	CHECK(o.status == STATUS_FULL);
}

/* The child's reader of orders: 'r' exchanges the filter, 'd' and 'u' wait until the sensor knows
 * that its interface is down or up; the end of the pipe stops. */
struct orders {
	int fd, done;
	atomic_bool stop;
	struct lookout *watch;
	const struct capture_settings *other;
	enum status reloaded;
};

static void *follow_orders(void *state)
{
	struct orders *o = state;
	char order;

	while (read(o->fd, &order, 1) == 1) {
		if (order == 'r')
			o->reloaded = lookout_reload(o->watch, o->other, NULL);
		while ((order == 'd' && lookout_stats(o->watch).watching) ||
		       (order == 'u' && !lookout_stats(o->watch).watching))
			usleep(5000);
		if (write(o->done, &order, 1) != 1)
			abort();
	}
	atomic_store(&o->stop, true);
	return NULL;
}

struct live {
	struct sum minutes, seconds;
	struct lookout_stats stats;
	enum status status, reloaded;
	bool confined;
};

/* A sensor that gave up its rights, in a process of its own. */
static void live_child(unsigned threads, int orders, int out)
{
	struct live l = {0};
	struct meter_sink minutes = sink_of(&l.minutes), seconds = sink_of(&l.seconds);
	struct watch_settings s, other;
	struct lookout_options w = {
	        .sink = &minutes, .live = &seconds, .version = "1", .log = &quiet};
	struct confine_options c = {.role = CONFINE_CAPTURE};
	struct confine_result confined = {0};
	struct orders o = {.fd = orders, .done = out};
	pthread_t thread;

	settings_for(&s, "127.0.0.1/32");
	settings_for(&other, "127.0.0.1/32");
	s.capture.interface = other.capture.interface = "lo";
	s.capture.filter = "udp port 9000";
	other.capture.filter = "udp port 9001";
	s.capture.threads = other.capture.threads = threads;
	w.capture = &s.capture;
	o.other = &other.capture;
	l.status = lookout_open(&o.watch, &w, NULL);
	if (!l.status)
		l.status = confine(&c, &quiet, &confined, NULL);
	l.confined = confined.calls;
	if (!l.status && pthread_create(&thread, NULL, follow_orders, &o) == 0) {
		if (write(out, "x", 1) != 1)
			abort();
		l.status = lookout_run(o.watch, &o.stop, NULL);
		pthread_join(thread, NULL);
		l.reloaded = o.reloaded;
		l.stats = lookout_stats(o.watch);
	}
	lookout_close(o.watch);
	_exit(write(out, &l, sizeof(l)) == sizeof(l) ? 0 : 1);
}

static void burst(uint16_t port, int packets)
{
	int fd = netns_sender();

	for (int i = 0; i < packets; i++)
		netns_send(fd, (uint8_t)(2 + i % 200), port, 20);
	close(fd);
}

static bool obeys(int orders, int answers, char order)
{
	char answer;

	return write(orders, &order, 1) == 1 && read(answers, &answer, 1) == 1 && answer == order;
}

static void test_live(unsigned threads)
{
	int orders[2], answers[2], status = 0;
	struct live l = {0};
	char ready;
	pid_t child;

	if (pipe(orders) != 0 || pipe(answers) != 0)
		abort();
	fflush(stdout);
	child = fork();
	if (child == 0) {
		close(orders[1]);
		live_child(threads, orders[0], answers[1]);
	}
	close(orders[0]);
	close(answers[1]);
	CHECK(read(answers[0], &ready, 1) == 1);
	burst(9000, 2000);
	burst(9001, 10); /* filtered out */
	netns_set_up("lo", false);
	CHECK(obeys(orders[1], answers[0], 'd'));
	netns_set_up("lo", true);
	CHECK(obeys(orders[1], answers[0], 'u'));
	burst(9000, 1000);
	CHECK(obeys(orders[1], answers[0], 'r'));
	burst(9000, 10);
	burst(9001, 500);
	close(orders[1]);
	CHECK(read(answers[0], &l, sizeof(l)) == sizeof(l));
	waitpid(child, &status, 0);
	close(answers[0]);
	CHECK(status == 0 && l.status == STATUS_OK && l.reloaded == STATUS_OK && l.confined);
	CHECK_U64(l.minutes.row_packets, 3500);
	CHECK_U64(l.minutes.packets, 3500);
	CHECK_U64(l.seconds.row_packets, 3500);
	CHECK_U64(l.minutes.dropped, 0);
	CHECK_U64(l.stats.threads, threads);
	CHECK_U64(l.stats.outages, 1);
	CHECK(l.stats.watching && l.stats.outage_ms < 60000);
	CHECK(l.minutes.watched_ms + 300 < l.stats.uptime_s * 1000 + 1000);
}

int main(void)
{
	char path[64];

	make_capture(path);
	test_fast(path);
	test_paced(path);
	test_sparse();
	test_raw(path);
	test_troubles(path);
	unlink(path);
	netns_enter();
	netns_set_up("lo", true);
	test_live(1);
	test_live(3);
	return tap_done();
}
