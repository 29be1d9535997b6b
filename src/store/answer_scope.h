/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which sensors a viewer's query may read, and under which conditions. Inside of this room
 * only. What is not in these lists does not exist for the answer.
 *
 * Owns its lists; points into the request. Pure, one thread.
 */
#ifndef STORE_ANSWER_SCOPE_H
#define STORE_ANSWER_SCOPE_H

#include "store/answer.h"
#include "store/sql.h"

struct sensor_list {
	uint32_t *numbers; /* ascending */
	size_t count;
};

struct answer_scope {
	const struct answer_request *request;
	bool all;                          /* everything but `hidden`, without conditions */
	struct sensor_list hidden;         /* withdrawn */
	struct sensor_list own;            /* in full; empty where `all` */
	struct sensor_list others;         /* in cells only; empty where none may be seen */
	struct sensor_list watched;        /* of all these: whose windows the answer tells of */
	uint32_t min_sensors, min_sources; /* of a cell over `others` */
	uint32_t round_to;                 /* at least 1 */
	uint32_t grain;                    /* minutes, at least 1 */
	bool others_left_out; /* there were some, but the query may not be asked of them */
};

/* others_wanted false: the query is one that sees its own sensors only. */
MUST_USE enum status answer_scope_make(struct answer_scope *s, const struct answer_request *request,
                                       bool others_wanted);
void answer_scope_clear(struct answer_scope *s);

/* The others' part must go too (a period or width that does not fit their grain). */
void answer_scope_drop_others(struct answer_scope *s);

const struct roster_sensor *answer_sensor(const struct roster *r, uint32_t number);
const struct roster_member *answer_member(const struct roster *r, uint32_t number);

/* True where a match on sensor or member means this sensor. */
bool answer_names_sensor(const struct answer_scope *s, const struct query_node *n,
                         const struct roster_sensor *sensor);

/* A condition on `sensor`: one of the list. An empty list is false. */
void answer_sql_sensors(struct sql *sql, const struct sensor_list *list);

/* What may be read at all, as a condition on `sensor`; own_only: without the others. */
void answer_sql_scope(struct sql *sql, const struct answer_scope *s, bool own_only);

/* The query's filter; sensor and member resolved to numbers that the scope knows. "1" where
 * there is none. */
void answer_sql_filter(struct sql *sql, const struct answer_scope *s);

#endif
