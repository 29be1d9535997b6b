/* SPDX-License-Identifier: Apache-2.0 */
/* The filter: OR binds weaker than AND, which binds weaker than NOT. */
#include "query/parser.h"

#include <assert.h>
#include <string.h>

static enum status parse_or(struct parser *p, uint16_t *out);

static enum status add_node(struct parser *p, struct query_node node, uint16_t *out)
{
	if (p->q->node_count == QUERY_NODES_MAX)
		return parser_refuse(p, "a filter of more than %d parts", QUERY_NODES_MAX);
	*out = p->q->node_count;
	p->q->nodes[p->q->node_count++] = node;
	return STATUS_OK;
}

/* Two negations are none, so that a printed filter is no deeper than the one that was read. */
static enum status add_not(struct parser *p, uint16_t *at)
{
	const struct query_node *n = &p->q->nodes[*at];

	if (n->type != NODE_NOT)
		return add_node(p, (struct query_node){.type = NODE_NOT, .left = *at}, at);
	assert(*at + 1 == p->q->node_count); /* children come first */
	*at = n->left;
	p->q->nodes[--p->q->node_count] = (struct query_node){0};
	return STATUS_OK;
}

static enum status parse_value(struct parser *p, enum query_dimension d, bool ranges)
{
	struct query_value *v = &p->q->values[p->q->value_count];

	if (p->q->value_count == QUERY_VALUES_MAX)
		return parser_refuse(p, "more than %d values", QUERY_VALUES_MAX);
	if ((p->token.type != TOKEN_WORD && p->token.type != TOKEN_QUOTED) ||
	    value_parse(d, p->token.text, v)) {
		memset(v, 0, sizeof(*v));
		return parser_expected(p, value_expected(d));
	}
	if (!ranges && value_is_range(d, v))
		return parser_refuse(p, "%.60s is more than one value: ask with 'in'",
		                     p->token.text);
	p->q->value_count++;
	parser_next(p);
	return STATUS_OK;
}

/* `in VALUE` or `in (VALUE, ...)`. */
static enum status parse_list(struct parser *p, enum query_dimension d)
{
	enum status st = STATUS_OK;

	if (p->token.type != TOKEN_OPEN)
		return parse_value(p, d, true);
	do {
		parser_next(p);
		st = parse_value(p, d, true);
	} while (!st && p->token.type == TOKEN_COMMA);
	if (!st && p->token.type != TOKEN_CLOSE)
		return parser_expected(p, "',' or ')'");
	if (!st)
		parser_next(p);
	return st;
}

/* Leaves NOT around the match to the caller: *negated. */
static enum status parse_operator(struct parser *p, struct query_node *n, bool *negated)
{
	enum query_dimension d = (enum query_dimension)n->dimension;

	*negated = p->token.type == TOKEN_NOT_EQUAL;
	if (p->token.type == TOKEN_EQUAL || p->token.type == TOKEN_NOT_EQUAL) {
		parser_next(p);
		return parse_value(p, d, false);
	}
	*negated = parser_accept(p, "not");
	if (parser_accept(p, "in"))
		return parse_list(p, d);
	return parser_expected(p, *negated ? "in" : "=, != or in");
}

static enum status parse_match(struct parser *p, uint16_t *out)
{
	struct query_node n = {.type = NODE_MATCH, .first = p->q->value_count};
	bool negated = false;
	enum status st = parser_dimension(p, &n.dimension);

	if (!st)
		st = parse_operator(p, &n, &negated);
	n.count = (uint16_t)(p->q->value_count - n.first);
	if (!st)
		st = add_node(p, n, out);
	if (!st && negated)
		st = add_not(p, out);
	return st;
}

static enum status parse_parenthesis(struct parser *p, uint16_t *out)
{
	enum status st;

	parser_next(p);
	st = parse_or(p, out);
	if (st)
		return st;
	if (p->token.type != TOKEN_CLOSE)
		return parser_expected(p, "and, or, ')'");
	parser_next(p);
	return STATUS_OK;
}

static enum status parse_not(struct parser *p, uint16_t *out)
{
	enum status st;

	if (p->depth == QUERY_DEPTH_MAX)
		return parser_refuse(p, "parentheses and 'not' deeper than %d", QUERY_DEPTH_MAX);
	p->depth++;
	if (parser_accept(p, "not")) {
		st = parse_not(p, out);
		if (!st)
			st = add_not(p, out);
	} else if (p->token.type == TOKEN_OPEN) {
		st = parse_parenthesis(p, out);
	} else {
		st = parse_match(p, out);
	}
	p->depth--;
	return st;
}

static enum status parse_chain(struct parser *p, const char *word, enum query_node_type type,
                               enum status (*part)(struct parser *, uint16_t *), uint16_t *out)
{
	enum status st = part(p, out);

	while (!st && parser_accept(p, word)) {
		struct query_node n = {.type = (uint8_t)type, .left = *out};

		st = part(p, &n.right);
		if (!st)
			st = add_node(p, n, out);
	}
	return st;
}

static enum status parse_and(struct parser *p, uint16_t *out)
{
	return parse_chain(p, "and", NODE_AND, parse_not, out);
}

static enum status parse_or(struct parser *p, uint16_t *out)
{
	return parse_chain(p, "or", NODE_OR, parse_and, out);
}

enum status parser_filter(struct parser *p)
{
	enum status st = parse_or(p, &p->q->root);

	p->q->filtered = st == STATUS_OK;
	assert(st || p->q->root < p->q->node_count);
	return st;
}
