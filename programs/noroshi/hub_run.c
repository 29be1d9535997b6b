/* SPDX-License-Identifier: Apache-2.0 */
#include "hub.h"
#include "hub_front.h"
#include "owner.h"
#include "store/storer.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * Three processes: this one starts the other two and waits; the front is the hub; the storer
 * holds the observations. The front ends: so do all. The storer ends: it is started again.
 */

struct run_settings {
	const char *config;
	bool verbose, help;
};

#define AT(field) offsetof(struct run_settings, field)

static const struct option rows[] = {
        {"config", "FILE", "The configuration: hub.conf of the state directory.", OPTION_TEXT,
         AT(config), 0, 0},
        {"verbose", NULL, "Log each step.", OPTION_FLAG, AT(verbose), 0, 0},
        {"help", NULL, "Print this.", OPTION_FLAG, AT(help), 0, 0},
};

const struct option_table hub_run_options = {
        .command = "hub run",
        .synopsis = "--config FILE",
        .about = "Runs the hub: takes windows from sensors, keeps them, answers questions. Ends by "
                 "SIGTERM.",
        .rows = rows,
        .count = sizeof(rows) / sizeof(rows[0]),
};

struct supervisor {
	struct hub_place place;
	struct log log;
	struct storer *storer;
	pid_t front;
};

static enum status start_storer(struct supervisor *s, struct trouble *t)
{
	if (!hub_place_is_embedded(&s->place))
		return STATUS_OK;
	return storer_start(&s->storer,
	                    &(struct storer_options){
	                            .program = s->place.storer,
	                            .data = s->place.data,
	                            .socket = s->place.socket,
	                            .memory_bytes = s->place.settings.store_memory,
	                            .threads = (uint32_t)s->place.settings.store_threads,
	                            .log = &s->log,
	                    },
	                    t);
}

/* Before any thread is made. The front dies with us. */
static enum status start_front(struct supervisor *s, struct trouble *t)
{
	pid_t parent = getpid();

	s->front = fork();
	if (s->front < 0)
		return trouble_set(t, STATUS_NO_MEMORY, "", 0, "cannot fork: %s", strerror(errno));
	if (s->front == 0) {
		if (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || getppid() != parent)
			_exit(EXIT_NOTHING);
		exit(front_run(&s->place, &s->log));
	}
	return STATUS_OK;
}

/* Hand signals on, until the front has ended. Returns its exit status. */
static int wait_for_front(struct supervisor *s, const sigset_t *wanted)
{
	int number, status = 0;

	for (;;) {
		if (sigwait(wanted, &number) != 0)
			continue;
		if (number != SIGCHLD) {
			kill(s->front, number);
			continue;
		}
		if (waitpid(s->front, &status, WNOHANG) == s->front)
			break;
	}
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	log_error(&s->log, "hub-died", "signal=%d", WTERMSIG(status));
	return EXIT_NOTHING;
}

static void block_signals(sigset_t *wanted)
{
	sigemptyset(wanted);
	sigaddset(wanted, SIGTERM);
	sigaddset(wanted, SIGINT);
	sigaddset(wanted, SIGHUP);
	sigaddset(wanted, SIGCHLD);
	sigprocmask(SIG_BLOCK, wanted, NULL);
}

static int supervise(struct supervisor *s)
{
	struct trouble t = {0};
	sigset_t wanted;
	int status = EXIT_NOTHING;
	enum status st;

	block_signals(&wanted);
	umask(0077);
	st = owner_become(s->place.dir, &t);
	if (!st)
		st = start_front(s, &t);
	if (!st)
		st = start_storer(s, &t);
	if (st)
		log_trouble(&s->log, LOG_LEVEL_ERROR, "hub-not-started", &t);
	if (st && s->front > 0)
		kill(s->front, SIGTERM);
	if (s->front > 0)
		status = wait_for_front(s, &wanted);
	storer_stop(s->storer);
	return st ? EXIT_NOTHING : status;
}

static int usage(const struct trouble *t)
{
	char text[1024];

	trouble_print(t, text, sizeof(text));
	fprintf(stderr, "noroshi: %s\nnoroshi: 'noroshi hub run --help' lists the options\n", text);
	return EXIT_USAGE;
}

static int run_config(const struct run_settings *run)
{
	struct supervisor s = {.log = log_standard()};
	struct trouble t = {0};
	int status;

	if (run->verbose)
		s.log.level = LOG_LEVEL_DEBUG;
	if (hub_place_read(&s.place, run->config, &t)) {
		log_trouble(&s.log, LOG_LEVEL_ERROR, "hub-not-started", &t);
		return EXIT_NOTHING;
	}
	status = supervise(&s);
	hub_place_clear(&s.place);
	return status;
}

static int hub_run(int argc, char **argv)
{
	struct run_settings settings = {0};
	struct text_list operands = {0};
	struct trouble t = {0};
	enum status st = options_parse(&hub_run_options, argc, argv, &settings, &operands, &t);
	int status;

	if (!st && settings.help) {
		options_help(&hub_run_options, stdout);
		status = 0;
	} else if (!st && (!settings.config || operands.count)) {
		trouble_set(&t, STATUS_USAGE, NULL, 0, "hub run wants --config FILE");
		status = usage(&t);
	} else {
		status = st ? usage(&t) : run_config(&settings);
	}
	text_list_clear(&operands);
	return status;
}

const struct command command_hub_run = {"run", "run the hub", hub_run};
