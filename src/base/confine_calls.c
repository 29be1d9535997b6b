/* SPDX-License-Identifier: Apache-2.0 */
#include "base/confine_steps.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <net/if.h>
#include <seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

enum {
	GROUP_ALL = 1,
	GROUP_CAPTURE = 2,
	GROUP_FILES = 4,
	GROUP_NET = 8,
	GROUP_SERVE = 16,
};

static const struct {
	int number;
	unsigned group;
	const char *name;
} calls[] = {
#define CALL(name, group) {SCMP_SYS(name), GROUP_##group, #name},
#include "base/confine_calls.def"
#undef CALL
};

/* Rules that look at arguments; a failure sticks. */
struct filter {
	scmp_filter_ctx context;
	int failed; /* an errno */
	const char *at;
};

static void take(struct filter *f, int result, const char *what)
{
	if (result == 0 || f->failed)
		return;
	f->failed = -result;
	f->at = what;
}

/* masked: the argument's bits `mask` are `value`; equal: all of them. */
static struct scmp_arg_cmp masked(unsigned argument, uint64_t mask, uint64_t value)
{
	return (struct scmp_arg_cmp){argument, SCMP_CMP_MASKED_EQ, mask, value};
}

static struct scmp_arg_cmp equal(unsigned argument, uint64_t value)
{
	return (struct scmp_arg_cmp){argument, SCMP_CMP_EQ, value, 0};
}

/* Allow the call where its argument passes. */
static void allow_if(struct filter *f, int number, struct scmp_arg_cmp test, const char *what)
{
	take(f, seccomp_rule_add_array(f->context, SCMP_ACT_ALLOW, number, 1, &test), what);
}

static void allow(struct filter *f, int number, const char *what)
{
	take(f, seccomp_rule_add(f->context, SCMP_ACT_ALLOW, number, 0), what);
}

static unsigned groups_of(const struct confine_options *o)
{
	bool files = (o->read && o->read[0]) || (o->write && o->write[0]);

	switch (o->role) {
	case CONFINE_CAPTURE:
		return GROUP_ALL | GROUP_CAPTURE | (files ? GROUP_FILES : 0u);
	case CONFINE_SHIPPER:
		return GROUP_ALL | GROUP_FILES | GROUP_NET;
	default:
		return GROUP_ALL | GROUP_FILES | GROUP_NET | GROUP_SERVE;
	}
}

static void allow_table(struct filter *f, unsigned groups)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		if (calls[i].group & groups)
			allow(f, calls[i].number, calls[i].name);
	}
}

/* Memory that is written is not run. CAPTURE maps no code at all; others may load a
 * library of the name service. */
static void allow_memory(struct filter *f, bool capture)
{
	static const int calls_of[] = {SCMP_SYS(mmap), SCMP_SYS(mprotect)};

	for (size_t i = 0; i < 2; i++) {
		allow_if(f, calls_of[i], masked(2, PROT_EXEC, 0), "memory");
		if (!capture)
			allow_if(f, calls_of[i], masked(2, PROT_EXEC | PROT_WRITE, PROT_EXEC),
			         "memory");
	}
}

/* Threads, never processes. clone3 hides its flags behind a pointer: as if it were not there, the
 * C library takes clone. */
static void allow_threads(struct filter *f)
{
	allow_if(f, SCMP_SYS(clone), masked(0, CLONE_THREAD, CLONE_THREAD), "clone");
	take(f, seccomp_rule_add(f->context, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0),
	     "clone3");
	allow_if(f, SCMP_SYS(prctl), equal(0, PR_SET_NAME), "prctl");
	allow_if(f, SCMP_SYS(prlimit64), equal(2, 0), "prlimit64"); /* asks */
}

