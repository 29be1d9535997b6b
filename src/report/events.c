/* SPDX-License-Identifier: Apache-2.0 */
#include "report/events.h"

#include "base/json_out.h"
#include "base/timefmt.h"

#include <inttypes.h>

enum { MEMBERS_SHOWN = 8 };

static void print_span(const struct event *e, struct outfile *out)
{
	char start[TIME_TEXT_MAX], length[TIME_TEXT_MAX], after[TIME_TEXT_MAX];

	time_text(e->start_s * NS_PER_SECOND, 0, start);
	duration_text((double)(e->end_s - e->start_s), length);
	duration_text((double)e->noticed_s - (double)e->start_s, after);
	outfile_printf(out, "    from %s for %s, noticed after %s; %s, %.0f %% sure\n", start,
	               length, after, event_state_name(e->state), 100 * e->confidence);
}

static void print_members(const struct event *e, struct outfile *out)
{
	char text[ADDR_TEXT_MAX];

	for (size_t i = 0; i < e->member_count && i < MEMBERS_SHOWN; i++) {
		addr_text(&e->members[i], text);
		outfile_printf(out, "%s%s", i ? ", " : "    sources: ", text);
	}
	if (e->member_count > MEMBERS_SHOWN)
		outfile_printf(out, " and %zu more", e->member_count - MEMBERS_SHOWN);
	if (e->member_count)
		outfile_text(out, "\n");
}

static void print_event(const struct event *e, struct outfile *out)
{
	outfile_printf(out, "%s, %s: %s\n", e->detector, e->what, e->title);
	print_span(e, out);
	for (unsigned i = 0; i < e->reason_count; i++)
		outfile_printf(out, "    - %s\n", e->reasons[i]);
	outfile_printf(out, "    wrong if %s\n", e->wrong_if);
	print_members(e, out);
}

void events_text(const struct event_list *events, const struct lookout *l, struct outfile *out)
{
	for (size_t i = 0; i < events->count; i++)
		print_event(&events->items[i], out);
	outfile_printf(out, "%s%zu events;", events->count ? "\n" : "", events->count);
	for (int c = 0; c < LOOKOUT_COUNTERS; c++) {
		uint64_t n = lookout_count(l, (enum lookout_counter)c);

		if (n)
			outfile_printf(out, " %s %" PRIu64,
			               lookout_counter_name((enum lookout_counter)c), n);
	}
	outfile_text(out, "\n");
}

void events_json(const struct event_list *events, const struct lookout *l, struct outfile *out)
{
	struct json_out j;

	json_init(&j, out, 1);
	json_object_open(&j, NULL);
	json_array_open(&j, "events");
	for (size_t i = 0; i < events->count; i++)
		event_write(&j, &events->items[i]);
	json_array_close(&j);
	json_object_open(&j, "input");
	for (int c = 0; c < LOOKOUT_COUNTERS; c++)
		json_u64(&j, lookout_counter_name((enum lookout_counter)c),
		         lookout_count(l, (enum lookout_counter)c));
	json_object_close(&j);
	json_object_close(&j);
}
