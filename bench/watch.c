/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_watch CONFIG SECONDS [REPLAY]: the sensor's capture process alone: interface or replayed
 * file in, windows counted and thrown away, confined as the sensor is. Ends after SECONDS (0:
 * never), by SIGTERM or SIGINT, or with the file. Says "watching" on standard error once it does,
 * and prints one JSON line of figures at the end. `live` of the configuration is obeyed.
 */
#include "aggregate/lookout.h"
#include "base/clock.h"
#include "base/confine.h"
#include "conf/config.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static atomic_bool stop;

struct sum {
	uint64_t windows, packets, rows, row_packets, watched_ms, dropped;
};

static void on_signal(int number)
{
	(void)number;
	atomic_store(&stop, true);
}

static enum status sum_begin(void *state, const struct window_header *h,
                             const struct window_health *health)
{
	struct sum *s = state;

	s->windows++;
	s->packets += h->packets;
	s->rows += h->rows;
	s->dropped += h->dropped;
	s->watched_ms += health->watched_ms;
	return STATUS_OK;
}

static enum status sum_row(void *state, const struct flow *row)
{
	struct sum *s = state;

	s->row_packets += row->packets;
	return STATUS_OK;
}

static enum status sum_end(void *state)
{
	(void)state;
	return STATUS_OK;
}

/* A figure of /proc/self/status in KiB; the file was opened before the rights went. */
static unsigned long memory_kib(int status, const char *name)
{
	char text[4096] = "", *at;
	ssize_t n = lseek(status, 0, SEEK_SET) == 0 ? read(status, text, sizeof(text) - 1) : 0;

	text[n > 0 ? n : 0] = '\0';
	at = strstr(text, name);
	return at ? strtoul(at + strlen(name) + 1, NULL, 10) : 0;
}

static double processor_s(void)
{
	struct rusage u;

	(void)getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static void print(struct lookout *w, const struct sum *minutes, const struct sum *seconds,
                  int status, double began_s)
{
	struct lookout_stats s = lookout_stats(w);

	printf("{\"records\":%" PRIu64 ",\"packets\":%" PRIu64 ",\"skipped\":%" PRIu64
	       ",\"dropped\":%" PRIu64 ",\"late\":%" PRIu64 ",\"early\":%" PRIu64
	       ",\"windows\":%" PRIu64 ",\"rows\":%" PRIu64 ",\"row_packets\":%" PRIu64
	       ",\"watched_ms\":%" PRIu64 ",\"live_windows\":%" PRIu64 ",\"live_packets\":%" PRIu64
	       ",\"outages\":%" PRIu64 ",\"outage_ms\":%" PRIu64 ",\"raw_packets\":%" PRIu64
	       ",\"raw_lost\":%" PRIu64 ",\"threads\":%u,\"cpu_s\":%.6f,\"peak_kib\":%lu,"
	       "\"anonymous_kib\":%lu}\n",
	       s.counts.records, s.counts.packets, s.counts.skipped,
	       s.counts.dropped_kernel + s.counts.dropped_own, s.counts.late, s.counts.early,
	       minutes->windows, minutes->rows, minutes->row_packets, minutes->watched_ms,
	       seconds->windows, seconds->row_packets, s.outages, s.outage_ms, s.raw.packets,
	       s.raw.lost, s.threads, processor_s() - began_s, memory_kib(status, "VmHWM"),
	       memory_kib(status, "RssAnon"));
}

static enum status run(const struct watch_settings *s, const char *path, const char *raw_folder,
                       struct trouble *t)
{
	struct log log = log_standard();
	struct sum minutes = {0}, seconds = {0};
	struct meter_sink minute_sink = {&minutes, sum_begin, sum_row, sum_end};
	struct meter_sink second_sink = {&seconds, sum_begin, sum_row, sum_end};
	const char *readable[] = {path, NULL}, *writable[] = {raw_folder, NULL};
	struct lookout_options o = {.capture = &s->capture,
	                            .raw = &s->raw,
	                            .replay = path,
	                            .replay_options = {.keep_times = true},
	                            .sink = &minute_sink,
	                            .live = &second_sink,
	                            .destination_key = 1,
	                            .version = NOROSHI_VERSION,
	                            .log = &log};
	struct confine_options c = {.role = CONFINE_CAPTURE,
	                            .user = s->capture.user,
	                            .read = readable,
	                            .write = writable};
	int status = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	struct confine_result confined;
	struct lookout *w = NULL;
	double began_s;
	enum status st = lookout_open(&w, &o, t);

	if (!st)
		st = confine(&c, &log, &confined, t);
	began_s = processor_s();
	if (!st) {
		log_note(&log, "watching", "threads=%u", lookout_stats(w).threads);
		st = lookout_run(w, &stop, t);
		print(w, &minutes, &seconds, status, began_s);
	}
	lookout_close(w);
	return st;
}

static const struct config_section sections[] = {
        {.name = "capture", .help = "Where packets come from."},
        {.name = "raw", .help = "The ring of raw packets."},
};

int main(int argc, char **argv)
{
	struct config_section with_tables[] = {sections[0], sections[1]};
	struct config_table table = {"watch", "For the benchmark.", with_tables, 2};
	struct watch_settings s;
	struct trouble t = {0};
	struct ini *ini = NULL;
	enum status st;

	if (argc < 3 || argc > 4) {
		fputs("usage: bench_watch CONFIG SECONDS [REPLAY]\n", stderr);
		return 2;
	}
	with_tables[0].table = capture_setting_table;
	with_tables[1].table = raw_setting_table;
	watch_settings_init(&s);
	signal(SIGTERM, on_signal);
	signal(SIGINT, on_signal);
	signal(SIGALRM, on_signal);
	st = config_read(&ini, argv[1], &table, &s, &t);
	alarm((unsigned)atoi(argv[2]));
	if (!st)
		st = run(&s, argc == 4 ? argv[3] : NULL, s.raw.directory, &t);
	if (st) {
		char text[1024];

		trouble_print(&t, text, sizeof(text));
		fprintf(stderr, "bench_watch: %s\n", text);
	}
	watch_settings_clear(&s);
	ini_free(ini);
	return st ? 1 : 0;
}
