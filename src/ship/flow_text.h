/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flow rows as lines of text: CSV (RFC 4180) and JSON lines.
 *
 * Column names and meanings are an interface (noroshi-flows(1)); both forms come from
 * one walk over the row. The writer formats integers itself: rows come by the million,
 * and a printf for each field would cost more than all the counting before. A struct
 * belongs to one thread; nothing is allocated.
 */
#ifndef SHIP_FLOW_TEXT_H
#define SHIP_FLOW_TEXT_H

#include "model/flow.h"

#include <stdbool.h>

enum {
	FLOW_TEXT_LINE_MAX = 1024, /* no line is longer, its end included */
};

struct flow_text {
	bool json;
	/* How a line begins: all of it that belongs to the window. */
	char window[128];
	size_t window_length;
	struct addr source; /* of the row before, and its text: runs of one source are common */
	char source_text[ADDR_TEXT_MAX];
	size_t source_length;
};

void flow_text_init(struct flow_text *f, bool json);

/* The header line of CSV, with its end; empty for JSON lines. */
const char *flow_text_header(const struct flow_text *f);

/* A new window: its start and sensor go into every line that follows. */
void flow_text_window(struct flow_text *f, const struct window_header *header);

/* One line with its end into out; returns its length. row->kind must be valid. */
size_t flow_text_row(struct flow_text *f, const struct flow *row, char out[FLOW_TEXT_LINE_MAX]);

#endif