/* A capture socket lies at CONFINE_SILENT_FD or above. */
static void allow_writes(struct filter *f, bool capture)
{
	static const struct {
		int number;
		const char *name;
	} writes[] = {
	        {SCMP_SYS(write), "write"},
	        {SCMP_SYS(writev), "writev"},
	        {SCMP_SYS(pwrite64), "pwrite64"},
	        {SCMP_SYS(pwritev), "pwritev"},
	};

	for (size_t i = 0; i < sizeof(writes) / sizeof(writes[0]); i++) {
		if (capture)
			allow_if(f, writes[i].number,
			         (struct scmp_arg_cmp){0, SCMP_CMP_LT, CONFINE_SILENT_FD, 0},
			         writes[i].name);
		else
			allow(f, writes[i].number, writes[i].name);
	}
}

static void allow_capture(struct filter *f)
{
	static const int asked[] = {F_GETFD, F_SETFD, F_GETFL, F_SETFL};

	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++)
		allow_if(f, SCMP_SYS(fcntl), equal(1, (uint64_t)asked[i]), "fcntl");
	allow_if(f, SCMP_SYS(ioctl), equal(1, SIOCGIFFLAGS), "ioctl");
	allow_if(f, SCMP_SYS(ioctl), equal(1, SIOCGIFINDEX), "ioctl");
	allow_if(f, SCMP_SYS(setsockopt), equal(1, SOL_PACKET), "setsockopt");
	allow_if(f, SCMP_SYS(setsockopt), equal(1, SOL_SOCKET), "setsockopt");
}

/* No raw sockets, no packet sockets, no odd families. Netlink: the name service asks it. */
static void allow_sockets(struct filter *f)
{
	static const int families[] = {AF_UNIX, AF_INET, AF_INET6},
	                 types[] = {SOCK_STREAM, SOCK_DGRAM};

	for (size_t i = 0; i < 3; i++) {
		for (size_t k = 0; k < 2; k++) {
			struct scmp_arg_cmp both[] = {
			        equal(0, (uint64_t)families[i]),
			        masked(1, 0xf, (uint64_t)types[k]),
			};

			take(f,
			     seccomp_rule_add_array(f->context, SCMP_ACT_ALLOW, SCMP_SYS(socket), 2,
			                            both),
			     "socket");
		}
	}
	allow_if(f, SCMP_SYS(socket), equal(0, AF_NETLINK), "socket");
	allow_if(f, SCMP_SYS(socketpair), equal(0, AF_UNIX), "socketpair");
}

enum status confine_calls_limit(const struct confine_options *o, bool *lacking, struct trouble *t)
{
	struct filter f = {
	        .context = seccomp_init(o->kill ? SCMP_ACT_KILL_PROCESS : SCMP_ACT_ERRNO(EPERM))};
	bool capture = o->role == CONFINE_CAPTURE;
	int loaded = 0;

	if (!f.context)
		return trouble_set(t, STATUS_NO_MEMORY, NULL, 0, "seccomp: out of memory");
	(void)seccomp_attr_set(f.context, SCMP_FLTATR_CTL_LOG, 1); /* Linux 4.14 */
	(void)seccomp_attr_set(f.context, SCMP_FLTATR_API_SYSRAWRC, 1);
	(void)seccomp_attr_set(f.context, SCMP_FLTATR_CTL_TSYNC, 1); /* a reader of files may run */
	allow_table(&f, groups_of(o));
	allow_memory(&f, capture);
	allow_threads(&f);
	allow_writes(&f, capture);
	if (capture)
		allow_capture(&f);
	else
		allow_sockets(&f);
	if (!f.failed)
		loaded = seccomp_load(f.context);
	seccomp_release(f.context);
	*lacking = loaded == -EINVAL || loaded == -ENOSYS;
	if (f.failed)
		return trouble_set(t, STATUS_IO, NULL, 0, "seccomp: %s: %s", f.at,
		                   strerror(f.failed));
	if (loaded < 0 && !*lacking)
		return trouble_set(t, STATUS_IO, NULL, 0, "seccomp: %s", strerror(-loaded));
	return STATUS_OK;
}
