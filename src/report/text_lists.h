/* SPDX-License-Identifier: Apache-2.0 */
/* The lists of the terminal report; each prints nothing where it has nothing to say. */
#ifndef REPORT_TEXT_LISTS_H
#define REPORT_TEXT_LISTS_H

#include "report/pen.h"

void text_ports(const struct pen *p, const struct analysis *a);
void text_new(const struct pen *p, const struct analysis *a);
void text_kinds(const struct pen *p, const struct analysis *a);
void text_tools(const struct pen *p, const struct analysis *a);
void text_sources(const struct pen *p, const struct analysis *a, const struct report_options *o);
void text_attacks(const struct pen *p, const struct analysis *a, const struct report_options *o);

#endif
