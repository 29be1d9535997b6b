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
#define FADE       0.8
#define STEP       0.05
#define LITTLE     0.01
#define LOG_LITTLE -4.605170185988091

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
	uint8_t *today;     /* seen anywhere today */
	uint8_t *age;       /* days since a source was last seen; LISTS_KEEP_DAYS: no candidate */
	float *global;      /* rows at all sensors */
	double shared[LISTS_SENSORS_MAX][LISTS_SENSORS_MAX]; /* visitors in common, fading */
	double alike[LISTS_SENSORS_MAX][LISTS_SENSORS_MAX];  /* see weigh_neighbours() */
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
	l->today = calloc((size_t)sources + 1, sizeof(*l->today));
	l->age = malloc((size_t)sources + 1);
	l->global = calloc((size_t)sources + 1, sizeof(*l->global));
	if (!l->cells || !l->today || !l->age || !l->global) {
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
	l->today[source] = 1;
	c = cell_of(l, source, sensor);
	c->today = c->today > UINT32_MAX - count ? UINT32_MAX : c->today + count;
}

/* log(share + LITTLE); most shares are 0. */
static float log_share(double share)
{
	return (float)(share > 0 ? log(share + LITTLE) : LOG_LITTLE);
}

/* What a source is, for each sensor. */
static void features(const struct lists *l, uint32_t source, float x[][FEATURES])
{
	const struct cell *c = cell_of(l, source, 0);
	double neighbours[LISTS_SENSORS_MAX] = {0}, everywhere = 0;
	float all;

	/* How steadily it came to sensors that share visitors with each. */
	for (unsigned u = 0; u < l->sensors; u++) {
		for (unsigned r = 0; c[u].steady > 0 && r < l->sensors; r++)
			neighbours[r] += l->alike[u][r] * (double)c[u].steady;
		everywhere += (double)c[u].steady;
	}
	all = log_share(everywhere / l->sensors);
	for (unsigned r = 0; r < l->sensors; r++) {
		x[r][0] = 1;
		x[r][1] = log_share((double)c[r].steady);
		x[r][2] = log_share(neighbours[r]);
		x[r][3] = all;
		x[r][4] = c[r].came > 0;
		x[r][5] = l->age[source] == 0;
		x[r][6] = c[r].came ? (float)log1p((double)c[r].came) : 0;
	}
}

/* Chances for the day that now ends were given by what is still in the cells. */
static void learn(struct lists *l)
{
	float x[LISTS_SENSORS_MAX][FEATURES];

	for (uint32_t s = 0; s < l->sources; s++) {
		if (l->age[s] >= LISTS_KEEP_DAYS)
			continue;
		features(l, s, x);
		for (unsigned r = 0; r < l->sensors; r++)
			logistic_learn(&l->weights, x[r], cell_of(l, s, r)->today > 0);
	}
}

/* Shares of visitors in common (cosine), those of a sensor's neighbours adding up to 1. */
static void weigh_neighbours(struct lists *l)
{
	for (unsigned r = 0; r < l->sensors; r++) {
		double sum = 0;

		for (unsigned u = 0; u < l->sensors; u++) {
			double norm = sqrt(l->shared[u][u] * l->shared[r][r]);

			l->alike[u][r] = norm > 0 && u != r ? l->shared[r][u] / norm : 0;
			sum += l->alike[u][r];
		}
		for (unsigned u = 0; u < l->sensors && sum > 0; u++)
			l->alike[u][r] /= sum;
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

		if (!l->today[s])
			continue;
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

/* A source that was not seen for LISTS_KEEP_DAYS is forgotten, and costs nothing from then on. */
static void move_source(struct lists *l, uint32_t s)
{
	struct cell *cells = cell_of(l, s, 0);

	if (!l->today[s] && l->age[s] >= LISTS_KEEP_DAYS)
		return;
	l->age[s] = l->today[s] ? 0 : (uint8_t)(l->age[s] + 1);
	l->today[s] = 0;
	l->global[s] = 0;
	if (l->age[s] >= LISTS_KEEP_DAYS) {
		memset(cells, 0, l->sensors * sizeof(*cells));
		return;
	}
	for (unsigned r = 0; r < l->sensors; r++) {
		move_cell(&cells[r]);
		l->global[s] += (float)cells[r].rows;
	}
}

void lists_end_day(struct lists *l)
{
	learn(l);
	compare_sensors(l);
	weigh_neighbours(l);
	for (uint32_t s = 0; s < l->sources; s++)
		move_source(l, s);
}

void lists_candidates(const struct lists *l, unsigned sensor, struct lists_candidate *out,
                      size_t *count)
{
	float x[LISTS_SENSORS_MAX][FEATURES];

	*count = 0;
	for (uint32_t s = 0; s < l->sources; s++) {
		if (l->age[s] >= LISTS_KEEP_DAYS)
			continue;
		features(l, s, x);
		out[(*count)++] = (struct lists_candidate){
		        .source = s,
		        .score = {[LIST_PREDICTED] = (float)logistic_chance(&l->weights, x[sensor]),
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
	free(l->today);
	free(l->age);
	free(l->global);
	free(l);
}
