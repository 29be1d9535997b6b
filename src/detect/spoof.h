/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is a source's address forged? A score from 0 to 1 with its reasons (section 3).
 *
 * One packet proves nothing: by itself it scores at most RULE_SPOOF_ONE_PACKET. What
 * proves more is many sources of few packets that share IP id, length, window and options:
 * the census counts them. Add all sources, then ask; the answers do not depend on the
 * order. A census is one thread's while it is filled, any thread's afterwards.
 */
#ifndef DETECT_SPOOF_H
#define DETECT_SPOOF_H

#include "model/analysis.h"

struct spoof_census;

/* A count-min sketch of 3 MiB (Cormode and Muthukrishnan 2005), whatever the number of
 * sources; NULL: out of memory. */
struct spoof_census *spoof_census_new(void);
void spoof_census_free(struct spoof_census *c);

/* Counts the source if it has at most RULE_FEW_PACKETS, mostly of scans, an IP id other
 * than 0 (which many stacks send), and not ZMap's id and window. Reads packets, kinds,
 * ttl_min and the fingerprint, nothing else. */
void spoof_census_add(struct spoof_census *c, const struct source *s);

/* Other counted sources with this one's fingerprint: never too low; too high by about
 * one 65536th of all counted. 0 for a source that the census does not count. */
uint32_t spoof_census_sharers(const struct spoof_census *c, const struct source *s);

/* Fill v's spoof_score and spoof_reasons. census may be NULL. private_telescope: some
 * monitored space is a private network, so private sources are at home. */
void spoof_judge(const struct spoof_census *c, const struct source *s, bool private_telescope,
                 struct verdict *v);

#endif
