/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The observations from a test's hand: one command a line on standard input, one line of answer.
 *
 *   observations_driver --socket PATH | --url URL [--cluster NAME] [--quorum N]
 *
 *   insert DAY SEED ROWS TOKEN     drawn rows: the same SEED, the same rows
 *   windows DAY SEED COUNT TOKEN   drawn windows
 *   live SECOND SEED ROWS          provisional rows
 *   withdraw SENSOR FROM TO        minutes since 1970
 *   retain ROWS WINDOWS MINUTES HOURS DAYS NOW
 *   check | repair                 one line a finding, then the status
 *   health                         table=rows/parts ...
 *   backup DIR | restore DIR | copy socket PATH | copy url URL [CLUSTER]
 *
 * The answer begins with the status's text; what follows is of the command.
 */
#include "base/prng.h"
#include "store/engine.h"
#include "store/observations.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_MAX_BYTES = 4096, SENSORS = 4 };

struct driver {
	struct log log;
	struct engine *engine;
	struct observations *o;
	struct flow_block block;
};

static enum status open_store(struct driver *d, const struct engine_options *options,
                              const char *cluster, unsigned quorum, struct trouble *t)
{
	struct observations_config config = {.log = &d->log, .cluster = cluster, .quorum = quorum};
	enum status st = engine_open(&d->engine, options, t);

	d->log = log_standard();
	config.engine = d->engine;
	return st ? st : observations_open(&d->o, &config, t);
}

static void close_store(struct driver *d)
{
	observations_close(d->o);
	engine_free(d->engine);
	flow_block_clear(&d->block);
}

/* As a telescope sees them: many sources with few rows, few with many. */
static enum status draw_rows(struct driver *d, uint32_t start_s, uint32_t span_s, uint64_t seed,
                             size_t rows)
{
	struct prng r;
	enum status st = STATUS_OK;

	prng_init(&r, seed);
	flow_block_empty(&d->block);
	for (size_t i = 0; i < rows && !st; i++) {
		uint32_t source = (uint32_t)prng_below(&r, 1 + prng_below(&r, 20000));
		struct flow f = {.source =
		                         addr_v4(0x01000000u + source * 2654435761u % 0xd0000000u),
		                 .proto = source % 5 ? 6 : 17,
		                 .port = (uint16_t)prng_below(&r, 200),
		                 .ip_len = 44,
		                 .packets = 1 + prng_below(&r, 5),
		                 .destinations = 1,
		                 .first_us = (uint32_t)prng_below(&r, 59000000)};
		struct flow_place place = {.start_s = start_s + (uint32_t)prng_below(&r, span_s),
		                           .sensor = 1 + (uint32_t)prng_below(&r, SENSORS),
		                           .country = source % 3 ? 0x4a50 : 0x5553,
		                           .asn = source % 100,
		                           .tool = source % 7 ? 0 : TOOL_MIRAI};

		f.bytes = f.packets * f.ip_len;
		f.last_us = f.first_us + (uint32_t)prng_below(&r, 1000000);
		if (source % 11 == 0)
			f.source = (struct addr){{0x20, 1, 0xd, 0xb8, 0, 0, 0, (uint8_t)source}};
		st = flow_block_add(&d->block, &place, &f);
	}
	return st;
}

static enum status do_insert(struct driver *d, const char *arguments, struct trouble *t)
{
	unsigned day;
	uint64_t seed;
	size_t rows;
	char token[160];
	enum status st;

	if (sscanf(arguments, "%u %" SCNu64 " %zu %159s", &day, &seed, &rows, token) != 4)
		return STATUS_USAGE;
	st = draw_rows(d, day * 86400, 86400, seed, rows);
	return st ? st : observations_insert(d->o, &d->block, token, t);
}

static enum status do_windows(struct driver *d, const char *arguments, struct trouble *t)
{
	unsigned day;
	uint64_t seed;
	size_t count;
	char token[160];
	struct window_row *windows;
	enum status st;

	if (sscanf(arguments, "%u %" SCNu64 " %zu %159s", &day, &seed, &count, token) != 4 ||
	    count > 1440)
		return STATUS_USAGE;
	windows = calloc(count ? count : 1, sizeof(*windows));
	if (!windows)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < count; i++) {
		windows[i].header =
		        (struct window_header){.start_s = day * 86400 + (uint32_t)i * 60,
		                               .span_s = 60,
		                               .sensor = 1 + (uint32_t)(i % SENSORS),
		                               .packets = seed + i,
		                               .rows = i,
		                               .addresses = 256.5};
		windows[i].health.clock_offset_us = -5;
		windows[i].batch = flow_batch(1, seed, i);
		(void)snprintf(windows[i].health.version, HEALTH_VERSION_MAX, "1.%zu'\\", i);
	}
	st = observations_insert_windows(d->o, windows, count, token, t);
	free(windows);
	return st;
}

static enum status do_live(struct driver *d, const char *arguments, struct trouble *t)
{
	unsigned second;
	uint64_t seed;
	size_t rows;
	enum status st;

