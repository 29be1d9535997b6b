/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gives up every right that a process no longer needs, once it has opened what it needs.
 *
 * In this order: root becomes a named user without groups; capabilities go, also from the
 * bounding set; no_new_privs; files by Landlock (its version is asked of the kernel), or by
 * chroot into an empty, deleted folder where there is no Landlock and no file is wanted; system
 * calls by a seccomp filter from one table (confine_calls.def). Each step says in the log
 * what held and what the kernel lacks. Nothing of it can be taken back. Call it once, before
 * threads are made: they inherit it. Memory: none is kept.
 *
 * The role CAPTURE cannot make a socket, start a program, duplicate a descriptor or write to a
 * descriptor from CONFINE_SILENT_FD up: a capture socket put there can only listen.
 */
#ifndef BASE_CONFINE_H
#define BASE_CONFINE_H

#include "base/log.h"
#include "base/status.h"

#include <stdbool.h>

enum confine_role {
	CONFINE_CAPTURE, /* holds the capture socket: no network, no files but the lists' */
	CONFINE_SHIPPER, /* network client: TCP, UDP and Unix sockets, never raw ones */
	CONFINE_HUB,     /* the same, and serves */
	CONFINE_ROLES
};

enum { CONFINE_SILENT_FD = 256 };

struct confine_options {
	enum confine_role role;
	const char *user;         /* whom root becomes; NULL: nobody */
	const char *const *read;  /* files and folders, NULL at the end; NULL: none */
	const char *const *write; /* the same; what is below may be made, changed and removed */
	bool kill;                /* a forbidden call ends the process; else it fails with EPERM */
	bool without_landlock;    /* as if the kernel had none: for tests */
};

/* What holds now. */
struct confine_result {
	bool user;    /* we were root and are not any more */
	int landlock; /* the version in force; 0: none */
	bool chroot;
	bool calls; /* seccomp */
};

/* STATUS_OK also where the kernel lacks a step, which *result and the log say. Any other status:
 * a step that the kernel has failed, or the user is not there; the process should end. */
MUST_USE enum status confine(const struct confine_options *o, const struct log *log,
                             struct confine_result *result, struct trouble *t);

/* The role's name in messages: "capture". */
const char *confine_role_name(enum confine_role role);

/* A descriptor moved to where the role CAPTURE can only read it; the same one where there is no
 * place (RLIMIT_NOFILE). Closed on exec. */
int confine_silence(int fd);

#endif
