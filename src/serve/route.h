/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The routes: one table for dispatch, checks, rights and the OpenAPI document.
 *
 * A pattern's segments are words or one parameter in braces; of two routes that fit, none has
 * precedence: patterns do not overlap (a test sees to it). Constant data, any thread.
 */
#ifndef SERVE_ROUTE_H
#define SERVE_ROUTE_H

#include "model/role.h"
#include "serve/target.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct request;

enum route_method { ROUTE_GET, ROUTE_POST };

/* Where a handler runs. */
enum route_lane {
	LANE_AT_ONCE, /* in the server's own thread: it must not wait for anything */
	LANE_SENSORS, /* what sensors bring: waits for the disk */
	LANE_READERS, /* questions: waits for the store */
};

/* Who may: roles as bits. 0: anybody. */
#define RIGHT(role)   (1u << ROLE_##role)
#define RIGHT_PERSONS (RIGHT(READER) | RIGHT(MEMBER) | RIGHT(ANALYST) | RIGHT(ADMINISTRATOR))

enum parameter_type { PARAMETER_TEXT, PARAMETER_COUNT, PARAMETER_CHOICE };

struct route_parameter {
	const char *name, *help;
	enum parameter_type type;
	bool required;
	uint64_t low, high;         /* COUNT: value; TEXT: bytes */
	const char *const *choices; /* ends with NULL; the first is the default */
};

/* An answer besides the errors that follow from the rest of the row. */
struct route_answer {
	unsigned status;
	const char *type, *schema, *help; /* schema: a name of serve/schema.h, NULL: free text */
};

enum { ROUTE_PARAMETERS_MAX = 6, ROUTE_ANSWERS_MAX = 6 };

struct route {
	const char *path, *summary, *id;
	enum route_method method;
	enum route_lane lane;
	unsigned rights;
	size_t body_max;         /* bytes; 0: takes no body */
	bool body_sized;         /* Content-Length is needed (411) */
	const char *body_type;   /* the media type */
	const char *body_schema; /* NULL: bytes */
	bool opens_locally;      /* without a token from this machine, where the options say so */
	struct route_parameter parameters[ROUTE_PARAMETERS_MAX]; /* of the query */
	struct route_answer answers[ROUTE_ANSWERS_MAX];
	void (*handle)(struct request *rq, unsigned thread);
};

/* All routes, ended by one without a path. */
extern const struct route routes[];

enum route_fit { ROUTE_FOUND, ROUTE_UNKNOWN, ROUTE_WRONG_METHOD };

/* Find the route in a table; HEAD is GET. With ROUTE_FOUND: *number from {number} (1 and up,
 * no leading zero) or *word from another parameter. With ROUTE_WRONG_METHOD: `allow` lists what
 * would do. */
enum route_fit route_find(const struct route *table, const char *method, const struct target *t,
                          const struct route **found, uint32_t *number, const char **word,
                          char allow[64]);

/* Check the query's parameters. False: `wrong` says what is. */
bool route_check(const struct route *r, const struct target *t, char *wrong, size_t size);

/* A COUNT parameter's value after route_check(), or what it is without. */
uint64_t route_count(const struct target *t, const char *name, uint64_t otherwise);

/* True for the name of a parameter in braces. */
bool route_is_parameter(const char *segment, size_t n);

#endif
