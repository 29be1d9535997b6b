/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Block lists for tomorrow: for each sensor the sources most likely to come in the next day.
 *
 * Fed with days. At the end of a day every source that was seen anywhere in the last
 * LISTS_KEEP_DAYS gets, for every sensor, a chance to come there tomorrow, from how steadily it
 * came to that sensor, and to sensors that share visitors with it, fading day by day (the time
 * series and neighbourhood models of Soldo, Le and Markopoulou, "Predictive blacklisting as an
 * implicit recommendation system", 2010, after the Highly Predictive Blocklists of Zhang, Porras
 * and Ullrich, 2008), put together by a logistic regression that learns each day from the last.
 * Beside it stand the two naive scores: rows at this sensor (local worst) and rows at all sensors
 * (global worst) in the last LISTS_KEEP_DAYS. A day's chances use that day and those before it;
 * a source that was not seen for LISTS_KEEP_DAYS is forgotten.
 *
 * Memory is LISTS_CELL_BYTES for each pair of a source and a sensor. Owns its memory; one thread.
 */
#ifndef FORECAST_LISTS_H
#define FORECAST_LISTS_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LISTS_KEEP_DAYS = 7, LISTS_CELL_BYTES = 16, LISTS_SENSORS_MAX = 64 };

/* The ways to rank sources. */
enum lists_kind { LIST_PREDICTED, LIST_LOCAL, LIST_GLOBAL, LIST_KINDS };

/* A source that may come to a sensor tomorrow. */
struct lists_candidate {
	uint32_t source;
	float score[LIST_KINDS]; /* predicted: the chance; the others: rows */
};

struct lists;

/* STATUS_LIMIT for sensors outside 2 to LISTS_SENSORS_MAX, STATUS_NO_MEMORY. */
MUST_USE enum status lists_new(struct lists **out, unsigned sensors, uint32_t sources);

/* A row of the present day. */
void lists_see(struct lists *l, uint32_t source, unsigned sensor, uint32_t count);

/* The day is over: chances given for it are learned from, its rows become history. */
void lists_end_day(struct lists *l);

/* Candidates for a sensor on the day that begins, in order of source number; *count of them, at
 * most `sources`. */
void lists_candidates(const struct lists *l, unsigned sensor, struct lists_candidate *out,
                      size_t *count);

/* Whether the source came to the sensor on the day that was ended last. */
bool lists_came(const struct lists *l, uint32_t source, unsigned sensor);

void lists_free(struct lists *l);

#endif
