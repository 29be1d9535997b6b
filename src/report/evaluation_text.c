/* SPDX-License-Identifier: Apache-2.0 */
#include "report/evaluation.h"

#include "base/timefmt.h"
#include "report/figures.h"
#include "report/pen.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OUTLOOK_SHOWN = 20, LINE = 400 };

static const char *step_name(const struct evaluation *e)
{
	return e->options.step_s == 3600 ? "hour" : "day";
}

static void day_text(uint64_t time_s, bool hours, char out[TIME_TEXT_MAX])
{
	time_text(time_s * NS_PER_SECOND, 0, out);
	out[hours ? 16 : 10] = '\0';
}

static void write_rejected(const struct pen *p, const struct history *h)
{
	char text[LINE], number[NUMBER_TEXT_MAX];

	for (int i = 0; i < HISTORY_REJECTS; i++) {
		if (h->rejected[i] == 0)
			continue;
		count_text(h->rejected[i], number);
		snprintf(text, sizeof(text), "%s lines gave no row (%s), the first is line %llu.",
		         number, history_reject_text((enum history_reject)i),
		         (unsigned long long)h->first_rejected[i]);
		pen_wrap(p, "! ", INK_WARNING, 2, text);
	}
	if (h->cut)
		pen_wrap(p, "! ", INK_WARNING, 2,
		         "The memory budget ended before the file: later rows were not read "
		         "(--memory).");
}

static void write_input(const struct pen *p, const struct evaluation *e, const char *file)
{
	const struct history *h = e->history;
	char rows[NUMBER_TEXT_MAX], sources[NUMBER_TEXT_MAX], first[TIME_TEXT_MAX];
	char split[TIME_TEXT_MAX], text[LINE];
	bool hours = e->options.step_s == 3600;

	count_text(h->count, rows);
	count_text(h->sources.count, sources);
	day_text(e->span.start_s, hours, first);
	day_text(e->span.start_s + e->train * e->options.step_s, hours, split);
	pen_heading(p, "History", file);
	snprintf(
	        text, sizeof(text),
	        "%s rows, %s sources, %u sensors; %zu whole %ss from %s: %zu to train, and from %s "
	        "%zu to test.",
	        rows, sources, h->sensors.count, e->span.bins, step_name(e), first, e->train, split,
	        e->span.bins - e->train);
	pen_wrap(p, "", INK_PLAIN, 0, text);
	if (e->span.strays) {
		snprintf(text, sizeof(text),
		         "%llu rows are more than %d days from the rest and were left out.",
		         (unsigned long long)e->span.strays, TALLY_SILENCE_DAYS);
		pen_wrap(p, "! ", INK_WARNING, 2, text);
	}
	write_rejected(p, h);
}

/* "alpha 0.30", "sharp 2, memory 0.9, trim 0.25". */
static void choice_text(const struct backtest_score *s, char *out, size_t size)
{
	const struct model_choice *c = &s->choice;

	if (s->model->choice_count == 0)
		snprintf(out, size, "-");
	else if (c->sharp > 0)
		snprintf(out, size, "%g / %g / %g", c->sharp, c->memory, c->trim);
	else
		snprintf(out, size, "alpha %.2f", c->alpha);
}

static const struct pen_column model_columns[] = {
        {.title = "Model"},
        {.title = "Chosen", .leaves = 1},
        {.title = "MAE", .right = true},
        {.title = "/ best base", .right = true},
        {.title = "50 %", .right = true},
        {.title = "90 %", .right = true},
        {.title = "95 %", .right = true},
        {.title = "Pinball", .right = true},
        {.title = "Crossing", .right = true, .leaves = 2},
};

