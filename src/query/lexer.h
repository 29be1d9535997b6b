/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A query's text as tokens, one at a time: words, quoted words, punctuation, the end.
 *
 * A word is a run of letters, digits and . : / # _ + -; what a word means is for the parser.
 * Points into the text, which stays the caller's. Pure, any thread.
 */
#ifndef QUERY_LEXER_H
#define QUERY_LEXER_H

#include <stdbool.h>
#include <stddef.h>

enum { TOKEN_TEXT_MAX = 128 }; /* bytes of a word, NUL included */

enum token_type {
	TOKEN_END,
	TOKEN_WORD,
	TOKEN_QUOTED, /* "..." without its quotes; no escapes */
	TOKEN_OPEN,
	TOKEN_CLOSE,
	TOKEN_COMMA,
	TOKEN_EQUAL,
	TOKEN_NOT_EQUAL,
	TOKEN_BAD, /* text holds why */
};

struct token {
	enum token_type type;
	unsigned column; /* of its first character, from 1 */
	char text[TOKEN_TEXT_MAX];
};

struct lexer {
	const char *start, *at;
};

struct token lexer_next(struct lexer *l);

/* True for a word that reads so, in any case. */
bool token_is(const struct token *t, const char *word);

/* "'foo'", "the end": for messages. */
void token_describe(const struct token *t, char *out, size_t size);

#endif
