/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The steps of confine.c, inside this room, one file each: confine_user.c, confine_files.c,
 * confine_calls.c. Each is called once, in this order, in a process of one thread.
 */
#ifndef BASE_CONFINE_STEPS_H
#define BASE_CONFINE_STEPS_H

#include "base/confine.h"

#include <sys/types.h>

/* Looked up while files can still be read. */
struct confine_user {
	bool needed; /* we are root */
	uid_t uid;
	gid_t gid;
};

MUST_USE enum status confine_user_find(struct confine_user *u, const char *name, struct trouble *t);

/* Become the user, without groups and capabilities; no_new_privs, no core dumps. */
MUST_USE enum status confine_user_become(const struct confine_user *u, struct trouble *t);

/* The kernel's Landlock version; 0: none. */
int confine_files_version(void);

/* Files by Landlock. After confine_user_become(). */
MUST_USE enum status confine_files_limit(const struct confine_options *o, int version,
                                         struct trouble *t);

/* Files by chroot; needs root. STATUS_UNSUPPORTED where that cannot be done. */
MUST_USE enum status confine_files_chroot(void);

/* System calls. *lacking: the kernel has no seccomp. */
MUST_USE enum status confine_calls_limit(const struct confine_options *o, bool *lacking,
                                         struct trouble *t);

#endif
