/* SPDX-License-Identifier: Apache-2.0 */
/* What the two halves of the parser share. Inside of this room only. */
#ifndef QUERY_PARSER_H
#define QUERY_PARSER_H

#include "query/lexer.h"
#include "query/query.h"
#include "query/value.h"

struct parser {
	struct query *q;
	struct lexer lexer;
	struct token token; /* the next one */
	struct query_error error;
	unsigned depth;
};

void parser_next(struct parser *p);

/* Pass over a word if it is the next one. */
bool parser_accept(struct parser *p, const char *word);

/* Refuse at the next token, with the whole sentence, or "expected WHAT, found ...". */
enum status parser_refuse(struct parser *p, const char *fmt, ...) PRINTF_LIKE(2, 3);
enum status parser_expected(struct parser *p, const char *what);

MUST_USE enum status parser_dimension(struct parser *p, uint8_t *out);

/* The filter behind `where`. */
MUST_USE enum status parser_filter(struct parser *p);

#endif
