/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The report for a terminal: what an analyst wants to read first thing in the morning.
 * UTF-8; colour only where the style asks for it; fits the width of the style.
 */
#ifndef REPORT_TEXT_H
#define REPORT_TEXT_H

#include "report/report.h"

MUST_USE enum status report_text(const struct analysis *a, const struct report_options *options,
                                 struct outfile *out);

#endif