static void write_models(const struct pen *p, struct pen_table *t, const struct backtest_result *r)
{
	char choice[64];

	*t = (struct pen_table){.columns = model_columns,
	                        .column_count = sizeof(model_columns) / sizeof(model_columns[0])};
	for (size_t i = 0; i < r->count; i++) {
		const struct backtest_score *s = &r->scores[i];
		unsigned row = pen_table_row(t);

		choice_text(s, choice, sizeof(choice));
		pen_table_cell(t, row, 0, "%s", s->model->name);
		pen_table_cell(t, row, 1, "%s", choice);
		pen_table_cell(t, row, 2, "%.3f", s->mae);
		pen_table_cell(t, row, 3, "%.3f", s->mae / r->scores[r->best_baseline].mae);
		for (unsigned k = 0; k < INTERVAL_LEVELS; k++)
			pen_table_cell(t, row, 4 + k, "%.1f", 100 * s->coverage[k]);
		pen_table_cell(t, row, 7, "%.3f", s->pinball);
		pen_table_cell(t, row, 8, "%.4f", s->crossing_brier);
	}
	pen_table_print(p, t);
}

static const struct pen_column outlook_columns[] = {
        {.title = "Series", .narrowest = 12},
        {.title = "Next", .right = true},
        {.title = "50 %", .right = true},
        {.title = "90 %", .right = true},
        {.title = "95 %", .right = true, .leaves = 1},
        {.title = "Chance of more than", .right = true, .leaves = 2},
        {.title = "MAE so far", .right = true},
};

static void interval_cell(struct pen_table *t, unsigned row, unsigned column,
                          const struct interval *in)
{
	if (isinf(in->high))
		pen_table_cell(t, row, column, "-");
	else
		pen_table_cell(t, row, column, "%.0f-%.0f", in->low, in->high);
}

static void write_outlook(const struct pen *p, struct pen_table *t, const struct evaluation *e,
                          const struct evaluation_group *g)
{
	char name[TALLY_TEXT_MAX];

	*t = (struct pen_table){.columns = outlook_columns,
	                        .column_count =
	                                sizeof(outlook_columns) / sizeof(outlook_columns[0])};
	for (size_t i = 0; i < g->set.count && i < OUTLOOK_SHOWN; i++) {
		const struct backtest_outlook *o = &g->outlook[i];
		unsigned row = pen_table_row(t);

		tally_name(e->history, g->set.kind, g->set.items[i].key, name);
		pen_table_cell(t, row, 0, "%s", name);
		pen_table_cell(t, row, 1, "%.0f", o->forecast);
		for (unsigned k = 0; k < INTERVAL_LEVELS; k++)
			interval_cell(t, row, 2 + k, &o->intervals[k]);
		if (!isnan(o->threshold))
			pen_table_cell(t, row, 5, "%.0f: %.0f %%", o->threshold,
			               100 * o->chance_above);
		if (!isnan(o->mae))
			pen_table_cell(t, row, 6, "%.1f", o->mae);
	}
	pen_table_print(p, t);
}

static void write_group(const struct pen *p, struct pen_table *t, const struct evaluation *e,
                        enum tally_kind kind)
{
	const struct evaluation_group *g = &e->groups[kind];
	char title[LINE], note[LINE], end[TIME_TEXT_MAX];

	snprintf(title, sizeof(title), "Forecast, one %s ahead, per %s", step_name(e),
	         evaluation_group_name(kind));
	if (!g->done) {
		if (kind == TALLY_COUNTRY)
			return; /* few logs name countries */
		pen_heading(p, title, "");
		pen_wrap(p, "", INK_PLAIN, 0, g->why);
		return;
	}
	snprintf(note, sizeof(note), "%zu series, %llu forecasts scored", g->set.count,
	         (unsigned long long)g->result.scores[g->result.own].steps);
	pen_heading(p, title, note);
	write_models(p, t, &g->result);
	day_text(e->span.start_s + e->span.bins * e->options.step_s, e->options.step_s == 3600,
	         end);
	snprintf(title, sizeof(title), "Outlook per %s", evaluation_group_name(kind));
	pen_heading(p, title, end);
	write_outlook(p, t, e, g);
}

