/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The judge: from a source's facts to its verdict. The one entry for whoever has sources.
 *
 * The context is filled once and then read by any number of threads; it borrows the
 * telescope and the census, which must outlive it. A verdict's texts are static.
 */
#ifndef DETECT_JUDGE_H
#define DETECT_JUDGE_H

#include "detect/attack.h"
#include "detect/spoof.h"
#include "detect/tool.h"
#include "model/analysis.h"

struct judge_context {
	const struct prefix_set *telescope; /* sealed */
	const struct spoof_census *census;  /* NULL: nobody is compared */
	bool inferred;
	double addresses;    /* monitored IPv4 addresses, or IPv6 where there is no IPv4 */
	double addresses_v4; /* 0: none */
	struct tool_telescope tools;
	bool private_telescope;
};

/* inferred: the telescope comes from infer_prefixes(), not from the user. */
void judge_context_init(struct judge_context *c, const struct prefix_set *telescope, bool inferred,
                        const struct spoof_census *census);

/* Fills all of *v. */
void judge_source(const struct judge_context *c, const struct source *s, struct verdict *v);

/* The rule for attack_judge() on this telescope. */
struct attack_rule judge_attack_rule(const struct judge_context *c, bool rsdos);

#endif
