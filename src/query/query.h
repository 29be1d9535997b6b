/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A question to the store: one line of text and what it means.
 *
 * The same language serves the command line, the HTTP API and the pages; the grammar is in
 * docs/howto/query.md. query_parse() reads a line, query_print() writes it back in its one
 * canonical form, which parses to the same query. A query is a plain value without pointers:
 * copy it freely. Names of sensors and members stay names here; who may see what is for
 * store/answer.h. Everything is bounded (the enum below); pure functions, any thread.
 */
#ifndef QUERY_QUERY_H
#define QUERY_QUERY_H

#include "base/status.h"
#include "model/addr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	QUERY_TEXT_MAX = 4096, /* bytes of a line, also of the printed form, NUL included */
	QUERY_NAME_MAX = 64,   /* of a sensor or member, NUL included */
	QUERY_MEASURES_MAX = 4,
	QUERY_DIMENSIONS_MAX = 3,
	QUERY_NODES_MAX = 64,   /* of the filter's tree */
	QUERY_DEPTH_MAX = 16,   /* of parentheses and `not` */
	QUERY_VALUES_MAX = 256, /* in all lists of the filter together */
	QUERY_GROUPS_MAX = 10000,
	QUERY_ROWS_MAX = 10000000,
	QUERY_GROUPS_DEFAULT = 1000, /* where the text names no limit */
	QUERY_ROWS_DEFAULT = 1000,
	QUERY_SERIES_MAX = 20,               /* lines of a grouped series, by default */
	QUERY_BUCKETS_MAX = 10000,           /* of a series */
	QUERY_BUCKETS_WANTED = 120,          /* at most, where the text names no `every` */
	QUERY_PERIOD_MAX = 10 * 366 * 86400, /* seconds */
};

enum query_verb {
#define VERB(id, word, help) VERB_##id,
#include "query/word.def"
#undef VERB
	VERB_COUNT_OF
};

enum query_measure {
#define MEASURE(id, word, help) MEASURE_##id,
#include "query/word.def"
#undef MEASURE
	MEASURE_COUNT_OF
};

enum query_dimension {
#define DIMENSION(id, word, help) DIMENSION_##id,
#include "query/word.def"
#undef DIMENSION
	DIMENSION_COUNT_OF
};

/* What a port is of: a protocol, or either of those that have ports. */
enum query_port_proto {
	PORT_OF_ANY, /* TCP or UDP */
	PORT_OF_TCP = 6,
	PORT_OF_UDP = 17,
	PORT_OF_ICMP = 1, /* type * 256 + code */
	PORT_OF_ICMP6 = 58,
};

/* One value of a filter's list; which fields count follows from the dimension. */
struct query_value {
	union {
		struct {
			uint8_t proto; /* enum query_port_proto */
			uint16_t low, high;
		} port;
		struct prefix source;      /* one address: length 128 */
		uint32_t number;           /* proto, kind, tool, AS number, country (two letters
		                              big-endian, 0: not known) */
		char name[QUERY_NAME_MAX]; /* sensor, member: a name, or "#7" for a number */
	};
};

enum query_node_type { NODE_MATCH, NODE_NOT, NODE_AND, NODE_OR };

/* A node of the filter; children are numbers of nodes. */
struct query_node {
	uint8_t type;          /* enum query_node_type */
	uint8_t dimension;     /* MATCH: enum query_dimension */
	uint16_t first, count; /* MATCH: its values; true if any of them matches */
	uint16_t left, right;  /* NOT has a left one only */
};

struct query {
	uint8_t verb;
	uint8_t measure_count, dimension_count;
	uint8_t measures[QUERY_MEASURES_MAX];
	uint8_t dimensions[QUERY_DIMENSIONS_MAX];
	struct addr source; /* VERB_SOURCE */

	bool absolute;         /* from_s and to_s hold; else last_s before now */
	uint64_t from_s, to_s; /* to_s 0: until now */
	uint64_t last_s;
	uint64_t every_s;   /* VERB_SERIES: 0 for a width that fits */
	uint64_t against_s; /* VERB_TOP: length of the time before; 0: none */
	uint64_t limit;     /* rows or groups; 0: the default */

	bool filtered;
	uint16_t root;
	uint16_t node_count, value_count;
	struct query_node nodes[QUERY_NODES_MAX];
	struct query_value values[QUERY_VALUES_MAX];
};

/* Where and why a text was refused. */
struct query_error {
	unsigned column; /* of the first bad character, from 1; one past the end for an end too
	                    early */
	char text[256];  /* one sentence: what stands there and what was expected */
};

/* Parse one line. STATUS_USAGE and *error (NULL is allowed) where it is refused. */
MUST_USE enum status query_parse(const char *text, struct query *out, struct query_error *error);

/* The canonical text, at most QUERY_TEXT_MAX bytes with its NUL. STATUS_LIMIT where it would
 * be longer, which a parsed query can only be by long lists. */
MUST_USE enum status query_print(const struct query *q, char *out, size_t size);

/* The period in minutes since 1970, [from, to): relative times end with the minute that runs
 * at now_s. STATUS_USAGE where nothing is left (a start in the future). */
MUST_USE enum status query_period(const struct query *q, uint64_t now_s, uint32_t *from,
                                  uint32_t *to);

/* The width of a bucket in minutes for that period: `every`, or one that gives at most
 * QUERY_BUCKETS_WANTED. */
uint32_t query_width(const struct query *q, uint32_t from, uint32_t to);

/* The limit that holds. */
uint64_t query_limit(const struct query *q);

/* True where the filter or the dimensions name it. */
bool query_mentions(const struct query *q, enum query_dimension d);

const char *query_verb_name(enum query_verb v);
const char *query_measure_name(enum query_measure m);
const char *query_dimension_name(enum query_dimension d);

#endif
