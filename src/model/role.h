/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Roles, and what a member shares with the others. Values, any thread.
 */
#ifndef MODEL_ROLE_H
#define MODEL_ROLE_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum role {
#define ROLE(name, text, help) ROLE_##name,
#include "model/role.def"
#undef ROLE
	ROLE_COUNT
};

/* "administrator" */
const char *role_name(enum role role);
const char *role_help(enum role role);

/* STATUS_FORMAT for a text that is no role. */
MUST_USE enum status role_parse(const char *text, enum role *out);

/* What others see of a member's sensors: nothing, or cells to which at least so many sensors and
 * sources add. Minimum cells: Cox, "Suppression methodology and statistical disclosure control",
 * JASA 75 (1980). */
struct sharing_profile {
	bool shared;          /* false: what its sensors saw does not exist for others */
	uint32_t min_sensors; /* 1 and up */
	uint32_t min_sources; /* 1 and up */
};

/* A member or sensor name: 1 to 63 of [a-z0-9-], no '-' at either end. It is shown, put into
 * certificates and typed into queries. */
enum { SLUG_MAX = 64 }; /* with the NUL */
bool slug_valid(const char *text);

#endif
