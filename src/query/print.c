/* SPDX-License-Identifier: Apache-2.0 */
#include "base/timefmt.h"
#include "query/query.h"
#include "query/value.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct printer {
	const struct query *q;
	char *out;
	size_t size, used;
	bool full;
};

static void put(struct printer *p, const char *fmt, ...) PRINTF_LIKE(2, 3);

static void put(struct printer *p, const char *fmt, ...)
{
	va_list args;
	int n;

	if (p->full)
		return;
	va_start(args, fmt);
	n = vsnprintf(p->out + p->used, p->size - p->used, fmt, args);
	va_end(args);
	p->full = n < 0 || (size_t)n >= p->size - p->used;
	if (!p->full)
		p->used += (size_t)n;
}

static void put_duration(struct printer *p, const char *word, uint64_t seconds)
{
	static const struct {
		uint64_t seconds;
		char letter;
	} units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}};
	size_t i = 0;

	while (i < 2 && seconds % units[i].seconds != 0)
		i++;
	put(p, " %s %" PRIu64 "%c", word, seconds / units[i].seconds, units[i].letter);
}

static void put_time(struct printer *p, const char *word, uint64_t seconds)
{
	char text[TIME_TEXT_MAX];

	time_text(seconds * NS_PER_SECOND, 0, text);
	put(p, " %s %s", word, text);
}

static void put_match(struct printer *p, const struct query_node *n, bool negated)
{
	enum query_dimension d = (enum query_dimension)n->dimension;
	const struct query_value *values = &p->q->values[n->first];
	char text[VALUE_TEXT_MAX];

	put(p, "%s", query_dimension_name(d));
	if (n->count == 1) {
		bool range = value_is_range(d, values);

		value_print(d, values, text);
		put(p, " %s %s", range ? (negated ? "not in" : "in") : (negated ? "!=" : "="),
		    text);
		return;
	}
	put(p, "%s in (", negated ? " not" : "");
	for (unsigned i = 0; i < n->count; i++) {
		value_print(d, &values[i], text);
		put(p, "%s%s", i ? ", " : "", text);
	}
	put(p, ")");
}

static void put_node(struct printer *p, unsigned at);

static void put_child(struct printer *p, unsigned at, bool parentheses)
{
	put(p, "%s", parentheses ? "(" : "");
	put_node(p, at);
	put(p, "%s", parentheses ? ")" : "");
}

/* Only as many parentheses as the tree's shape needs. */
static void put_node(struct printer *p, unsigned at)
{
	const struct query_node *n = &p->q->nodes[at], *left = &p->q->nodes[n->left],
	                        *right = &p->q->nodes[n->right];

	if (p->full)
		return;
	switch ((enum query_node_type)n->type) {
	case NODE_MATCH:
		put_match(p, n, false);
		break;
	case NODE_NOT:
		if (left->type == NODE_MATCH) {
			put_match(p, left, true);
			break;
		}
		put(p, "not ");
		put_child(p, n->left, true);
		break;
	case NODE_AND:
		put_child(p, n->left, left->type == NODE_OR);
		put(p, " and ");
		put_child(p, n->right, right->type == NODE_OR || right->type == NODE_AND);
		break;
	case NODE_OR:
		put_child(p, n->left, false);
		put(p, " or ");
		put_child(p, n->right, right->type == NODE_OR);
		break;
	}
}

static void put_measures(struct printer *p, const char *before)
{
	for (unsigned i = 0; i < p->q->measure_count; i++)
		put(p, "%s%s", i ? ", " : before,
		    query_measure_name((enum query_measure)p->q->measures[i]));
}

static void put_dimensions(struct printer *p, const char *before)
{
	for (unsigned i = 0; i < p->q->dimension_count; i++)
		put(p, "%s%s", i ? ", " : before,
		    query_dimension_name((enum query_dimension)p->q->dimensions[i]));
}

static void put_verb(struct printer *p)
{
	char address[ADDR_TEXT_MAX];

	put(p, "%s", query_verb_name((enum query_verb)p->q->verb));
	switch ((enum query_verb)p->q->verb) {
	case VERB_SERIES:
	case VERB_COUNT:
		put_measures(p, " ");
		put_dimensions(p, " by ");
		break;
	case VERB_TOP:
		put(p, " %" PRIu64, p->q->limit);
		put_dimensions(p, " ");
		put_measures(p, " by ");
		break;
	case VERB_COMPARE:
		put_dimensions(p, " ");
		put_measures(p, " by ");
		break;
	case VERB_SOURCE:
		addr_text(&p->q->source, address);
		put(p, " %s", address);
		break;
	case VERB_ROWS:
	case VERB_COUNT_OF:
		break;
	}
}

enum status query_print(const struct query *q, char *out, size_t size)
{
	struct printer p = {.q = q, .out = out, .size = size};

	put_verb(&p);
	if (q->filtered) {
		put(&p, " where ");
		put_node(&p, q->root);
	}
	if (!q->absolute)
		put_duration(&p, "last", q->last_s);
	else
		put_time(&p, "from", q->from_s);
	if (q->absolute && q->to_s)
		put_time(&p, "to", q->to_s);
	if (q->every_s)
		put_duration(&p, "every", q->every_s);
	if (q->against_s)
		put_duration(&p, "against", q->against_s);
	if (q->limit && q->verb != VERB_TOP)
		put(&p, " limit %" PRIu64, q->limit);
	return p.full ? STATUS_LIMIT : STATUS_OK;
}
