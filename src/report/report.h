/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reports: pure printing of a struct analysis onto an outfile, one form a file.
 *
 * Nothing is computed that changes a verdict; what is read belongs to the caller and stays
 * as it is. Hostile bytes in names are made safe for the form. Memory does not grow with
 * the analysis. Any thread, one outfile each. A form hands back the outfile's status
 * (full disk, reader gone); the caller commits.
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include "base/outfile.h"
#include "model/analysis.h"

#include <stdbool.h>

struct text_style {
	bool colour; /* SGR sequences for terminals */
	int width;   /* columns; clamped to TEXT_WIDTH_MIN..TEXT_WIDTH_MAX, 0: 80 */
};

enum { TEXT_WIDTH_MIN = 60, TEXT_WIDTH_MAX = 200 };

struct report_options {
	/* Every address that goes out passes through here (Crypto-PAn); NULL: as it is.
	 * Prefixes are mapped by their base address, then masked to their length. */
	void (*map)(const void *state, const struct addr *in, struct addr *out);
	const void *map_state;
	const char *version; /* of the program; NULL: NOROSHI_VERSION of the build */
	struct text_style text;
};

/* One row of the registry. */
struct report_form {
	const char *name; /* "json", "text", "html" */
	const char *help;
	enum status (*print)(const struct analysis *a, const struct report_options *options,
	                     struct outfile *out);
};

extern const struct report_form report_forms[];
extern const unsigned report_form_count;

/* The form of this name, or NULL. */
const struct report_form *report_form_find(const char *name);

#endif
