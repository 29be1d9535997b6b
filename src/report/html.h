/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_HTML_H
#define REPORT_HTML_H

#include "report/report.h"

MUST_USE enum status report_html(const struct analysis *a, const struct report_options *options,
                                 struct outfile *out);

#endif
