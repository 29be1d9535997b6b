/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is wrong with which sensor, from its windows and its silence (state.def).
 *
 * Any thread; a lock of its own. watch_tick() speaks with the control data and belongs to the
 * writer. Memory: one entry a sensor.
 */
#ifndef INTAKE_WATCH_H
#define INTAKE_WATCH_H

#include "base/log.h"
#include "store/control.h"
#include "store/observations.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sensor_state {
#define STATE(id, word, help) SENSOR_##id,
#include "intake/state.def"
#undef STATE
	SENSOR_STATES
};

enum {
	WATCH_SILENT_S = 180,
	WATCH_LATE_S = 600,
	WATCH_LAPSING_S = 14 * 86400,
	WATCH_SKEW_US = 1000000,
	WATCH_LEARN = 60,  /* windows before a rate is known */
	WATCH_OTHERS = 2,  /* sensors that must see their usual traffic */
	WATCH_TICK_S = 10, /* between two looks */
};

/* What is known of one sensor. Rates: packets a minute of watching, exponential means. */
struct sensor_watch {
	uint32_t number;
	uint32_t last_contact, last_window;
	uint32_t certificate_end;
	uint32_t arrival_delay_s; /* of the newest window, after its end */
	uint64_t windows;
	double rate_now;   /* over about 5 windows */
	double rate_usual; /* over about a day */
	double loss;       /* share of packets, over about 5 windows */
	uint64_t lost_windows;
	uint32_t lost_at; /* when lost_windows last grew */
	int64_t clock_offset_us;
	uint64_t clock_error_us;
	double addresses;
	unsigned states; /* bits of enum sensor_state */
	bool changed;
	char version[HEALTH_VERSION_MAX];
};

/* Take a window into the means. Pure. */
void sensor_watch_add(struct sensor_watch *s, const struct window_row *w, uint32_t now_s);

/* The states of a sensor; `others`: how many others see at least half of their usual
 * traffic. Pure. */
unsigned sensor_watch_judge(const struct sensor_watch *s, unsigned others, uint32_t now_s);

/* "silent lossy"; "" for well. */
void sensor_states_print(unsigned states, char out[CONTROL_WORDS_MAX]);

struct watch;

MUST_USE enum status watch_new(struct watch **out, const struct log *log);

/* The sensor spoke to us. */
void watch_contact(struct watch *w, uint32_t sensor, uint32_t now_s);

/* A window of it is in the store. */
void watch_window(struct watch *w, const struct window_row *row, uint32_t now_s);

/* Judge all sensors, at most each WATCH_TICK_S; write what changed, and say it in the log. */
MUST_USE enum status watch_tick(struct watch *w, struct control *control, uint32_t now_s,
                                struct trouble *t);

void watch_free(struct watch *w);

#endif
