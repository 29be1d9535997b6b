/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which tool a source uses (section 2): a verdict on all its packets, never on one.
 *
 * Pure functions, any thread. Labels with a chance model need a binomial tail below
 * RULE_TOOL_P; those without (weak ones) say "like", need every packet to fit, and carry
 * the chance NAN. See docs/adr/0006.
 */
#ifndef DETECT_TOOL_H
#define DETECT_TOOL_H

#include "model/analysis.h"

struct tool_verdict {
	enum tool tool;   /* TOOL_UNKNOWN where nothing is proved */
	double p;         /* chance that the matches are luck, at least 1e-300; NAN: no model */
	uint64_t packets; /* that match */
};

/* What the rules must know of the telescope. */
struct tool_telescope {
	double monitored;       /* IPv4 addresses; 0: not known */
	double conficker_share; /* tool_conficker_share() */
};

/*
 * The share of the monitored IPv4 addresses whose 2nd and 4th octets are below 128, the
 * only ones that Conficker's generator reaches; 1 where there are none, so that nothing is
 * proved. The prefixes must not overlap (prefix_set_seal()).
 */
double tool_conficker_share(const struct prefix_set *telescope);

struct tool_verdict tool_judge(const struct source *s, const struct tool_telescope *telescope);

#endif
