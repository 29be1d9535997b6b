/* SPDX-License-Identifier: Apache-2.0 */
/* A line of progress on standard error, where that is a terminal. One thread. */
#ifndef NOROSHI_PROGRESS_H
#define NOROSHI_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

struct progress {
	bool shown;
	bool drawn;
	const char *noun; /* what is counted: "packets" unless changed after progress_init() */
	struct timespec start;
};

/* `wanted` false, or standard error no terminal: nothing will be drawn. */
void progress_init(struct progress *p, bool wanted);

/* Draw: what is being read, how far, at what rate. total 0: not known. */
void progress_draw(struct progress *p, const char *what, uint64_t done, uint64_t total,
                   uint64_t count);

/* Take the line away. */
void progress_clear(struct progress *p);

#endif
