/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Denial of service seen in the answers of its victims (section 4; Moore et al. 2006).
 *
 * Pure, any thread. Two rules:
 * "rsdos" is the published one and nothing else: >= 25 packets, >= 60 s from first to
 * last, >= 30 packets in the highest minute; vectors that do not pass are not reported.
 * "telescope" asks for >= 25 packets in >= 60 s to >= 5 destinations (or to all of a
 * smaller, known telescope), and has four states:
 *
 *   provisional  the start rule held (model/vector.h), not the whole one; still running
 *   confirmed    the whole rule holds; still running at the capture's end
 *   withdrawn    was provisional, then fell idle without passing the whole rule
 *   closed       the whole rule held, and it is over
 */
#ifndef DETECT_ATTACK_H
#define DETECT_ATTACK_H

#include "model/analysis.h"
#include "model/vector.h"

struct attack_rule {
	bool rsdos;       /* the published rule instead of ours */
	double monitored; /* IPv4 addresses; 0: none or not known, rates are NAN then */
	bool inferred;    /* the telescope was inferred: its size lowers no threshold */
};

/* True where the vector is to be reported; *out is filled then, but for the names. */
bool attack_judge(const struct attack_rule *rule, const struct vector *v, struct attack *out);

#endif
