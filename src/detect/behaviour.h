/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a source is doing (section 3), from its facts alone.
 *
 * Pure functions, any thread. Thresholds and sources: detect/rules.h.
 */
#ifndef DETECT_BEHAVIOUR_H
#define DETECT_BEHAVIOUR_H

#include "model/analysis.h"

enum trw { TRW_UNDECIDED, TRW_SCANNER };

/*
 * The sequential test's state after contacts with so many distinct dark addresses. Every
 * contact fails there, so the walk only rises: 4 addresses decide.
 */
enum trw behaviour_trw(double destinations);

/*
 * inside: the source lies in the monitored space (never a scanner). monitored: addresses
 * of a telescope that is known, 0 for one that is not (or was inferred): a telescope of
 * fewer than RULE_MANY_DESTINATIONS cannot ask for as many.
 */
enum behaviour behaviour_judge(const struct source *s, bool inside, double monitored);

/* Durumeric et al. 2014: many dark addresses on one port at a rate that, over all of
 * IPv4, is RULE_WIDE_PPS. False where monitored (IPv4 addresses) is not above 0. */
bool behaviour_is_internet_wide(const struct source *s, double monitored);

/* Anand et al. 2023: a tenth of the dark addresses. */
bool behaviour_is_aggressive(const struct source *s, double monitored);

#endif
