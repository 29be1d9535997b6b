/* SPDX-License-Identifier: Apache-2.0 */
/* Landlock (landlock(7), kernel documentation userspace-api/landlock) by its system calls: the C
 * library has no wrappers, and its headers know fewer rights than kernels have. */
#include "base/confine_steps.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	CALL_CREATE = 444, /* the same number on every architecture */
	CALL_ADD = 445,
	CALL_RESTRICT = 446,
	ASK_VERSION = 1,
	RULE_BENEATH = 1,
};

/* Rights on files, in the order in which versions brought them. */
enum {
	FS_EXECUTE = 1 << 0,
	FS_WRITE_FILE = 1 << 1,
	FS_READ_FILE = 1 << 2,
	FS_READ_DIR = 1 << 3,
	FS_MAKE_CHAR = 1 << 6,
	FS_MAKE_BLOCK = 1 << 11,
	FS_VERSION_1 = (1 << 13) - 1,
	FS_REFER = 1 << 13,     /* version 2 */
	FS_TRUNCATE = 1 << 14,  /* 3 */
	FS_IOCTL_DEV = 1 << 15, /* 5 */
	FS_OF_FILES = FS_EXECUTE | FS_WRITE_FILE | FS_READ_FILE | FS_TRUNCATE | FS_IOCTL_DEV,
	NET_BIND_AND_CONNECT = 3, /* 4 */
	SCOPE_ALL = 3,            /* 6: abstract Unix sockets, signals */
};

struct ruleset {
	uint64_t files, net, scoped;
};

struct beneath {
	uint64_t allowed;
	int32_t parent;
} __attribute__((packed));

int confine_files_version(void)
{
	long version = syscall(CALL_CREATE, NULL, 0, ASK_VERSION);

	return version > 0 ? (int)version : 0;
}

static uint64_t files_of(int version)
{
	return FS_VERSION_1 | (version >= 2 ? FS_REFER : 0u) | (version >= 3 ? FS_TRUNCATE : 0u) |
	       (version >= 5 ? FS_IOCTL_DEV : 0u);
}

static enum status allow(int rules, const char *path, uint64_t rights, struct trouble *t)
{
	struct beneath rule = {.allowed = rights, .parent = open(path, O_PATH | O_CLOEXEC)};
	struct stat s;
	enum status st = STATUS_OK;

	if (rule.parent < 0)
		return trouble_set(t, status_of_errno(errno), path, 0, "%s", strerror(errno));
	if (fstat(rule.parent, &s) == 0 && !S_ISDIR(s.st_mode))
		rule.allowed &= FS_OF_FILES;
	if (syscall(CALL_ADD, rules, RULE_BENEATH, &rule, 0) != 0)
		st = trouble_set(t, STATUS_IO, path, 0, "landlock: %s", strerror(errno));
	close(rule.parent);
	return st;
}

static enum status allow_all(int rules, const char *const *paths, uint64_t rights,
                             struct trouble *t)
{
	enum status st = STATUS_OK;

	for (size_t i = 0; paths && paths[i] && !st; i++)
		st = allow(rules, paths[i], rights, t);
	return st;
}

enum status confine_files_limit(const struct confine_options *o, int version, struct trouble *t)
{
	bool alone = o->role == CONFINE_CAPTURE; /* speaks to nobody */
	struct ruleset r = {
	        .files = files_of(version),
	        .net = version >= 4 && alone ? NET_BIND_AND_CONNECT : 0,
	        .scoped = version >= 6 && alone ? SCOPE_ALL : 0,
	};
	size_t size = version >= 6   ? sizeof(r)
	              : version >= 4 ? 2 * sizeof(uint64_t)
	                             : sizeof(uint64_t);
	uint64_t no_devices = (uint64_t)(FS_EXECUTE | FS_MAKE_CHAR | FS_MAKE_BLOCK);
	int rules = (int)syscall(CALL_CREATE, &r, size, 0);
	enum status st;

	if (rules < 0)
		return trouble_set(t, STATUS_IO, NULL, 0, "landlock: %s", strerror(errno));
	st = allow_all(rules, o->read, FS_READ_FILE | FS_READ_DIR, t);
	if (!st)
		st = allow_all(rules, o->write, r.files & ~no_devices, t);
	if (!st && syscall(CALL_RESTRICT, rules, 0) != 0)
		st = trouble_set(t, STATUS_IO, NULL, 0, "landlock: %s", strerror(errno));
	close(rules);
	return st;
}

/* A folder that is no more holds nothing, and nothing can be made in it. */
enum status confine_files_chroot(void)
{
	char path[] = "/tmp/noroshi-empty-XXXXXX";
	bool inside;

	if (!mkdtemp(path))
		return STATUS_UNSUPPORTED;
	inside = chdir(path) == 0;
	if (rmdir(path) != 0 || !inside)
		return STATUS_UNSUPPORTED;
	return chroot(".") == 0 ? STATUS_OK : STATUS_UNSUPPORTED;
}
