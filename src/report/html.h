/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The report as one self-contained page: no scripts, nothing loaded from anywhere, and a
 * content security policy that forbids both (the style goes by its hash). Charts are inline
 * SVG with titles; the figures behind each stand in a table. Reads on a phone, in the dark
 * and on paper. Lists are cut at stated lengths; the JSON has all.
 */
#ifndef REPORT_HTML_H
#define REPORT_HTML_H

#include "report/report.h"

MUST_USE enum status report_html(const struct analysis *a, const struct report_options *options,
                                 struct outfile *out);

#endif
