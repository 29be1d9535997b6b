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

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum viewer_role {
	VIEWER_NOBODY,        /* sees nothing; what a zeroed viewer is */
	VIEWER_ADMINISTRATOR, /* sees all */
	VIEWER_ANALYST,       /* sees all */
	VIEWER_MEMBER,        /* own sensors in full, the others as `others` allows */
	VIEWER_READER,        /* as a member, often without sensors of its own */
};

/* What a viewer may see of sensors that are not its own. All zero: nothing. */
struct sharing {
	bool aggregates;      /* sums over them may be seen; false: nothing */
	uint32_t min_sensors; /* distinct ones of them in each cell of an answer */
	uint32_t min_sources; /* distinct sources in each cell, seen by them */
	uint32_t round_to;    /* their packets, bytes and rows to multiples of this; 0, 1: exact */
	uint32_t grain_minutes; /* their part of an answer begins and ends at multiples of this, and
	                           no bucket of a series is narrower; 0: 1 */
	bool sensors_named;     /* sensor and member may be asked for: min_sensors is then not
	                           asked of a single sensor's cell */
};

/* Where a hub's settings say nothing (30-detection section 9: five sensors in a cell). */
#define SHARING_DEFAULT                                                                 \
	{                                                                               \
		.aggregates = true, .min_sensors = 5, .min_sources = 5, .round_to = 10, \
		.grain_minutes = 10                                                     \
	}

struct viewer {
	enum viewer_role role;
	uint32_t member;         /* number; 0: of no member */
	const uint32_t *sensors; /* its own, ascending */
	size_t sensor_count;
	struct sharing others;
};

static inline bool viewer_sees_all(const struct viewer *v)
{
	return v->role == VIEWER_ADMINISTRATOR || v->role == VIEWER_ANALYST;
}

/* The hub's sensors and members, for names in both directions and for what was expected. */
struct roster_sensor {
	uint32_t number, member;
	const char *name;
	uint64_t since_s; /* watches since then; seconds since 1970 */
	uint64_t until_s; /* revoked or removed then; 0: still there */
};

struct roster_member {
	uint32_t number;
	const char *name;
};

struct roster {
	const struct roster_sensor *sensors; /* ascending by number */
	size_t sensor_count;
	const struct roster_member *members; /* ascending by number */
	size_t member_count;
};

#endif
