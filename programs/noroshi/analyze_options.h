/* SPDX-License-Identifier: Apache-2.0 */
/* The settings of `noroshi analyze`, and the table that parses and documents them. */
#ifndef NOROSHI_ANALYZE_OPTIONS_H
#define NOROSHI_ANALYZE_OPTIONS_H

#include "conf/options.h"

struct analyze_settings {
	struct text_list nets, known;
	const char *interface, *filter;
	const char *html, *flows, *anonymize, *geo, *asn;
	uint64_t threads, top, memory, seconds;
	bool json, rsdos, quiet, help;
};

extern const struct option_table analyze_options;

#endif