	if (sscanf(arguments, "%u %" SCNu64 " %zu", &second, &seed, &rows) != 3)
		return STATUS_USAGE;
	st = draw_rows(d, second, 1, seed, rows);
	return st ? st : observations_insert_live(d->o, &d->block, second, t);
}

static enum status do_withdraw(struct driver *d, const char *arguments, struct trouble *t)
{
	struct observations_part part;
	uint64_t removed = 0;
	enum status st;

	if (sscanf(arguments, "%u %u %u", &part.sensor, &part.from_minute, &part.to_minute) != 3)
		return STATUS_USAGE;
	st = observations_withdraw(d->o, &part, &removed, t);
	printf("removed %" PRIu64 ": ", removed);
	return st;
}

static enum status do_retain(struct driver *d, const char *arguments, struct trouble *t)
{
	struct observations_keep k;
	unsigned now, dropped = 0;
	enum status st;

	if (sscanf(arguments, "%u %u %u %u %u %u", &k.rows, &k.windows, &k.minutes, &k.hours,
	           &k.days, &now) != 6)
		return STATUS_USAGE;
	st = observations_retain(d->o, &k, now, &dropped, t);
	printf("dropped %u: ", dropped);
	return st;
}

static void print_finding(void *state, const struct observations_finding *f)
{
	(void)state;
	printf("[%s %u %s%s] ", f->table, f->day, f->text, f->repaired ? ", repaired" : "");
}

static enum status do_check(struct driver *d, bool repair, struct trouble *t)
{
	struct observations_finder finder = {NULL, print_finding};

	return observations_check(d->o, repair, &finder, t);
}

static enum status do_health(struct driver *d, struct trouble *t)
{
	struct observations_health h;
	enum status st = observations_health(d->o, &h, t);

	for (size_t i = 0; i < h.table_count && !st; i++)
		printf("%s=%" PRIu64 "/%" PRIu64 "/%" PRIu64 " ", h.tables[i].name,
		       h.tables[i].rows, h.tables[i].parts, h.tables[i].bytes);
	printf("by %s: ", h.engine);
	return st;
}

static enum status do_copy(struct driver *d, const char *arguments, struct trouble *t)
{
	char how[16], where[1024], cluster[64] = "";
	struct driver to = {0};
	struct engine_options options = {0};
	enum status st;

	if (sscanf(arguments, "%15s %1023s %63s", how, where, cluster) < 2)
		return STATUS_USAGE;
	if (strcmp(how, "socket") == 0)
		options.socket = where;
	else
		options.url = where;
	st = open_store(&to, &options, cluster[0] ? cluster : NULL, 0, t);
	if (!st)
		st = observations_copy(d->o, to.o, UINT32_MAX, t);
	close_store(&to);
	return st;
}

static enum status run(struct driver *d, const char *line, struct trouble *t)
{
	char word[16] = "";
	int n = 0;

	if (sscanf(line, "%15s %n", word, &n) < 1)
		return STATUS_USAGE;
	const char *rest = line + n;

#define COMMAND(name, call)          \
	if (strcmp(word, name) == 0) \
		return call;
	COMMAND("insert", do_insert(d, rest, t))
	COMMAND("windows", do_windows(d, rest, t))
	COMMAND("live", do_live(d, rest, t))
	COMMAND("withdraw", do_withdraw(d, rest, t))
	COMMAND("retain", do_retain(d, rest, t))
	COMMAND("check", do_check(d, false, t))
	COMMAND("repair", do_check(d, true, t))
	COMMAND("health", do_health(d, t))
	COMMAND("backup", observations_backup(d->o, rest, t))
	COMMAND("restore", observations_restore(d->o, rest, t))
	COMMAND("copy", do_copy(d, rest, t))
#undef COMMAND
	return STATUS_USAGE;
}

static void answer(enum status st, const struct trouble *t)
{
	char why[1024] = "";

	if (st && t->text[0])
		trouble_print(t, why, sizeof(why));
	printf("%s%s%s\n", status_text(st), why[0] ? " | " : "", why);
	(void)fflush(stdout);
}

int main(int argc, char **argv)
{
	struct engine_options options = {.connect_ms = 2000};
	struct driver d = {0};
	struct trouble t = {0};
	const char *cluster = NULL;
	unsigned quorum = 0;
	char line[LINE_MAX_BYTES];
	enum status st;

	(void)signal(SIGPIPE, SIG_IGN);
	for (int i = 1; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--socket") == 0)
			options.socket = argv[i + 1];
		else if (strcmp(argv[i], "--url") == 0)
			options.url = argv[i + 1];
		else if (strcmp(argv[i], "--cluster") == 0)
			cluster = argv[i + 1];
		else if (strcmp(argv[i], "--quorum") == 0)
			quorum = (unsigned)strtoul(argv[i + 1], NULL, 10);
	}
	st = open_store(&d, &options, cluster, quorum, &t);
	answer(st, &t);
	while (!st && fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		t = (struct trouble){0};
		answer(run(&d, line, &t), &t);
	}
	close_store(&d);
	return st != STATUS_OK;
}
