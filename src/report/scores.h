/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of an evaluation (detect/evaluate.h) as text. Errors are the outfile's. */
#ifndef REPORT_SCORES_H
#define REPORT_SCORES_H

#include "base/outfile.h"
#include "detect/evaluate.h"

void scores_text(const struct evaluation *e, struct outfile *out);

#endif
