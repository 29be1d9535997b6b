/* SPDX-License-Identifier: Apache-2.0 */
/* Verbs and clauses; the filter is in parse_filter.c. */
#include "query/parser.h"

#include "base/timefmt.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void parser_next(struct parser *p)
{
	p->token = lexer_next(&p->lexer);
}

bool parser_accept(struct parser *p, const char *word)
{
	if (!token_is(&p->token, word))
		return false;
	parser_next(p);
	return true;
}

enum status parser_refuse(struct parser *p, const char *fmt, ...)
{
	va_list args;

	p->error.column = p->token.column;
	va_start(args, fmt);
	vsnprintf(p->error.text, sizeof(p->error.text), fmt, args);
	va_end(args);
	return STATUS_USAGE;
}

enum status parser_expected(struct parser *p, const char *what)
{
	char found[TOKEN_TEXT_MAX + 8];

	token_describe(&p->token, found, sizeof(found));
	return parser_refuse(p, "expected %.140s, found %.100s", what, found);
}

static enum status parse_measure(struct parser *p)
{
	for (uint8_t m = 0; m < MEASURE_COUNT_OF; m++) {
		if (!token_is(&p->token, query_measure_name((enum query_measure)m)))
			continue;
		for (unsigned i = 0; i < p->q->measure_count; i++) {
			if (p->q->measures[i] == m)
				return parser_refuse(p, "%s is asked for twice", p->token.text);
		}
		if (p->q->measure_count == QUERY_MEASURES_MAX)
			return parser_refuse(p, "more than %d measures", QUERY_MEASURES_MAX);
		p->q->measures[p->q->measure_count++] = m;
		parser_next(p);
		return STATUS_OK;
	}
	return parser_expected(p,
	                       "a measure (packets, bytes, sources, rows, destinations or rate)");
}

static enum status parse_measures(struct parser *p)
{
	enum status st = parse_measure(p);

	while (!st && p->token.type == TOKEN_COMMA) {
		parser_next(p);
		st = parse_measure(p);
	}
	return st;
}

enum status parser_dimension(struct parser *p, uint8_t *out)
{
	for (uint8_t d = 0; d < DIMENSION_COUNT_OF; d++) {
		if (token_is(&p->token, query_dimension_name((enum query_dimension)d))) {
			*out = d;
			parser_next(p);
			return STATUS_OK;
		}
	}
	return parser_expected(
	        p, "port, proto, kind, tool, country, network, source, sensor or member");
}

static enum status parse_group(struct parser *p)
{
	struct token before = p->token;
	uint8_t d = 0;
	enum status st = parser_dimension(p, &d);

	for (unsigned i = 0; i < p->q->dimension_count && !st; i++) {
		if (p->q->dimensions[i] == d) {
			p->token = before;
			return parser_refuse(p, "%s is named twice", before.text);
		}
	}
	if (!st && p->q->dimension_count == QUERY_DIMENSIONS_MAX) {
		p->token = before;
		return parser_refuse(p, "more than %d groups", QUERY_DIMENSIONS_MAX);
	}
	if (!st)
		p->q->dimensions[p->q->dimension_count++] = d;
	return st;
}

static enum status parse_groups(struct parser *p)
{
	enum status st = parse_group(p);

	while (!st && p->token.type == TOKEN_COMMA) {
		parser_next(p);
		st = parse_group(p);
	}
	return st;
}

/* series and count: MEASURES [by GROUPS]. */
static enum status parse_measured(struct parser *p)
{
	enum status st = parse_measures(p);

	if (!st && parser_accept(p, "by"))
		st = parse_groups(p);
	return st;
}

static enum status parse_number(struct parser *p, uint64_t high, const char *what, uint64_t *out)
{
	if (p->token.type != TOKEN_WORD || value_number(p->token.text, 1, high, out))
		return parser_expected(p, what);
	parser_next(p);
	return STATUS_OK;
}

/* top [N] GROUPS by MEASURES. */
static enum status parse_top(struct parser *p)
{
	enum status st = STATUS_OK;

	p->q->limit = 10;
	if (p->token.type == TOKEN_WORD && p->token.text[0] >= '0' && p->token.text[0] <= '9')
		st = parse_number(p, QUERY_GROUPS_MAX, "a number from 1 to 10000", &p->q->limit);
	if (!st)
		st = parse_groups(p);
	if (!st && !parser_accept(p, "by"))
		return parser_expected(p, "',' or 'by' and a measure");
	return st ? st : parse_measures(p);
}

