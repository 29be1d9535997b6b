/* SPDX-License-Identifier: Apache-2.0 */
/* What stands below an answer on a terminal: how far it can be trusted. */
#include "report/answer_out.h"

#include "base/timefmt.h"
#include "report/figures.h"
#include "report/safe.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

enum { GAPS_SHOWN = 5 };

static void print_windows(const struct answer_complete *c, struct outfile *f)
{
	char present[NUMBER_TEXT_MAX], expected[NUMBER_TEXT_MAX], sensors[NUMBER_TEXT_MAX];
	double share = c->expected ? 100.0 * (double)c->present / (double)c->expected : 0;

	count_text(c->present, present);
	count_text(c->expected, expected);
	plural_text(c->sensors, "sensor", sensors);
	/* Nearly all is not all. */
	if (share > 99.9 && c->present < c->expected)
		share = 99.9;
	outfile_printf(f, "complete: %s of %s windows", present, expected);
	if (c->expected)
		outfile_printf(f, " (%.3g %%)", share);
	outfile_printf(f, " of %s", sensors);
}

static void print_lost(const struct answer_complete *c, struct outfile *f)
{
	char lost[NUMBER_TEXT_MAX], all[NUMBER_TEXT_MAX];

	count_text(c->dropped, lost);
	plural_text(c->packets + c->dropped, "packet", all);
	outfile_printf(f, "; %s of %s lost", lost, all);
}

static void print_gaps(const struct answer_complete *c, struct outfile *f)
{
	char from[TIME_TEXT_MAX], to[TIME_TEXT_MAX], name[ANSWER_NAME_MAX];

	for (size_t i = 0; i < c->listed && i < GAPS_SHOWN; i++) {
		const struct answer_gap *g = &c->gaps[i];

		time_text(g->from_s * NS_PER_SECOND, 0, from);
		time_text(g->to_s * NS_PER_SECOND, 0, to);
		safe_text(g->name, 63, name, sizeof(name));
		if (name[0])
			outfile_printf(f, "gap: %s from %s to %s\n", name, from, to);
		else
			outfile_printf(f, "gap: sensor %" PRIu32 " from %s to %s\n", g->sensor,
			               from, to);
	}
	if (c->gap_count > GAPS_SHOWN)
		outfile_printf(f, "gap: and %" PRIu64 " more\n", c->gap_count - GAPS_SHOWN);
}

void answer_tail_print(const struct answer_tail *t, struct outfile *f)
{
	char text[ANSWER_NOTE_MAX];

	print_windows(&t->complete, f);
	print_lost(&t->complete, f);
	if (t->distinct_asked && t->distinct_exact)
		outfile_text(f, "; distinct counts are exact");
	else if (t->distinct_asked)
		outfile_printf(f, "; distinct counts err by about %.2g %%",
		               100 * t->distinct_error);
	outfile_text(f, "\n");
	print_gaps(&t->complete, f);
	if (t->complete.live_s) {
		time_text(t->complete.live_s * NS_PER_SECOND, 0, text);
		outfile_printf(f, "note: the newest data are provisional, up to %s\n", text);
	}
	if (t->cut)
		outfile_text(f, "note: there is more than the limit\n");
	for (size_t i = 0; i < t->note_count; i++) {
		safe_text(t->notes[i], ANSWER_NOTE_MAX, text, sizeof(text));
		outfile_printf(f, "note: %s\n", text);
	}
}
