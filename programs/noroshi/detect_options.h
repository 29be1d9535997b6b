/* SPDX-License-Identifier: Apache-2.0 */
/* The options of `noroshi detect`, and what its parts share. */
#ifndef NOROSHI_DETECT_OPTIONS_H
#define NOROSHI_DETECT_OPTIONS_H

#include "conf/options.h"
#include "detect/lookout.h"

#include <stdbool.h>

struct detect_options_set {
	struct text_list nets, only;
	const char *geo, *truth, *checkpoint;
	uint64_t memory, threads, grace_ns, quiet_ns, newcomers;
	bool json, changes, evaluate, help;
};

/* Feed the files, captures or batch files, into the lookout in the order of time. What can be
 * read is, and trouble is told on standard error and counted in *failures. */
MUST_USE enum status detect_read(struct lookout *l, const struct detect_options_set *set,
                                 const struct text_list *files, unsigned *failures,
                                 struct trouble *t);

#endif
