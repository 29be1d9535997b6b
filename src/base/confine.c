/* SPDX-License-Identifier: Apache-2.0 */
#include "base/confine.h"

#include "base/confine_steps.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* The leak checker of the address sanitizer stops the process by calls that it may not make any
 * more: it asks here first. Only in test builds. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CONFINE_WITH_LEAK_CHECKER
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define CONFINE_WITH_LEAK_CHECKER
#endif

#ifdef CONFINE_WITH_LEAK_CHECKER
static bool confined;
int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void)
{
	return confined;
}
#endif

static void turn_leak_checker_off(void)
{
#ifdef CONFINE_WITH_LEAK_CHECKER
	confined = true;
#endif
}

const char *confine_role_name(enum confine_role role)
{
	static const char *const names[CONFINE_ROLES] = {
	        [CONFINE_CAPTURE] = "capture",
	        [CONFINE_SHIPPER] = "shipper",
	        [CONFINE_HUB] = "hub",
	};

	return names[role];
}

int confine_silence(int fd)
{
	int moved = fcntl(fd, F_DUPFD_CLOEXEC, CONFINE_SILENT_FD);

	if (moved < 0)
		return fd;
	close(fd);
	return moved;
}

static bool wants_files(const struct confine_options *o)
{
	return (o->read && o->read[0]) || (o->write && o->write[0]);
}

/* Before root is given up: only root may chroot. */
static void try_chroot(const struct confine_options *o, const struct confine_user *u,
                       const struct log *log, struct confine_result *result)
{
	if (wants_files(o) || !u->needed) {
		log_warning(log, "confine-files", "held=no lacking=landlock");
		return;
	}
	result->chroot = confine_files_chroot() == STATUS_OK;
	if (result->chroot)
		log_note(log, "confine-files", "held=yes by=chroot lacking=landlock");
	else
		log_warning(log, "confine-files", "held=no lacking=landlock chroot=failed");
}

static enum status limit_files(const struct confine_options *o, const struct log *log,
                               struct confine_result *result, int version, struct trouble *t)
{
	enum status st;

	if (version == 0)
		return STATUS_OK;
	st = confine_files_limit(o, version, t);
	if (!st) {
		result->landlock = version;
		log_note(log, "confine-files", "held=yes by=landlock version=%d", version);
	}
	return st;
}

static enum status limit_calls(const struct confine_options *o, const struct log *log,
                               struct confine_result *result, struct trouble *t)
{
	bool lacking = false;
	enum status st = confine_calls_limit(o, &lacking, t);

	if (st)
		return st;
	result->calls = !lacking;
	if (lacking)
		log_warning(log, "confine-calls", "held=no lacking=seccomp");
	else
		log_note(log, "confine-calls", "held=yes role=%s forbidden=%s",
		         confine_role_name(o->role), o->kill ? "kill" : "refuse");
	return STATUS_OK;
}

enum status confine(const struct confine_options *o, const struct log *log,
                    struct confine_result *result, struct trouble *t)
{
	int version = o->without_landlock ? 0 : confine_files_version();
	struct confine_user user;
	enum status st = confine_user_find(&user, o->user ? o->user : "nobody", t);

	*result = (struct confine_result){0};
	if (st)
		return st;
	if (version == 0)
		try_chroot(o, &user, log, result);
	st = confine_user_become(&user, t);
	if (st)
		return st;
	result->user = user.needed;
	log_note(log, "confine-user", "held=yes uid=%u gid=%u was_root=%s", (unsigned)getuid(),
	         (unsigned)getgid(), user.needed ? "yes" : "no");
	turn_leak_checker_off();
	st = limit_files(o, log, result, version, t);
	return st ? st : limit_calls(o, log, result, t);
}
