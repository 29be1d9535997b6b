/* SPDX-License-Identifier: Apache-2.0 */
/* A control file in a folder of its own, and what the tests of it do again and again. Include it
 * after tap.h in one test program. */
#ifndef TESTS_CONTROL_FIXTURE_H
#define TESTS_CONTROL_FIXTURE_H

#include "store/control.h"

#include <stdlib.h>
#include <unistd.h>

enum { T0 = 1750000000 };

static char fixture_folder[] = "/tmp/noroshi-control-XXXXXX";
static const struct control_actor admin = {"cli:test", T0};

__attribute__((unused)) static const char *fixture_path(const char *name)
{
	static char paths[4][256];
	static unsigned next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", fixture_folder, name);
	return path;
}

__attribute__((unused)) static void fixture_begin(void)
{
	if (!mkdtemp(fixture_folder))
		abort();
}

__attribute__((unused)) static void fixture_end(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -r %s", fixture_folder);
	CHECK(system(command) == 0);
}

/* A status that must be good; says why not. */
__attribute__((unused)) static bool fine(enum status st, const struct trouble *t)
{
	if (st)
		printf("# %s: %s\n", status_text(st), t->text);
	return st == STATUS_OK;
}

__attribute__((unused)) static struct control_invitation invitation(const char *name,
                                                                    uint32_t member)
{
	struct control_invitation i = {.member = member, .expires = T0 + 3600};
	static unsigned drawn;

	snprintf(i.name, sizeof(i.name), "%s", name);
	drawn++;
	sha256(&drawn, sizeof(drawn), i.hash);
	return i;
}

/* An issuer whose serials are "a" and the sensor's number. */
__attribute__((unused)) static enum status issue_plain(void *state, uint32_t number,
                                                       const char *name,
                                                       struct control_certificate *out,
                                                       struct trouble *t)
{
	(void)state, (void)t;
	if (strcmp(name, "refused") == 0)
		return STATUS_FORMAT;
	snprintf(out->serial, sizeof(out->serial), "a%u", number);
	out->not_after = T0 + 90 * 86400;
	return STATUS_OK;
}

/* Invite and join; the sensor's number, 0 on failure. */
__attribute__((unused)) static uint32_t join(struct control *c, const char *name, uint32_t member)
{
	struct control_invitation i = invitation(name, member);
	struct control_sensor s;
	struct trouble t = {0};

	if (!fine(control_invitation_add(c, &i, &admin, &t), &t) ||
	    !fine(control_invitation_redeem(c, i.hash, T0 + 1, issue_plain, NULL, &s, &t), &t))
		return 0;
	return s.number;
}

#endif