static const struct pen_column next_columns[] = {
        {.title = "Chance from"},
        {.title = "AUC", .right = true},
        {.title = "Brier skill", .right = true},
        {.title = "Lift of top 1 %", .right = true},
};

static void next_row(struct pen_table *t, const char *name, const struct next_score *s)
{
	unsigned row = pen_table_row(t);

	pen_table_cell(t, row, 0, "%s", name);
	pen_table_cell(t, row, 1, "%.4f", s->auc);
	pen_table_cell(t, row, 2, "%.4f", s->skill);
	pen_table_cell(t, row, 3, "%.1f", s->lift);
}

static const struct pen_column list_columns[] = {
        {.title = "List"},
        {.title = "AUC", .right = true},
        {.title = "Hits", .right = true},
};

static void write_lists(const struct pen *p, struct pen_table *t, const struct next_result *r)
{
	static const char *const names[LIST_KINDS] = {[LIST_PREDICTED] = "predicted",
	                                              [LIST_LOCAL] = "local worst",
	                                              [LIST_GLOBAL] = "global worst"};
	char note[LINE];

	snprintf(note, sizeof(note), "%u sources each, %llu lists, Brier skill %.4f",
	         r->list_length, (unsigned long long)r->lists, r->list_skill);
	pen_heading(p, "Block lists for the next day", note);
	if (r->lists_left_out) {
		pen_wrap(
		        p, "  ", INK_PLAIN, 2,
		        "Left out: too many sources and sensors for the memory budget (--memory).");
		return;
	}
	*t = (struct pen_table){.columns = list_columns,
	                        .column_count = sizeof(list_columns) / sizeof(list_columns[0])};
	for (int k = 0; k < LIST_KINDS; k++) {
		unsigned row = pen_table_row(t);

		pen_table_cell(t, row, 0, "%s", names[k]);
		pen_table_cell(t, row, 1, "%.4f", r->by[k].auc);
		pen_table_cell(t, row, 2, "%.1f %%", 100 * r->by[k].hits);
	}
	pen_table_print(p, t);
}

static void write_next(const struct pen *p, struct pen_table *t, const struct evaluation *e)
{
	const struct next_result *r = &e->next;
	char note[LINE], text[LINE];

	if (!e->next_done) {
		pen_heading(p, "Who is next", "");
		pen_wrap(p, "", INK_PLAIN, 0, e->next_why);
		return;
	}
	snprintf(note, sizeof(note), "%llu chances, %.2f %% came within 24 hours",
	         (unsigned long long)r->chances, 100 * r->rate);
	pen_heading(p, "Who is next: a new source at one sensor, which others?", note);
	*t = (struct pen_table){.columns = next_columns,
	                        .column_count = sizeof(next_columns) / sizeof(next_columns[0])};
	next_row(t, "sensors, networks, port", &r->own);
	next_row(t, "rate of the port alone", &r->port_rate);
	pen_table_print(p, t);
	snprintf(text, sizeof(text), "Brier skill over the rate of the port alone: %.4f.",
	         r->skill_over_port_rate);
	pen_wrap(p, "", INK_PLAIN, 0, text);
	if (r->unscored) {
		snprintf(text, sizeof(text), "%llu chances were not scored for want of room.",
		         (unsigned long long)r->unscored);
		pen_wrap(p, "! ", INK_WARNING, 2, text);
	}
	write_lists(p, t, r);
}

enum status evaluation_text(const struct evaluation *e, const char *file, struct text_style style,
                            struct outfile *out)
{
	struct pen p = pen_init(out, style);
	struct pen_table *t = malloc(sizeof(*t));

	if (!t)
		return STATUS_NO_MEMORY;
	write_input(&p, e, file);
	for (int kind = 0; kind < TALLY_KINDS; kind++)
		write_group(&p, t, e, (enum tally_kind)kind);
	write_next(&p, t, e);
	free(t);
	return outfile_status(out);
}
