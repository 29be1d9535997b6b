/* SPDX-License-Identifier: Apache-2.0 */
#include "front.h"
#include "home.h"

#include "base/log.h"
#include "conf/options.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum { EXIT_NOTHING = 1, EXIT_USAGE = 2, FINISH_SECONDS = 50 };

#define MEBIBYTE ((uint64_t)1 << 20)

struct storer_settings {
	const char *data, *socket;
	uint64_t memory, threads;
	bool quiet, help;
};

#define AT(field) offsetof(struct storer_settings, field)

static const struct option rows[] = {
        {"data", "DIR", "Keep everything here. Made where it is not there; one process each.",
         OPTION_TEXT, AT(data), 0, 0},
        {"socket", "PATH", "Listen on this Unix socket, for the own user alone.", OPTION_TEXT,
         AT(socket), 0, 0},
        {"memory", "BYTES",
         "The engine's memory, half of it for one query. A quarter of the machine's unless given, "
         "512M at least.",
         OPTION_SIZE, AT(memory), 256 * MEBIBYTE, UINT64_MAX / 2},
        {"threads", "N",
         "Threads of one query, and of merging. As many as there are processors, 4 at most, "
         "unless given.",
         OPTION_COUNT, AT(threads), 1, 256},
        {"quiet", NULL, "Log only what goes wrong.", OPTION_FLAG, AT(quiet), 0, 0},
        {"help", NULL, "Print this.", OPTION_FLAG, AT(help), 0, 0},
};

static const struct option_table table = {
        .command = "noroshi-storer",
        .synopsis = "--data DIR --socket PATH [OPTION]...",
        .about = "Answers ClickHouse's HTTP verbs on a Unix socket, with the engine within "
                 "(libchdb). The hub starts it, watches it and ends it with SIGTERM.",
        .rows = rows,
        .count = sizeof(rows) / sizeof(rows[0]),
};

/* Without limits the library takes nine tenths of the memory. */
static void fill_defaults(struct storer_settings *s)
{
	long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	uint64_t quarter = pages > 0 && page > 0 ? (uint64_t)pages / 4 * (uint64_t)page : 0;

	if (s->memory == 0)
		s->memory = quarter > 512 * MEBIBYTE ? quarter : 512 * MEBIBYTE;
	if (s->threads == 0)
		s->threads = processors < 1 ? 1 : processors > 4 ? 4 : (uint64_t)processors;
}

/* Each part of each table holds files open. */
static void raise_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

/* Serve until a signal says otherwise. The signals are blocked in every thread. */
static enum status serve(struct library *l, struct home *home, const sigset_t *ends,
                         const struct log *log, struct trouble *t)
{
	struct front *front = NULL;
	char quoted[256];
	enum status st = front_open(&front, l, home->listener, log, t);
	int signal_number = 0;

	if (st)
		return st;
	home->listener = -1; /* the front's */
	log_note(log, "storer-ready", "socket=%s engine=%s",
	         log_quote(home->socket, quoted, sizeof(quoted)), library_version());
	sigwait(ends, &signal_number);
	log_note(log, "storer-ending", "signal=%d", signal_number);
	front_close(front, FINISH_SECONDS);
	return STATUS_OK;
}

static enum status run(const struct storer_settings *s, const struct log *log, struct trouble *t)
{
	struct home home;
	struct library *l = NULL;
	sigset_t ends;
	enum status st;

	sigemptyset(&ends);
	sigaddset(&ends, SIGTERM);
	sigaddset(&ends, SIGINT);
	pthread_sigmask(SIG_BLOCK, &ends, NULL);
	signal(SIGPIPE, SIG_IGN);
	umask(0077);
	raise_files();
	st = home_open(&home, s->data, s->memory, (uint32_t)s->threads, t);
	if (st)
		return st;
	st = home_listen(&home, s->socket, t);
	if (!st)
		st = library_open(&l, home.data, home.config, s->memory, (uint32_t)s->threads, t);
	if (!st)
		st = serve(l, &home, &ends, log, t);
	library_close(l);
	home_close(&home);
	return st;
}

int main(int argc, char **argv)
{
	struct log log = log_standard();
	struct storer_settings settings = {0};
	struct text_list operands = {0};
	struct trouble t = {0};
	enum status st = options_parse(&table, argc, argv, &settings, &operands, &t);

	if (!st && settings.help) {
		options_help(&table, stdout);
		return 0;
	}
	if (!st && (!settings.data || !settings.socket || operands.count > 0))
		st = trouble_set(&t, STATUS_USAGE, NULL, 0, "--data and --socket are needed");
	text_list_clear(&operands);
	if (!st) {
		fill_defaults(&settings);
		log.level = settings.quiet ? LOG_LEVEL_WARNING : log.level;
		st = run(&settings, &log, &t);
	}
	if (st)
		log_trouble(&log, LOG_LEVEL_ERROR, "storer-failed", &t);
	return st == STATUS_USAGE ? EXIT_USAGE : st ? EXIT_NOTHING : 0;
}
