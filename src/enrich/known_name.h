/* SPDX-License-Identifier: Apache-2.0 */
/* Names and dates of published lists. Pure functions, any thread. */
#ifndef ENRICH_KNOWN_NAME_H
#define ENRICH_KNOWN_NAME_H

#include "enrich/known.h"

/* Valid UTF-8 of at most KNOWN_NAME_MAX - 1 bytes, without control characters and without
 * space around it. */
void known_name_copy(char out[KNOWN_NAME_MAX], const char *text, size_t n);

/* The operator from a file's name: "lists/misp-shodan-nt-scanning.json" and "shodan_v4.txt"
 * are both "shodan". */
void known_name_of_path(const char *path, char out[KNOWN_NAME_MAX]);

/* The operator from a list's title: "Shodan IP Ranges Used for Scanning" is "Shodan". */
void known_name_of_title(const char *title, char out[KNOWN_NAME_MAX]);

/* A warninglist's version as a date: 20240712 or 24071210 (year, month, day, hour); false
 * where it is just a number. */
bool known_date_of_version(uint64_t version, uint64_t *date_ns);

#endif
