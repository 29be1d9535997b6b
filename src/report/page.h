/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing HTML: escaping, tables, and the sections of the page. What others chose goes
 * through page_text() and nothing else: markup characters are escaped, and characters that
 * safe_point() refuses come out as U+FFFD. One thread a page.
 */
#ifndef REPORT_PAGE_H
#define REPORT_PAGE_H

#include "report/report.h"

struct page {
	struct outfile *out;
	const struct analysis *a;
	const struct report_options *options;
};

struct page_column {
	const char *title;
	bool right; /* a number */
};

/* Escaped text, for content and for quoted attributes alike. */
void page_text(const struct page *p, const char *text);

/* Our own markup, as it stands. */
void page_raw(const struct page *p, const char *markup);

void page_section_open(const struct page *p, const char *id, const char *title, const char *note);
void page_section_close(const struct page *p);

/* A table in a box that scrolls sideways. `folded`: behind a chart, opened on demand. */
void page_table_open(const struct page *p, const char *caption, bool folded,
                     const struct page_column *columns, unsigned count);
void page_table_close(const struct page *p, bool folded);
void page_row_open(const struct page *p);
void page_row_close(const struct page *p);
void page_cell(const struct page *p, const char *text);
void page_cell_head(const struct page *p, const char *text); /* names the row */
void page_cell_count(const struct page *p, uint64_t n);
void page_cell_share(const struct page *p, uint64_t part, uint64_t all);
void page_cell_time(const struct page *p, uint64_t time_ns);
void page_cell_bar(const struct page *p, double share, const char *class_name);

/* The sections, one file each. */
void page_series(const struct page *p);
void page_ports(const struct page *p);
void page_new(const struct page *p);
void page_heat(const struct page *p);
void page_kinds(const struct page *p);
void page_tools(const struct page *p);
void page_sources(const struct page *p);
void page_attacks(const struct page *p);

/* The page's style sheet, in parts; NULL ends them. */
extern const char *const page_style[];

#endif
