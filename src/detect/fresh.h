/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is new within one capture: ports that nobody asked for in its first part and that
 * many sources ask for later. Whether a port was ever asked for before the capture began
 * cannot be told from here.
 *
 * A column in which nothing at all was seen may be a gap between two files and proves
 * nothing: it does not count. The thresholds stand in detect/rules.h. Pure, any thread.
 */
#ifndef DETECT_FRESH_H
#define DETECT_FRESH_H

#include "model/analysis.h"

/* Fill a->fresh from all of a->ports (in any order) and their bins; a->fresh must be
 * empty, analysis_clear() frees it. */
MUST_USE enum status fresh_find(struct analysis *a);

#endif
