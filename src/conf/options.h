/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Command line options from one table: parser, --help text and manual page alike.
 *
 * A table row names the option, its type, range and help; values land in a settings
 * struct at `offset`. `--name value`, `--name=value` and, where it has a letter, `-l value`
 * are taken; options and
 * operands may be mixed, "--" ends options, "-" is an operand. Strings point into argv.
 */
#ifndef CONF_OPTIONS_H
#define CONF_OPTIONS_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum option_type {
	OPTION_FLAG,         /* bool */
	OPTION_TEXT,         /* const char * */
	OPTION_LIST,         /* struct text_list: may be given several times */
	OPTION_COUNT,        /* uint64_t in [low, high] */
	OPTION_COUNT_OR_ALL, /* the same, or "all": UINT64_MAX */
	OPTION_SIZE,         /* uint64_t bytes with K, M, G (powers of 1024), in [low, high] */
	OPTION_DURATION,     /* uint64_t nanoseconds, in [low, high] */
};

enum { TEXT_LIST_MAX = 4096 };

/* Owned by the caller: text_list_clear(). The texts point into argv. */
struct text_list {
	const char **items;
	size_t count;
};

struct option {
	const char *name;     /* without dashes */
	const char *argument; /* its name in the help; NULL for flags */
	const char *help;     /* one or more sentences */
	enum option_type type;
	size_t offset;
	uint64_t low, high;
};

/* A short name: 'o' for "output" takes -o FILE. */
struct option_letter {
	char letter;
	const char *name;
};

/* A command's synopsis and options. */
struct option_table {
	const char *command;  /* "analyze" */
	const char *synopsis; /* "[OPTION]... [FILE]..." */
	const char *about;    /* one or two sentences */
	const struct option *rows;
	size_t count;
	const struct option_letter *letters; /* ends with {0}; NULL: none */
};

/* Fill settings from argv[1..]; operands are collected in order. STATUS_USAGE with trouble
 * otherwise. Every row's field must hold its default before. */
MUST_USE enum status options_parse(const struct option_table *table, int argc, char **argv,
                                   void *settings, struct text_list *operands, struct trouble *t);

/* The --help text. */
void options_help(const struct option_table *table, FILE *out);

/* The OPTIONS section of the manual page, as mdoc list items. */
void options_mdoc(const struct option_table *table, FILE *out);

void text_list_clear(struct text_list *list);

#endif