static enum status parse_source(struct parser *p)
{
	if (p->token.type != TOKEN_WORD || addr_parse(p->token.text, &p->q->source))
		return parser_expected(p, "an address");
	parser_next(p);
	return STATUS_OK;
}

/* compare sensor|member [by MEASURES]. */
static enum status parse_compare(struct parser *p)
{
	uint8_t d = 0;

	if (token_is(&p->token, "sensor"))
		d = DIMENSION_SENSOR;
	else if (token_is(&p->token, "member"))
		d = DIMENSION_MEMBER;
	else
		return parser_expected(p, "sensor or member");
	parser_next(p);
	p->q->dimensions[p->q->dimension_count++] = d;
	if (parser_accept(p, "by"))
		return parse_measures(p);
	p->q->measures[p->q->measure_count++] = MEASURE_RATE;
	return STATUS_OK;
}

static enum status parse_verb(struct parser *p)
{
	uint8_t v = 0;

	while (v < VERB_COUNT_OF && !token_is(&p->token, query_verb_name((enum query_verb)v)))
		v++;
	if (v == VERB_COUNT_OF)
		return parser_expected(p,
		                       "a question: series, top, count, source, compare or rows");
	p->q->verb = v;
	parser_next(p);
	switch ((enum query_verb)v) {
	case VERB_SERIES:
	case VERB_COUNT:
		return parse_measured(p);
	case VERB_TOP:
		return parse_top(p);
	case VERB_SOURCE:
		return parse_source(p);
	case VERB_COMPARE:
		return parse_compare(p);
	case VERB_ROWS:
	case VERB_COUNT_OF:
		break;
	}
	return STATUS_OK;
}

static enum status parse_duration(struct parser *p, uint64_t *seconds)
{
	uint64_t ns;

	if (p->token.type != TOKEN_WORD || duration_parse(p->token.text, &ns))
		return parser_expected(p, "a length of time such as 10m, 24h or 7d");
	*seconds = ns / NS_PER_SECOND;
	if (ns % (60 * NS_PER_SECOND) != 0 || ns == 0)
		return parser_refuse(p, "%.60s is no whole number of minutes", p->token.text);
	if (*seconds > QUERY_PERIOD_MAX)
		return parser_refuse(p, "%.60s is more than ten years", p->token.text);
	parser_next(p);
	return STATUS_OK;
}

/* RFC 3339, or a date alone, which is its first minute in UTC. */
static enum status parse_time(struct parser *p, uint64_t *seconds)
{
	static const char midnight[] = "T00:00:00Z";
	char text[TOKEN_TEXT_MAX + sizeof(midnight)];
	uint64_t ns;

	snprintf(text, sizeof(text), "%s%s", p->token.text,
	         strlen(p->token.text) == strlen("2026-01-31") ? midnight : "");
	if (p->token.type != TOKEN_WORD || time_parse(text, &ns))
		return parser_expected(p, "a time such as 2026-01-31T12:00:00Z or 2026-01-31");
	*seconds = ns / NS_PER_SECOND;
	if (ns % (60 * NS_PER_SECOND) != 0)
		return parser_refuse(p, "%.60s is no whole minute", p->token.text);
	if (*seconds / 60 > UINT32_MAX)
		return parser_refuse(p, "%.60s is too far away", p->token.text);
	parser_next(p);
	return STATUS_OK;
}

static enum status parse_from(struct parser *p)
{
	enum status st = parse_time(p, &p->q->from_s);
	struct token end;

	p->q->absolute = true;
	p->q->last_s = 0;
	if (st || !parser_accept(p, "to"))
		return st;
	end = p->token;
	st = parse_time(p, &p->q->to_s);
	if (!st && p->q->to_s <= p->q->from_s) {
		p->token = end;
		return parser_refuse(p, "the end is not after the start");
	}
	if (!st && p->q->to_s - p->q->from_s > QUERY_PERIOD_MAX) {
		p->token = end;
		return parser_refuse(p, "the period is longer than ten years");
	}
	return st;
}

