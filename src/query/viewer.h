/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who asks, and what this person may see; and the names that a query may use.
 *
 * The server makes a viewer from a token or a certificate for each request; store/answer.h
 * enforces it when it makes SQL of a query. What may not be seen does not exist: a filter on
 * another member's sensor answers as one on a sensor that nobody has. Lists belong to the
 * caller and must stay for as long as the viewer is used. Pure, any thread.
 */
#ifndef QUERY_VIEWER_H
#define QUERY_VIEWER_H

#include "model/role.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the hub adds to its members' sharing profiles, for cells over the sensors of others. */
struct sharing {
	uint32_t min_sensors, min_sources; /* where a member's profile asks less; 0: as it says */
	uint32_t round_to;      /* packets, bytes and rows to the nearest multiple; 0, 1: exact */
	uint32_t grain_minutes; /* periods begin and end at multiples of it, and no bucket of a
	                           series is narrower; 0: 1. 1440 is a multiple of it */
	bool sensors_named; /* others' sensors may be asked for by name and stand in rows of their
	                       own; each row still needs min_sources */
};

/* Where a hub's settings say nothing (30-detection section 9: five sensors in a cell). */
#define SHARING_DEFAULT                                                                 \
	{                                                                               \
		.min_sensors = 5, .min_sources = 5, .round_to = 10, .grain_minutes = 10 \
	}

struct viewer {
	enum role role;          /* ADMINISTRATOR and ANALYST see all, SENSOR nothing */
	uint32_t member;         /* number; 0: of no member */
	const uint32_t *sensors; /* its own, ascending: seen in full */
	size_t sensor_count;
	struct sharing others;
};

static inline bool viewer_sees_all(const struct viewer *v)
{
	return v->role == ROLE_ADMINISTRATOR || v->role == ROLE_ANALYST;
}

/* The hub's sensors and members: for names in both directions, for what each member shares and
 * for how many windows were to be expected. */
struct roster_sensor {
	uint32_t number, member;
	const char *name;
	uint64_t since_s; /* watches since then; seconds since 1970 */
	uint64_t until_s; /* revoked or removed then; 0: still there */
	bool withdrawn;   /* its rows are left out, for everybody */
};

struct roster_member {
	uint32_t number;
	const char *name;
	struct sharing_profile profile;
};

struct roster {
	const struct roster_sensor *sensors; /* ascending by number */
	size_t sensor_count;
	const struct roster_member *members; /* ascending by number */
	size_t member_count;
};

#endif
