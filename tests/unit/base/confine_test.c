/* SPDX-License-Identifier: Apache-2.0 */
/* What a confined process cannot do any more, tried in children; pthread. */
#include "base/confine.h"

#include "tap.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct log quiet = {.fd = -1};

/* Run in a child: its exit status, or 1000 + the signal that ended it. */
static int in_child(int (*body)(void *), void *state)
{
	int status = 0;
	pid_t child;

	fflush(stdout);
	child = fork();
	if (child < 0)
		abort();
	if (child == 0)
		_exit(body(state));
	waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

static bool refused(bool succeeded)
{
	return !succeeded && (errno == EPERM || errno == EACCES || errno == ENOENT);
}

static void *nothing(void *state)
{
	return state;
}

static bool has_threads(void)
{
	pthread_t thread;

	return pthread_create(&thread, NULL, nothing, NULL) == 0 && pthread_join(thread, NULL) == 0;
}

static bool can_execute(void)
{
	char *const arguments[] = {(char *)"/bin/true", NULL};

	execv(arguments[0], arguments);
	return false;
}

/* The number of the first thing that went other than it should; 0: all as it should. */
static int capture_body(void *state)
{
	struct confine_options o = {.role = CONFINE_CAPTURE};
	struct confine_result result;
	char byte = 'x';
	int pair[2], net, back;

	(void)state;
	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) != 0)
		return 1;
	net = confine_silence(pair[0]);
	back = pair[1];
	if (confine(&o, &quiet, &result, NULL))
		return 2;
	if (!refused(open("/etc/passwd", O_RDONLY) >= 0))
		return 3;
	if (!refused(socket(AF_INET, SOCK_DGRAM, 0) >= 0) ||
	    !refused(socket(AF_PACKET, SOCK_RAW, 0) >= 0) ||
	    !refused(socket(AF_NETLINK, SOCK_RAW, 0) >= 0))
		return 4;
	if (!refused(can_execute()))
		return 5;
	if (!refused(dup(net) >= 0) || !refused(fcntl(net, F_DUPFD, 3) >= 0))
		return 6;
	if (net < CONFINE_SILENT_FD || !refused(write(net, &byte, 1) == 1) ||
	    !refused(send(net, &byte, 1, 0) == 1))
		return 7;
	if (write(back, &byte, 1) != 1 || read(net, &byte, 1) != 1)
		return 8; /* what it needs it still has */
	if (!refused(fork() >= 0))
		return 9;
	if (!has_threads())
		return 10;
	if (getuid() == 0 || geteuid() == 0 || !refused(setuid(0) == 0))
		return 11;
	if (!refused(mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
	                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED))
		return 12;
	if (!refused(mkdir("/tmp/noroshi-confine-made", 0700) == 0))
		return 13;
	return result.calls ? 0 : 14;
}

struct folders {
	char allowed[64], other[64];
};

static bool can_write(const char *folder)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/file", folder);
	fd = open(path, O_CREAT | O_WRONLY, 0600);
	if (fd < 0 || write(fd, "x", 1) != 1)
		return false;
	close(fd);
	return unlink(path) == 0;
}

static int shipper_body(void *state)
{
	struct folders *f = state;
	const char *write[] = {f->allowed, NULL};
	struct confine_options o = {.role = CONFINE_SHIPPER, .write = write};
	struct confine_result result;

	if (confine(&o, &quiet, &result, NULL))
		return 1;
	if (socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) < 0 ||
	    socket(AF_UNIX, SOCK_DGRAM, 0) < 0)
		return 2;
	if (!refused(socket(AF_PACKET, SOCK_RAW, 0) >= 0) ||
	    !refused(socket(AF_INET, SOCK_RAW, IPPROTO_UDP) >= 0))
		return 3;
	if (!refused(can_execute()) || !refused(fork() >= 0))
		return 4;
	if (!can_write(f->allowed))
		return 5;
	if (result.landlock &&
	    (!refused(can_write(f->other)) || !refused(open("/etc/passwd", O_RDONLY) >= 0)))
		return 6;
	return 0;
}

/* Files are allowed by the filter of calls, so that it is the other step which holds. */
static int no_files_body(void *state)
{
	const bool *without = state;
	struct confine_options o = {.role = CONFINE_SHIPPER, .without_landlock = *without};
	struct confine_result result;

	if (confine(&o, &quiet, &result, NULL))
		return 1;
	if (!result.landlock && !result.chroot)
		return 77;
	if (result.chroot != *without)
		return 2;
	if (!refused(open("/etc/passwd", O_RDONLY) >= 0))
		return 3;
	return refused(can_write("/")) && refused(can_write("/tmp")) ? 0 : 4;
}

static int kill_body(void *state)
{
	struct confine_options o = {.role = CONFINE_CAPTURE, .kill = true};
	struct confine_result result;

	(void)state;
	if (confine(&o, &quiet, &result, NULL) || !result.calls)
		return 1;
	(void)!socket(AF_INET, SOCK_DGRAM, 0);
	return 2;
}

static int unknown_user_body(void *state)
{
	struct confine_options o = {.role = CONFINE_CAPTURE, .user = state};
	struct confine_result result;

	return (int)confine(&o, &quiet, &result, NULL);
}

static void test_folders(void)
{
	struct folders f = {"/tmp/noroshi-confine-XXXXXX", "/tmp/noroshi-confine-XXXXXX"};

	if (!mkdtemp(f.allowed) || !mkdtemp(f.other))
		abort();
	(void)!chmod(f.allowed, 0777);
	(void)!chmod(f.other, 0777);
	CHECK_U64(in_child(shipper_body, &f), 0);
	rmdir(f.allowed);
	rmdir(f.other);
}

int main(void)
{
	bool with = false, without = true;
	int result;

	CHECK_U64(in_child(capture_body, NULL), 0);
	test_folders();
	result = in_child(no_files_body, &with);
	CHECK(result == 0 || result == 77);
	result = in_child(no_files_body, &without);
	CHECK(result == 0 || result == 77);
	CHECK_U64(in_child(kill_body, NULL), 1000 + SIGSYS);
	if (geteuid() == 0) {
		CHECK_U64(in_child(unknown_user_body, (void *)"no-such-user"), STATUS_NOT_FOUND);
		CHECK_U64(in_child(unknown_user_body, (void *)"root"), STATUS_USAGE);
	}
	CHECK_STR(confine_role_name(CONFINE_HUB), "hub");
	return tap_done();
}
