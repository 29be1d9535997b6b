/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Does a statement wait for data? `INSERT INTO t (a, b) FORMAT Native` does: its rows are the
 * body of the request. Nothing else is understood of SQL here. Pure.
 */
#ifndef STORER_STATEMENT_H
#define STORER_STATEMENT_H

#include <stdbool.h>
#include <stddef.h>

enum { STATEMENT_FORMAT_MAX = 63 };

/* Is it an INSERT (behind blanks and comments) that ends with FORMAT and a name? Then *n is the
 * length of what stands before FORMAT, and format the name. */
bool statement_takes_data(const char *sql, size_t *n, char format[STATEMENT_FORMAT_MAX + 1]);

#endif
