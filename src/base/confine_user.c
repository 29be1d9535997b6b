/* SPDX-License-Identifier: Apache-2.0 */
#include "base/confine_steps.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { CAPABILITY_WORDS = 2, CAPABILITIES_MAX = 64 };

enum status confine_user_find(struct confine_user *u, const char *name, struct trouble *t)
{
	const struct passwd *p;

	*u = (struct confine_user){.needed = geteuid() == 0 || getuid() == 0};
	if (!u->needed)
		return STATUS_OK;
	p = getpwnam(name);
	if (!p)
		return trouble_set(t, STATUS_NOT_FOUND, NULL, 0,
		                   "there is no user '%s' to give root's rights up for", name);
	if (p->pw_uid == 0)
		return trouble_set(t, STATUS_USAGE, NULL, 0, "the user '%s' is root", name);
	u->uid = p->pw_uid;
	u->gid = p->pw_gid;
	return STATUS_OK;
}

static enum status refuse(const char *what, struct trouble *t)
{
	return trouble_set(t, STATUS_DENIED, NULL, 0, "cannot give up rights: %s: %s", what,
	                   strerror(errno));
}

/* What a child could get back by a file's capabilities. EINVAL: the kernel knows no more. */
static enum status drop_bounding_set(struct trouble *t)
{
	for (unsigned long i = 0; i < CAPABILITIES_MAX; i++) {
		if (prctl(PR_CAPBSET_DROP, i, 0, 0, 0) == 0)
			continue;
		return errno == EINVAL ? STATUS_OK : refuse("bounding set", t);
	}
	return STATUS_OK;
}

static enum status drop_capabilities(struct trouble *t)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[CAPABILITY_WORDS] = {{0}};

	(void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); /* Linux 4.3 */
	return syscall(SYS_capset, &header, none) == 0 ? STATUS_OK : refuse("capset", t);
}

static enum status become(const struct confine_user *u, struct trouble *t)
{
	enum status st = drop_bounding_set(t);

	if (st)
		return st;
	if (setgroups(0, NULL) != 0)
		return refuse("setgroups", t);
	if (setresgid(u->gid, u->gid, u->gid) != 0)
		return refuse("setresgid", t);
	if (setresuid(u->uid, u->uid, u->uid) != 0)
		return refuse("setresuid", t);
	if (setuid(0) == 0 || geteuid() == 0)
		return trouble_set(t, STATUS_DENIED, NULL, 0, "root's rights came back");
	return STATUS_OK;
}

enum status confine_user_become(const struct confine_user *u, struct trouble *t)
{
	struct rlimit none = {0, 0};
	enum status st = u->needed ? become(u, t) : STATUS_OK;

	if (!st)
		st = drop_capabilities(t);
	if (st)
		return st;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return refuse("no_new_privs", t);
	(void)setrlimit(RLIMIT_CORE, &none);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	return STATUS_OK;
}
