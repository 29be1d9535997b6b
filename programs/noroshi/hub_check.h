/* SPDX-License-Identifier: Apache-2.0 */
/* What `noroshi hub check` found, and its parts. Private to the check. */
#ifndef NOROSHI_HUB_CHECK_H
#define NOROSHI_HUB_CHECK_H

#include "hub_admin.h"

struct hub_checker {
	struct hub_session *session;
	struct json_out json;
	uint64_t found, left; /* left: what was not repaired */
};

/* One finding: printed at once. part: "journal"; where: a file or table, may be NULL; day: since
 * 1970, 0: none. */
void hub_check_found(struct hub_checker *c, const char *part, const char *where, uint32_t day,
                     const char *text, bool repaired);

/* Something could not even be looked at. */
void hub_check_failed(struct hub_checker *c, const char *part, const struct trouble *t);

/* The authority, the server's certificate, the sensors': good, and not about to end. */
void hub_check_certificates(struct hub_checker *c);

#endif
