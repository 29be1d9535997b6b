/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Known research scanners: whose address is it?
 *
 * Lists come as plain text (an address or prefix a line, comments behind # or ;), CSV
 * (a column of addresses, one of operators where the header names it), or MISP
 * warninglists in JSON. Load all, known_seal() once, then ask from any thread. Where
 * prefixes nest the longest answers; where two lists name the same, the first.
 *
 * "Never whole clouds" (30-detection section 3): prefixes shorter than /12 (IPv4) or /24
 * (IPv6) are counted and left out. Bounds: KNOWN_PREFIXES_MAX prefixes, KNOWN_NAMES_MAX
 * bytes of names, files of KNOWN_FILE_MAX bytes (JSON: KNOWN_JSON_MAX, for its tree takes a
 * multiple). Past a bound the list fails as a whole and leaves nothing behind.
 */
#ifndef ENRICH_KNOWN_H
#define ENRICH_KNOWN_H

#include "base/status.h"
#include "model/addr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	KNOWN_PREFIXES_MAX = 1000000,
	KNOWN_NAMES_MAX = 16 << 20,
	KNOWN_FILE_MAX = 64 << 20,
	KNOWN_JSON_MAX = 16 << 20,
	KNOWN_NAME_MAX = 64,
	KNOWN_LINES_SHOWN = 5,
	KNOWN_V4_LENGTH_MIN = 12,
	KNOWN_V6_LENGTH_MIN = 24,
	KNOWN_WARNINGS_MAX = 4,
	KNOWN_WARNING_MAX = 512,
};

struct known;

/* What was found in one list. */
struct known_list {
	char name[KNOWN_NAME_MAX];              /* the operator, unless a row names its own */
	uint64_t date_ns;                       /* of the list itself, else of the file */
	bool dated;                             /* by the list itself */
	size_t prefixes;                        /* taken */
	size_t broad;                           /* left out: too short a prefix */
	size_t malformed;                       /* neither address nor comment */
	unsigned long lines[KNOWN_LINES_SHOWN]; /* of the first malformed; JSON: items from 1 */
};

MUST_USE enum status known_new(struct known **out);

/* Add a list. STATUS_FORMAT where nothing in it is an address; LIMIT; the file's errors. */
MUST_USE enum status known_load(struct known *k, const char *path, struct known_list *list,
                                struct trouble *t);

/* The same over bytes; the path gives the name and the form, date_ns what to take where the
 * list has no date of its own. */
MUST_USE enum status known_load_bytes(struct known *k, const char *path, const char *bytes,
                                      size_t n, uint64_t date_ns, struct known_list *list,
                                      struct trouble *t);

/* What a person should know about a list: sentences for warnings; returns how many. */
unsigned known_list_warnings(const struct known_list *list, const char *path, uint64_t now_ns,
                             uint64_t age_max_ns, char out[KNOWN_WARNINGS_MAX][KNOWN_WARNING_MAX]);

void known_seal(struct known *k);

/* The operator, or NULL. Valid as long as k. */
const char *known_find(const struct known *k, const struct addr *a);

size_t known_count(const struct known *k);
void known_free(struct known *k);

#endif
