/* SPDX-License-Identifier: Apache-2.0 */
#include "store/storer.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	PAUSE_MIN_MS = 200,
	PAUSE_MAX_MS = 10000,
	STEADY_S = 60, /* a child that ran so long was well: pauses begin anew */
	STOP_S = 60,
	ARGUMENTS = 10,
};

struct storer {
	struct storer_options options;
	char *program, *data, *socket;
	pthread_t thread;
	atomic_bool stop, ended;
	_Atomic pid_t pid;
	_Atomic uint64_t restarts;
};

static void nap(unsigned ms)
{
	struct timespec t = {ms / 1000, (long)(ms % 1000) * 1000000};

	nanosleep(&t, NULL);
}

/* Between fork and exec: only what is safe there. The parent may be gone already. */
static void become(char *const arguments[], pid_t parent)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	(void)setpgid(0, 0);
	if (prctl(PR_SET_PDEATHSIG, SIGTERM) == 0 && getppid() == parent)
		execv(arguments[0], arguments);
	_exit(127);
}

static pid_t spawn(const struct storer *s)
{
	char memory[32], threads[32], quiet[] = "--quiet";
	char *arguments[ARGUMENTS] = {s->program, (char[]){"--data"}, s->data, (char[]){"--socket"},
	                              s->socket};
	unsigned n = 5;
	pid_t parent = getpid(), pid;

	snprintf(memory, sizeof(memory), "--memory=%llu",
	         (unsigned long long)s->options.memory_bytes);
	snprintf(threads, sizeof(threads), "--threads=%u", s->options.threads);
	if (s->options.memory_bytes)
		arguments[n++] = memory;
	if (s->options.threads)
		arguments[n++] = threads;
	if (s->options.quiet)
		arguments[n++] = quiet;
	pid = fork();
	if (pid == 0)
		become(arguments, parent);
	return pid;
}

static void say_ended(struct storer *s, pid_t pid, int status)
{
	if (WIFSIGNALED(status))
		log_error(s->options.log, "storer-died", "pid=%d signal=%d", (int)pid,
		          WTERMSIG(status));
	else
		log_error(s->options.log, "storer-ended", "pid=%d status=%d", (int)pid,
		          WEXITSTATUS(status));
}

/* One life of the child; returns when it is over. */
static void live_once(struct storer *s)
{
	pid_t pid = spawn(s);
	int status = 0;

	if (pid < 0) {
		log_error(s->options.log, "storer-not-started", "errno=%d", errno);
		return;
	}
	atomic_store(&s->pid, pid);
	log_note(s->options.log, "storer-started", "pid=%d", (int)pid);
	/* Stopped before we had a number to send it to? */
	if (atomic_load(&s->stop))
		kill(pid, SIGTERM);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	atomic_store(&s->pid, 0);
	if (!atomic_load(&s->stop))
		say_ended(s, pid, status);
}

static void *keep(void *state)
{
	struct storer *s = state;
	unsigned pause = PAUSE_MIN_MS;

	while (!atomic_load(&s->stop)) {
		time_t begin = time(NULL);

		live_once(s);
		if (time(NULL) - begin >= STEADY_S)
			pause = PAUSE_MIN_MS;
		for (unsigned slept = 0; slept < pause && !atomic_load(&s->stop); slept += 100)
			nap(100);
		pause = pause * 2 < PAUSE_MAX_MS ? pause * 2 : PAUSE_MAX_MS;
		if (!atomic_load(&s->stop))
			s->restarts++;
	}
	atomic_store(&s->ended, true);
	return NULL;
}

static enum status copy_texts(struct storer *s, const struct storer_options *o)
{
	s->options = *o;
	s->program = strdup(o->program);
	s->data = strdup(o->data);
	s->socket = strdup(o->socket);
	return s->program && s->data && s->socket ? STATUS_OK : STATUS_NO_MEMORY;
}

static void storer_free(struct storer *s)
{
	free(s->program);
	free(s->data);
	free(s->socket);
	free(s);
}

enum status storer_start(struct storer **out, const struct storer_options *o, struct trouble *t)
{
	struct storer *s;

	*out = NULL;
	if (access(o->program, X_OK) != 0)
		return trouble_set(t, STATUS_NOT_FOUND, o->program, 0,
		                   "cannot run the storer: %s (it is built where npm has its "
		                   "library; or name a server: [store] url)",
		                   strerror(errno));
	s = calloc(1, sizeof(*s));
	if (!s || copy_texts(s, o) || pthread_create(&s->thread, NULL, keep, s) != 0) {
		if (s)
			storer_free(s);
		return trouble_set(t, STATUS_NO_MEMORY, o->program, 0, "out of memory");
	}
	*out = s;
	return STATUS_OK;
}

pid_t storer_pid(struct storer *s)
{
	return atomic_load(&s->pid);
}

uint64_t storer_restarts(struct storer *s)
{
	return s->restarts;
}

void storer_stop(struct storer *s)
{
	if (!s)
		return;
	atomic_store(&s->stop, true);
	/* A child may just be born: told again each second, until the thread has seen it end. */
	for (unsigned waited = 0; !atomic_load(&s->ended); waited += 20) {
		pid_t pid = atomic_load(&s->pid);

		if (pid && waited % 1000 == 0)
			kill(pid, waited < STOP_S * 1000 ? SIGTERM : SIGKILL);
		nap(20);
	}
	pthread_join(s->thread, NULL);
	storer_free(s);
}
