/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the reader has to know before trusting the figures, in plain words: what this
 * telescope cannot see, and what of the input is missing from the figures. Text and page
 * say the same sentences. Pure, any thread.
 */
#ifndef REPORT_LIMITS_H
#define REPORT_LIMITS_H

#include "report/report.h"

#include <stddef.h>

enum { SENTENCE_MAX = 400 };

/* Called once for each sentence. */
typedef void sentence_taker(void *state, const char *sentence);

/* What cannot be seen from here (30-detection section 8). */
void limits_tell(const struct analysis *a, sentence_taker *take, void *state);

/* What is not in the figures, or is in doubt: skipped, lost, late, cut, folded. */
void caveats_tell(const struct analysis *a, sentence_taker *take, void *state);

/* "65,536", or "2^96" where nobody reads digits any more. */
void addresses_text(double n, char *out, size_t size);

#endif
