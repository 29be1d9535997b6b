/* SPDX-License-Identifier: Apache-2.0 */
#include "report/scores.h"

#include <math.h>

static void print_head(const char *name, const struct evaluate_table *t, struct outfile *out)
{
	unsigned wrong = t->events - t->true_events;

	outfile_printf(out, "\n%s: %u of %u found; ", name, t->found, t->count);
	if (t->events)
		outfile_printf(out, "%u of %u events are true (precision %.3f); ", t->true_events,
		               t->events, (double)t->true_events / t->events);
	outfile_printf(out, "%u false, %.3f a day; %u withdrawn\n", wrong, t->false_per_day,
	               t->withdrawn);
}

static void print_delay(const struct evaluate_row *r, struct outfile *out)
{
	outfile_printf(out, "  %-24s ", r->label);
	if (r->found)
		outfile_printf(out, "after %6.1f min", r->delay_s / 60);
	else
		outfile_text(out, "NOT FOUND       ");
}

static void print_plain(const char *name, const struct evaluate_table *t, struct outfile *out)
{
	print_head(name, t, out);
	for (unsigned i = 0; i < t->count; i++) {
		print_delay(&t->rows[i], out);
		if (t->rows[i].found)
			outfile_printf(out, "  %s, %s", t->rows[i].event->subject,
			               t->rows[i].event->what);
		outfile_text(out, "\n");
	}
}

static void print_groups(const struct evaluate_table *t, struct outfile *out)
{
	print_head("groups", t, out);
	for (unsigned i = 0; i < t->count; i++) {
		print_delay(&t->rows[i], out);
		if (t->rows[i].found)
			outfile_printf(out, "  members: precision %.3f, recall %.3f",
			               t->rows[i].precision, t->rows[i].recall);
		outfile_text(out, "\n");
	}
}

static void print_worms(const struct evaluate_table *t, struct outfile *out)
{
	print_head("worms", t, out);
	for (unsigned i = 0; i < t->count; i++) {
		const struct evaluate_row *r = &t->rows[i];

		print_delay(r, out);
		if (r->found)
			outfile_printf(out, "  at %.2f %% infected", 100 * r->share);
		if (r->found && isfinite(r->size))
			outfile_printf(out,
			               "; at 10 %%: size %.0f (%.0f to %.0f), truth %.0f: %+.0f %%",
			               r->size, r->low, r->high, r->population,
			               100 * (r->size / r->population - 1));
		else if (r->found)
			outfile_text(out, "; at 10 %: no size could be told");
		outfile_text(out, "\n");
	}
}

void scores_text(const struct evaluation *e, struct outfile *out)
{
	outfile_printf(out, "%.2f days\n", e->days);
	print_plain("change", &e->change, out);
	print_groups(&e->group, out);
	print_worms(&e->worm, out);
	print_plain("amplifier searches", &e->search, out);
}
