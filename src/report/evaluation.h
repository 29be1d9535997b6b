/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The evaluation of forecasts on a history (forecast/evaluation.h), for a terminal and as JSON.
 * Pure printing; names of sensors are made safe. Any thread, one outfile each; hands back the
 * outfile's status.
 */
#ifndef REPORT_EVALUATION_H
#define REPORT_EVALUATION_H

#include "forecast/evaluation.h"
#include "report/report.h"

enum { EVALUATION_JSON_FORMAT = 1 };

/* `file` is the history's name. */
MUST_USE enum status evaluation_text(const struct evaluation *e, const char *file,
                                     struct text_style style, struct outfile *out);

/* docs/schema/forecast.schema.json. `version` of the program; NULL: of the build. */
MUST_USE enum status evaluation_json(const struct evaluation *e, const char *file,
                                     const char *version, struct outfile *out);

#endif
