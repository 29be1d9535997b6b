/* SPDX-License-Identifier: Apache-2.0 */
#include "store/storer.h"
#include "tap.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void nap(void)
{
	nanosleep(&(struct timespec){0, 20 * 1000000}, NULL);
}

/* Waits for a child that is not `old`; 0 where none comes in 20 s. */
static pid_t another(struct storer *s, pid_t old)
{
	for (int i = 0; i < 1000; i++) {
		pid_t pid = storer_pid(s);

		if (pid && pid != old)
			return pid;
		nap();
	}
	return 0;
}

static bool is_gone(pid_t pid)
{
	for (int i = 0; i < 500; i++) {
		if (kill(pid, 0) != 0)
			return true;
		nap();
	}
	return false;
}

int main(void)
{
	char path[] = "/tmp/noroshi-storer-XXXXXX";
	struct storer_options o = {
	        .program = path, .data = "d", .socket = "s", .memory_bytes = 1, .threads = 2};
	struct storer *s = NULL;
	struct trouble t = {0};
	int fd = mkstemp(path);
	pid_t first, second;
	FILE *script;

	script = fdopen(fd, "w");
	/* Stands in for the program: checks what it is given, then waits to be ended. */
	fputs("#!/bin/sh\n"
	      "[ \"$*\" = '--data d --socket s --memory=1 --threads=2' ] || exit 1\n"
	      "exec sleep 600\n",
	      script);
	CHECK(storer_start(&s, &o, &t) == STATUS_NOT_FOUND); /* nobody may run it yet */
	fchmod(fd, 0700);
	fclose(script);
	CHECK(storer_start(&s, &o, &t) == STATUS_OK);
	first = another(s, 0);
	CHECK(first > 0);
	kill(first, SIGKILL);
	second = another(s, first);
	CHECK(second > 0 && storer_restarts(s) == 1);
	nap();
	CHECK(storer_pid(s) == second); /* it stays: the arguments were right */
	storer_stop(s);
	CHECK(is_gone(second));
	storer_stop(NULL);
	unlink(path);
	return tap_done();
}
