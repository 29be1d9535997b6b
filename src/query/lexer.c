/* SPDX-License-Identifier: Apache-2.0 */
#include "query/lexer.h"

#include "base/utf8.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c && strchr(".:/#_+-", c));
}

/* Characters before `at`, so that a person counts as we do. */
static unsigned column_of(const struct lexer *l)
{
	unsigned column = 1;

	for (const char *p = l->start; p < l->at; p++)
		column += ((unsigned char)*p & 0xc0) != 0x80;
	return column;
}

static void take_text(struct token *t, const char *from, size_t n)
{
	if (n >= sizeof(t->text)) {
		t->type = TOKEN_BAD;
		snprintf(t->text, sizeof(t->text), "a word of more than %zu characters",
		         sizeof(t->text) - 1);
		return;
	}
	memcpy(t->text, from, n);
	t->text[n] = '\0';
}

static void take_word(struct lexer *l, struct token *t)
{
	const char *from = l->at;

	while (is_word(*l->at))
		l->at++;
	t->type = TOKEN_WORD;
	take_text(t, from, (size_t)(l->at - from));
}

static void take_quoted(struct lexer *l, struct token *t)
{
	const char *from = ++l->at;

	while (*l->at && *l->at != '"')
		l->at++;
	t->type = TOKEN_QUOTED;
	if (!*l->at) {
		t->type = TOKEN_BAD;
		snprintf(t->text, sizeof(t->text), "a quotation that does not end");
		return;
	}
	take_text(t, from, (size_t)(l->at - from));
	l->at++;
}

static void take_other(struct lexer *l, struct token *t)
{
	const unsigned char *c = (const unsigned char *)l->at;
	size_t n = utf8_length(c);

	t->type = TOKEN_BAD;
	if (n == 0 || *c < 0x20 || *c == 0x7f)
		snprintf(t->text, sizeof(t->text), "a byte 0x%02x", *c);
	else
		snprintf(t->text, sizeof(t->text), "'%.*s'", (int)n, l->at);
	l->at += n ? n : 1;
}

static void take_punctuation(struct lexer *l, struct token *t)
{
	static const struct {
		const char *text;
		enum token_type type;
	} marks[] = {{"(", TOKEN_OPEN},
	             {")", TOKEN_CLOSE},
	             {",", TOKEN_COMMA},
	             {"=", TOKEN_EQUAL},
	             {"!=", TOKEN_NOT_EQUAL}};

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		size_t n = strlen(marks[i].text);

		if (strncmp(l->at, marks[i].text, n) == 0) {
			t->type = marks[i].type;
			take_text(t, marks[i].text, n);
			l->at += n;
			return;
		}
	}
	take_other(l, t);
}

struct token lexer_next(struct lexer *l)
{
	struct token t = {.type = TOKEN_END};

	while (is_space(*l->at))
		l->at++;
	t.column = column_of(l);
	if (!*l->at)
		return t;
	if (is_word(*l->at))
		take_word(l, &t);
	else if (*l->at == '"')
		take_quoted(l, &t);
	else
		take_punctuation(l, &t);
	return t;
}

bool token_is(const struct token *t, const char *word)
{
	return t->type == TOKEN_WORD && strcasecmp(t->text, word) == 0;
}

void token_describe(const struct token *t, char *out, size_t size)
{
	if (t->type == TOKEN_END)
		snprintf(out, size, "the end");
	else if (t->type == TOKEN_BAD)
		snprintf(out, size, "%s", t->text);
	else
		snprintf(out, size, "'%s'", t->text);
}
