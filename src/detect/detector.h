/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A detector of events: one constant struct, one file, one line in the registry (detector.c).
 *
 * It is shown every bin or slot (detect/scene.h) in the order of time, each once, and hands
 * out events. Its state is its own and holds no clock, no file, nothing global: the same
 * scenes give the same events. One thread.
 */
#ifndef DETECT_DETECTOR_H
#define DETECT_DETECTOR_H

#include "base/cursor.h"
#include "detect/keep.h"
#include "detect/scene.h"
#include "model/event.h"

#include <stddef.h>
#include <stdint.h>

struct detect_settings {
	uint64_t memory;     /* bytes for each detector's tables */
	uint64_t key;        /* hashes series and sources; a restart needs the same */
	uint64_t quiet_s;    /* how long nobody may have come for a newcomer to be new: 28 days */
	unsigned newcomers;  /* sources, at least */
	unsigned new_panels; /* panels in which they come, as far as there are so many */
};

/* The defaults of the design. */
struct detect_settings detect_settings_usual(void);

enum { DETECT_MEMORY_MIN = 4 << 20 };

struct detector {
	const char *name;  /* of the events */
	const char *help;  /* one line */
	uint32_t period_s; /* BIN_SECONDS: scenes with a digest; SLOT_SECONDS: with a roster */
	bool reference;    /* for comparison: runs only where it is asked for */
	enum status (*open)(void **state, const struct detect_settings *s);
	enum status (*watch)(void *state, const struct scene *scene, const struct event_sink *sink);
	void (*close)(void *state); /* takes NULL */
	void (*save)(const void *state, struct keep *out);
	/* Into a state that open() just made. STATUS_FORMAT, STATUS_NO_MEMORY. */
	enum status (*load)(void *state, struct cursor *in);
	/* What was left out for lack of room since open(). */
	uint64_t (*forgotten)(const void *state);
};

enum { DETECTORS_MAX = 16 };

/* All there are, in the order in which they are shown a scene; ends with NULL. */
extern const struct detector *const detectors[];

/* By name; NULL: none. */
const struct detector *detector_find(const char *name);

/* A change of e: sets its serial and changed_s and hands it out. */
MUST_USE enum status detector_tell(struct event *e, const struct scene *scene,
                                   const struct event_sink *sink);

extern const struct detector detector_change;
extern const struct detector detector_group;
extern const struct detector detector_worm;
extern const struct detector detector_newcomer;
extern const struct detector detector_amplifier;

#endif
