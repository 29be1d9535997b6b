/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Models that say the next value of a series of counts from those before it.
 *
 * A model is one constant struct (one file, one line in models.c). It is fed each value once
 * and in order by `see`, and asked by `next` for the one to come; all that it knows of a series
 * is in a plain struct model_state of fixed size, which may be copied and kept. What a model
 * needs chosen is a row of its `choices`, chosen for all series of a group together on training
 * days (backtest.h): few choices for many series, so that none is fitted to noise. A value that is
 * not known (NaN: a gap) is not fed. Pure: no clock, no input, no memory of its own.
 */
#ifndef FORECAST_MODEL_H
#define FORECAST_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	MODEL_MEMORY = 168, /* values: a week of hours */
	MODEL_LEVELS = 6,
	MODEL_EXPERTS = 12,
};

/* What a model may have chosen; each uses its own part. */
struct model_choice {
	double alpha;  /* ses: weight of the newest value */
	double sharp;  /* blend: how fast a worse member loses its weight */
	double memory; /* blend: share of yesterday's losses that counts today */
	double trim;   /* blend: share of the weight cut off at each end */
};

struct model_state {
	double recent[MODEL_MEMORY]; /* ring: value i in recent[i % MODEL_MEMORY] */
	uint64_t seen;
	unsigned season;            /* values in a week: 7 or 168 */
	double level[MODEL_LEVELS]; /* of log(1 + x) */
	double scale[MODEL_LEVELS]; /* usual distance from the level */
	double loss[MODEL_EXPERTS]; /* of the blend's members */
};

struct forecast_model {
	const char *name, *help;
	bool baseline; /* one that must be beaten */
	const struct model_choice *choices;
	size_t choice_count; /* 0: nothing to choose */
	void (*see)(struct model_state *s, const struct model_choice *c, double value);
	double (*next)(const struct model_state *s, const struct model_choice *c);
};

extern const struct forecast_model *const forecast_models[];
extern const size_t forecast_model_count;

extern const struct forecast_model forecast_model_last;
extern const struct forecast_model forecast_model_season;
extern const struct forecast_model forecast_model_median;
extern const struct forecast_model forecast_model_ses;
extern const struct forecast_model forecast_model_blend;

/* An empty state; `season` is how many values make a week (7 or 168). */
void model_start(struct model_state *s, unsigned season);

/* Feed one value >= 0. */
void model_see(const struct forecast_model *m, struct model_state *s, const struct model_choice *c,
               double value);

/* The value to come, >= 0; 0 before anything was seen. */
double model_next(const struct forecast_model *m, const struct model_state *s,
                  const struct model_choice *c);

/* For the models: the value `back` steps ago (1: the newest; at most seen and MODEL_MEMORY), and
 * the median of the newest n, fewer where fewer were seen (at least one). */
double model_past(const struct model_state *s, size_t back);
double model_median(const struct model_state *s, size_t n);

#endif