static enum status parse_limit(struct parser *p)
{
	if (p->q->verb == VERB_ROWS)
		return parse_number(p, QUERY_ROWS_MAX, "a number from 1 to 10000000", &p->q->limit);
	return parse_number(p, QUERY_GROUPS_MAX, "a number from 1 to 10000", &p->q->limit);
}

enum clause { CLAUSE_WHERE, CLAUSE_LAST, CLAUSE_FROM, CLAUSE_EVERY, CLAUSE_AGAINST, CLAUSE_LIMIT };

static const struct {
	const char *word;
	unsigned verbs; /* bits of the verbs that take it */
} clauses[] = {
        [CLAUSE_WHERE] = {"where", ~0u},
        [CLAUSE_LAST] = {"last", ~0u},
        [CLAUSE_FROM] = {"from", ~0u},
        [CLAUSE_EVERY] = {"every", 1u << VERB_SERIES},
        [CLAUSE_AGAINST] = {"against", 1u << VERB_TOP},
        [CLAUSE_LIMIT] = {"limit", 1u << VERB_SERIES | 1u << VERB_COUNT | 1u << VERB_COMPARE |
                                           1u << VERB_ROWS},
};

enum { CLAUSES = sizeof(clauses) / sizeof(clauses[0]) };

static enum status parse_clause_body(struct parser *p, enum clause clause)
{
	switch (clause) {
	case CLAUSE_WHERE:
		return parser_filter(p);
	case CLAUSE_LAST:
		return parse_duration(p, &p->q->last_s);
	case CLAUSE_FROM:
		return parse_from(p);
	case CLAUSE_EVERY:
		return parse_duration(p, &p->q->every_s);
	case CLAUSE_AGAINST:
		return parse_duration(p, &p->q->against_s);
	case CLAUSE_LIMIT:
		return parse_limit(p);
	}
	return STATUS_USAGE;
}

/* `last` and `from` are two ways to say one thing. */
static unsigned clause_bit(enum clause c)
{
	return 1u << (c == CLAUSE_FROM ? CLAUSE_LAST : c);
}

static enum status parse_clause(struct parser *p, unsigned *seen)
{
	for (unsigned c = 0; c < CLAUSES; c++) {
		if (!token_is(&p->token, clauses[c].word))
			continue;
		if (!(clauses[c].verbs >> p->q->verb & 1u))
			return parser_refuse(p, "%s takes no '%s'",
			                     query_verb_name((enum query_verb)p->q->verb),
			                     clauses[c].word);
		if (*seen & clause_bit(c))
			return parser_refuse(p, "a second '%s'",
			                     clause_bit(c) == clause_bit(CLAUSE_LAST)
			                             ? "last' or 'from"
			                             : clauses[c].word);
		*seen |= clause_bit(c);
		parser_next(p);
		return parse_clause_body(p, c);
	}
	return parser_expected(p, p->q->verb == VERB_SERIES ? "where, last, from, every or limit"
	                          : p->q->verb == VERB_TOP  ? "where, last, from or against"
	                                                    : "where, last, from or limit");
}

static enum status parse_query(struct parser *p)
{
	unsigned seen = 0;
	enum status st;

	parser_next(p);
	st = parse_verb(p);
	while (!st && p->token.type != TOKEN_END)
		st = parse_clause(p, &seen);
	return st;
}

/* Written out a text may grow by its spaces; what we print we must be able to read. */
static enum status check_print(struct parser *p)
{
	char text[QUERY_TEXT_MAX];

	if (query_print(p->q, text, sizeof(text)))
		return parser_refuse(p, "written out longer than %d bytes", QUERY_TEXT_MAX - 1);
	return STATUS_OK;
}

enum status query_parse(const char *text, struct query *out, struct query_error *error)
{
	struct parser p = {.q = out, .lexer = {text, text}};
	enum status st;

	memset(out, 0, sizeof(*out));
	out->last_s = 86400;
	if (strnlen(text, QUERY_TEXT_MAX) == QUERY_TEXT_MAX) {
		p.token.column = QUERY_TEXT_MAX;
		st = parser_refuse(&p, "longer than %d bytes", QUERY_TEXT_MAX - 1);
	} else {
		st = parse_query(&p);
		if (!st)
			st = check_print(&p);
	}
	if (error)
		*error = p.error;
	return st;
}
