/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The truth about a capture, as read from a file (docs/schema/truth.schema.json): what detectors
 * are held against. Of it only what they can be held against: who sent to which ports and
 * when, groups with their members, worms with their course.
 *
 * Owns its memory. Not a line is shared with the generator that wrote it.
 */
#ifndef DETECT_ANSWER_H
#define DETECT_ANSWER_H

#include "base/status.h"
#include "model/addr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ANSWER_LABEL_MAX = 64, ANSWER_PORTS_MAX = 128 };

struct answer_campaign {
	char label[ANSWER_LABEL_MAX], type[ANSWER_LABEL_MAX];
	bool spoofed;
	uint64_t first_s, last_s; /* packets here */
	uint64_t sources;
	uint32_t ports[ANSWER_PORTS_MAX]; /* protocol << 16 | port; all: port_count says more */
	size_t port_count;
	uint32_t *networks; /* /16s of its IPv4 sources, sorted */
	size_t network_count;
};

struct answer_group {
	char label[ANSWER_LABEL_MAX];
	uint64_t start_s, end_s;
	struct addr *members; /* sorted */
	size_t count;
};

struct answer_point {
	uint64_t time_s;
	double infected, seen;
};

struct answer_worm {
	char label[ANSWER_LABEL_MAX];
	double population;
	struct answer_point *curve;
	size_t count;
};

struct answer {
	uint64_t start_s, end_s;
	struct answer_campaign *campaigns;
	size_t campaign_count;
	struct answer_group *groups;
	size_t group_count;
	struct answer_worm *worms;
	size_t worm_count;
};

/* STATUS_NOT_FOUND, IO, FORMAT with trouble. */
MUST_USE enum status answer_read(struct answer *a, const char *path, struct trouble *t);

void answer_clear(struct answer *a);

#endif
