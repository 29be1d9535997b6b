/* SPDX-License-Identifier: Apache-2.0 */
#include "forecast/lists.h"

#include "forecast/logistic.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FEATURES = 7 };

/* Of a day's weight in the steadiness, what is left a day later (Soldo et al.: 0.9 did best for
 * them; days of a honeypot are fewer and newer). */
#define FADE   0.8
#define STEP   0.05
#define LITTLE 0.01

/* A source at a sensor. */
struct cell {
	float steady;  /* 0 to 1: fading share of days on which it came */
	uint32_t rows; /* of the last days, fading to nothing in LISTS_KEEP_DAYS: see age_rows() */
	uint32_t today;
	uint32_t came; /* on the day that was ended last */
};

_Static_assert(sizeof(struct cell) == LISTS_CELL_BYTES, "documented size");

struct lists {
	unsigned sensors;
	uint32_t sources;
	struct cell *cells; /* sources * sensors */
	uint8_t *age;       /* days since a source was last seen; LISTS_KEEP_DAYS: no candidate */
	float *global;      /* rows at all sensors */
	double shared[LISTS_SENSORS_MAX][LISTS_SENSORS_MAX]; /* visitors in common, fading */
	struct logistic weights;
};

static struct cell *cell_of(const struct lists *l, uint32_t source, unsigned sensor)
{
	return &l->cells[(size_t)source * l->sensors + sensor];
}

enum status lists_new(struct lists **out, unsigned sensors, uint32_t sources)
{
	struct lists *l;

	*out = NULL;
	if (sensors < 2 || sensors > LISTS_SENSORS_MAX)
		return STATUS_LIMIT;
	l = calloc(1, sizeof(*l));
	if (!l)
		return STATUS_NO_MEMORY;
	l->sensors = sensors;
	l->sources = sources;
	l->cells = calloc((size_t)sources * sensors + 1, sizeof(*l->cells));
	l->age = malloc((size_t)sources + 1);
	l->global = calloc((size_t)sources + 1, sizeof(*l->global));
	if (!l->cells || !l->age || !l->global) {
		lists_free(l);
		return STATUS_NO_MEMORY;
	}
	memset(l->age, LISTS_KEEP_DAYS, (size_t)sources + 1);
	logistic_init(&l->weights, FEATURES, STEP);
	l->weights.weight[0] = -2;
	l->weights.weight[1] = 1;
	*out = l;
	return STATUS_OK;
}

void lists_see(struct lists *l, uint32_t source, unsigned sensor, uint32_t count)
{
	struct cell *c;

	assert(source < l->sources && sensor < l->sensors);
	c = cell_of(l, source, sensor);
	c->today = c->today > UINT32_MAX - count ? UINT32_MAX : c->today + count;
}

/* How steadily the source came to sensors that share visitors with this one. */
static double neighbours(const struct lists *l, uint32_t source, unsigned sensor)
{
	double sum = 0, weights = 0;

	for (unsigned u = 0; u < l->sensors; u++) {
		double norm = sqrt(l->shared[u][u] * l->shared[sensor][sensor]);
		double alike = norm > 0 ? l->shared[sensor][u] / norm : 0;

		if (u == sensor)
			continue;
		sum += alike * (double)cell_of(l, source, u)->steady;
		weights += alike;
	}
	return weights > 0 ? sum / weights : 0;
}

static void features(const struct lists *l, uint32_t source, unsigned sensor, float x[FEATURES])
{
	const struct cell *c = cell_of(l, source, sensor);
	double everywhere = 0;

	for (unsigned u = 0; u < l->sensors; u++)
		everywhere += (double)cell_of(l, source, u)->steady;
	x[0] = 1;
	x[1] = (float)log((double)c->steady + LITTLE);
	x[2] = (float)log(neighbours(l, source, sensor) + LITTLE);
	x[3] = (float)log(everywhere / l->sensors + LITTLE);
	x[4] = c->came > 0;
	x[5] = l->age[source] == 0;
	x[6] = (float)log1p((double)c->came);
}

/* Chances for the day that now ends were given by what is still in the cells. */
static void learn(struct lists *l)
{
	float x[FEATURES];

	for (uint32_t s = 0; s < l->sources; s++) {
		if (l->age[s] >= LISTS_KEEP_DAYS)
			continue;
		for (unsigned r = 0; r < l->sensors; r++) {
			features(l, s, r, x);
			logistic_learn(&l->weights, x, cell_of(l, s, r)->today > 0);
		}
	}
}

/* Visitors that two sensors had in common today. */
static void compare_sensors(struct lists *l)
{
	for (unsigned a = 0; a < l->sensors; a++) {
		for (unsigned b = 0; b < l->sensors; b++)
			l->shared[a][b] *= FADE;
	}
	for (uint32_t s = 0; s < l->sources; s++) {
		const struct cell *c = cell_of(l, s, 0);

		for (unsigned a = 0; a < l->sensors; a++) {
			for (unsigned b = 0; c[a].today && b < l->sensors; b++)
				l->shared[a][b] += c[b].today > 0;
		}
	}
}

static void move_cell(struct cell *c)
{
	c->steady = (float)(FADE * (double)c->steady + (1 - FADE) * (c->today > 0));
	/* A share of 1/7 leaves each day: in the long run a week's rows. */
	c->rows -= c->rows / LISTS_KEEP_DAYS + (c->rows % LISTS_KEEP_DAYS > 0);
	c->rows = c->rows > UINT32_MAX - c->today ? UINT32_MAX : c->rows + c->today;
	c->came = c->today;
	c->today = 0;
}

void lists_end_day(struct lists *l)
{
	learn(l);
	compare_sensors(l);
	for (uint32_t s = 0; s < l->sources; s++) {
		bool seen = false;

		l->global[s] = 0;
		for (unsigned r = 0; r < l->sensors; r++) {
			struct cell *c = cell_of(l, s, r);

			seen = seen || c->today;
			move_cell(c);
			l->global[s] += (float)c->rows;
		}
		if (seen)
			l->age[s] = 0;
		else if (l->age[s] < LISTS_KEEP_DAYS)
			l->age[s]++;
	}
}

void lists_candidates(const struct lists *l, unsigned sensor, struct lists_candidate *out,
                      size_t *count)
{
	float x[FEATURES];

	*count = 0;
	for (uint32_t s = 0; s < l->sources; s++) {
		if (l->age[s] >= LISTS_KEEP_DAYS)
			continue;
		features(l, s, sensor, x);
		out[(*count)++] = (struct lists_candidate){
		        .source = s,
		        .score = {[LIST_PREDICTED] = (float)logistic_chance(&l->weights, x),
		                  [LIST_LOCAL] = (float)cell_of(l, s, sensor)->rows,
		                  [LIST_GLOBAL] = l->global[s]},
		};
	}
}

bool lists_came(const struct lists *l, uint32_t source, unsigned sensor)
{
	return cell_of(l, source, sensor)->came > 0;
}

void lists_free(struct lists *l)
{
	if (!l)
		return;
	free(l->cells);
	free(l->age);
	free(l->global);
	free(l);
}
