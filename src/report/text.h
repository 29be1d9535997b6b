/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPORT_TEXT_H
#define REPORT_TEXT_H

#include "report/report.h"

MUST_USE enum status report_text(const struct analysis *a, const struct report_options *options,
                                 struct outfile *out);

#endif
