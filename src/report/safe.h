/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names that others chose (files, operators, networks), made harmless for a terminal.
 *
 * Control characters of both sets, bytes that are no UTF-8, and marks that turn the
 * writing direction or do not show come out as U+FFFD. Widths are terminal columns:
 * East Asian wide characters take two (Unicode UAX #11). Pure, any thread.
 */
#ifndef REPORT_SAFE_H
#define REPORT_SAFE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether a character may be shown as it is, on a terminal or a page. */
bool safe_point(uint32_t point);

/* Columns of one safe character: 0 to 2. */
int safe_point_columns(uint32_t point);

/* Copy at most `columns` columns, an ellipsis where it was cut; `size` >= 4. Returns the
 * columns that out takes. */
int safe_text(const char *in, int columns, char *out, size_t size);

/* Columns of a text that safe_text() made. */
int safe_columns(const char *text);

#endif
