/* SPDX-License-Identifier: Apache-2.0 */
#include "report/evaluation.h"

#include "base/json_out.h"
#include "base/timefmt.h"

#include <stdio.h>

enum { DIGITS = 6 };

static void write_time(struct json_out *j, const char *key, uint64_t time_s)
{
	char text[TIME_TEXT_MAX];

	time_text(time_s * NS_PER_SECOND, 0, text);
	json_string(j, key, text);
}

static void write_history(struct json_out *j, const struct history *h, const char *file)
{
	json_object_open(j, "history");
	json_string(j, "file", file);
	json_u64(j, "lines", h->lines);
	json_u64(j, "rows", h->count);
	json_u64(j, "sources", h->sources.count);
	json_u64(j, "sensors", h->sensors.count);
	json_bool(j, "cut", h->cut);
	json_object_open(j, "rejected");
	for (int i = 0; i < HISTORY_REJECTS; i++)
		json_u64(j, history_reject_key((enum history_reject)i), h->rejected[i]);
	json_object_close(j);
	json_object_close(j);
}

static void write_span(struct json_out *j, const struct evaluation *e)
{
	json_object_open(j, "span");
	json_u64(j, "step_seconds", e->options.step_s);
	write_time(j, "start", e->span.start_s);
	json_u64(j, "bins", e->span.bins);
	json_u64(j, "training_bins", e->train);
	write_time(j, "test_start", e->span.start_s + e->train * e->options.step_s);
	json_u64(j, "strays", e->span.strays);
	json_object_close(j);
}

static void write_choice(struct json_out *j, const struct backtest_score *s)
{
	json_object_open(j, "chosen");
	if (s->model->choice_count && s->choice.sharp > 0) {
		json_double(j, "sharp", s->choice.sharp, DIGITS);
		json_double(j, "memory", s->choice.memory, DIGITS);
		json_double(j, "trim", s->choice.trim, DIGITS);
	} else if (s->model->choice_count) {
		json_double(j, "alpha", s->choice.alpha, DIGITS);
	}
	json_object_close(j);
}

static void write_score(struct json_out *j, const struct backtest_score *s, double best)
{
	char key[16];

	json_object_open(j, NULL);
	json_string(j, "model", s->model->name);
	json_bool(j, "baseline", s->model->baseline);
	write_choice(j, s);
	json_u64(j, "forecasts", s->steps);
	json_double(j, "training_mae", s->train_mae, DIGITS);
	json_double(j, "mae", s->mae, DIGITS);
	json_double(j, "to_best_baseline", s->mae / best, DIGITS);
	json_object_open(j, "coverage");
	for (unsigned i = 0; i < INTERVAL_LEVELS; i++) {
		snprintf(key, sizeof(key), "%g", 100 * interval_levels[i]);
		json_double(j, key, s->coverage[i], DIGITS);
	}
	json_object_close(j);
	json_double(j, "pinball", s->pinball, DIGITS);
	json_double(j, "crossing_brier", s->crossing_brier, DIGITS);
	json_double(j, "crossing_rate", s->crossing_rate, DIGITS);
	json_object_close(j);
}

static void write_outlook(struct json_out *j, const char *name, const struct backtest_outlook *o)
{
	char key[16];

	json_object_open(j, NULL);
	json_string(j, "series", name);
	json_double(j, "forecast", o->forecast, DIGITS);
	json_object_open(j, "intervals");
	for (unsigned i = 0; i < INTERVAL_LEVELS; i++) {
		snprintf(key, sizeof(key), "%g", 100 * interval_levels[i]);
		json_array_open(j, key);
		json_double(j, NULL, o->intervals[i].low, DIGITS);
		json_double(j, NULL, o->intervals[i].high, DIGITS);
		json_array_close(j);
	}
	json_object_close(j);
	json_double(j, "threshold", o->threshold, DIGITS);
	json_double(j, "chance_above", o->chance_above, DIGITS);
	json_double(j, "mae", o->mae, DIGITS);
	json_object_close(j);
}

static void write_group(struct json_out *j, const struct evaluation *e, enum tally_kind kind)
{
	const struct evaluation_group *g = &e->groups[kind];
	const struct backtest_result *r = &g->result;
	char name[TALLY_TEXT_MAX];

	json_object_open(j, NULL);
	json_string(j, "per", evaluation_group_name(kind));
	json_u64(j, "series", g->set.count);
	json_string(j, "left_out", g->done ? NULL : g->why);
	json_array_open(j, "models");
	for (size_t i = 0; g->done && i < r->count; i++)
		write_score(j, &r->scores[i], r->scores[r->best_baseline].mae);
	json_array_close(j);
	json_array_open(j, "outlook");
	for (size_t i = 0; g->done && i < g->set.count; i++) {
		tally_name(e->history, kind, g->set.items[i].key, name);
		write_outlook(j, name, &g->outlook[i]);
	}
	json_array_close(j);
	json_object_close(j);
}

static void write_chances(struct json_out *j, const char *key, const struct next_score *s)
{
	json_object_open(j, key);
	json_double(j, "auc", s->auc, DIGITS);
	json_double(j, "brier", s->brier, DIGITS);
	json_double(j, "brier_skill", s->skill, DIGITS);
	json_double(j, "lift", s->lift, DIGITS);
	json_object_close(j);
}

static void write_lists(struct json_out *j, const struct next_result *r)
{
	static const char *const names[LIST_KINDS] = {[LIST_PREDICTED] = "predicted",
	                                              [LIST_LOCAL] = "local_worst",
	                                              [LIST_GLOBAL] = "global_worst"};

	json_object_open(j, "lists");
	json_u64(j, "length", r->list_length);
	json_u64(j, "lists", r->lists);
	json_u64(j, "candidates", r->candidates);
	json_double(j, "rate", r->list_rate, DIGITS);
	json_double(j, "brier_skill", r->list_skill, DIGITS);
	for (int k = 0; k < LIST_KINDS; k++) {
		json_object_open(j, names[k]);
		json_double(j, "auc", r->by[k].auc, DIGITS);
		json_double(j, "hits", r->by[k].hits, DIGITS);
		json_object_close(j);
	}
	json_object_close(j);
}

static void write_next(struct json_out *j, const struct evaluation *e)
{
	const struct next_result *r = &e->next;

	json_object_open(j, "who_is_next");
	json_string(j, "left_out", e->next_done ? NULL : e->next_why);
	if (e->next_done) {
		json_u64(j, "chances", r->chances);
		json_u64(j, "unscored", r->unscored);
		json_double(j, "rate", r->rate, DIGITS);
		write_chances(j, "own", &r->own);
		write_chances(j, "port_rate", &r->port_rate);
		json_double(j, "brier_skill_over_port_rate", r->skill_over_port_rate, DIGITS);
		if (!r->lists_left_out)
			write_lists(j, r);
	}
	json_object_close(j);
}

enum status evaluation_json(const struct evaluation *e, const char *file, const char *version,
                            struct outfile *out)
{
	struct json_out j;

	json_init(&j, out, 1);
	json_object_open(&j, NULL);
	json_object_open(&j, "noroshi");
	json_string(&j, "version", version ? version : NOROSHI_VERSION);
	json_u64(&j, "format", EVALUATION_JSON_FORMAT);
	json_object_close(&j);
	write_history(&j, e->history, file);
	write_span(&j, e);
	json_array_open(&j, "groups");
	for (int kind = 0; kind < TALLY_KINDS; kind++)
		write_group(&j, e, (enum tally_kind)kind);
	json_array_close(&j);
	write_next(&j, e);
	json_object_close(&j);
	return outfile_status(out);
}
