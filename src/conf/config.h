/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A configuration file from one table: reader, sample file and manual page alike.
 *
 * The file is sections of keys (conf/ini.h); the table says which sections there are, which keys
 * each has (conf/setting.h) and what they mean. A program fills its settings struct with
 * defaults, then config_read() puts the file over them. A section or key that the table does not
 * have is refused, and so is a key outside of any section. Any thread.
 */
#ifndef CONF_CONFIG_H
#define CONF_CONFIG_H

#include "conf/setting.h"

#include <stdio.h>

struct config_section {
	const char *name;
	const char *help; /* one sentence */
	struct setting_table table;
};

struct config_table {
	const char *command; /* whose manual page shows it: "sensor" */
	const char *help;    /* the file's first comment */
	const struct config_section *sections;
	size_t count;
};

/* Texts in settings point into *ini, which the caller frees after the settings. STATUS_NOT_FOUND,
 * IO, FORMAT with file and line. */
MUST_USE enum status config_read(struct ini **ini, const char *path,
                                 const struct config_table *table, void *settings,
                                 struct trouble *t);

/* The same from n bytes in memory; path is for messages only. */
MUST_USE enum status config_parse(struct ini **ini, const char *path, const char *bytes, size_t n,
                                  const struct config_table *table, void *settings,
                                  struct trouble *t);

/* A sample file: every key commented out with its default, taken from `defaults`. */
void config_sample(const struct config_table *table, const void *defaults, FILE *out);

/* The same as mdoc list items. */
void config_mdoc(const struct config_table *table, const void *defaults, FILE *out);

#endif
