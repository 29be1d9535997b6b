/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/evaluate.h"

#include "detect/digest.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AFTER_S      7200u /* what ends leaves its mark on what is usual */
#define SIZE_JUDGED  0.1   /* of the population infected */
#define GROUP_SHARED 0.5   /* of an event's members, to be about a group */

enum { LOG_MAX = 100000, CHANGE_SOURCES = 10 };

enum status evaluate_note(struct evaluate_log *log, const struct event *e)
{
	if (strcmp(e->detector, "worm") != 0 || log->count == LOG_MAX)
		return STATUS_OK;
	if (log->count == log->room) {
		size_t room = log->room ? log->room * 2 : 64;
		struct event *items = reallocarray(log->items, room, sizeof(*items));

		if (!items)
			return STATUS_NO_MEMORY;
		log->items = items;
		log->room = room;
	}
	log->items[log->count] = *e;
	log->items[log->count].members = NULL;
	log->items[log->count++].member_count = 0;
	return STATUS_OK;
}

void evaluate_log_clear(struct evaluate_log *log)
{
	free(log->items);
	*log = (struct evaluate_log){0};
}

static bool has_port(const struct answer_campaign *c, const char *subject)
{
	char text[SERIES_TEXT_MAX];
	const char *on = strstr(subject, " on ");

	if (on)
		subject = on + 4;
	if (c->port_count > ANSWER_PORTS_MAX)
		return strchr(subject, '/') || strncmp(subject, "icmp", 4) == 0;
	for (size_t i = 0; i < c->port_count; i++) {
		series_text(series_port((uint8_t)(c->ports[i] >> 16), (uint16_t)c->ports[i]), text);
		if (strcmp(text, subject) == 0)
			return true;
	}
	return false;
}

static bool has_network(const struct answer_campaign *c, const char *subject)
{
	struct prefix p;
	uint32_t network;

	if (prefix_parse(subject, &p) || p.length != 112)
		return false;
	network = addr_low32(&p.base) >> 16;
	for (size_t i = 0; i < c->network_count; i++) {
		if (c->networks[i] == network)
			return true;
	}
	return false;
}

/* Something that began, or ended, while the capture ran and could be judged. */
static bool is_change(const struct answer *a, const struct answer_campaign *c)
{
	bool begins = c->first_s >= a->start_s + EVALUATE_BURN_IN_S;
	bool ends = c->last_s + AFTER_S < a->end_s;

	return c->sources >= CHANGE_SOURCES && (begins || ends);
}

static bool concerns(const struct answer_campaign *c, const struct event *e)
{
	if (e->end_s + 600 < c->first_s || e->start_s > c->last_s + AFTER_S)
		return false;
	return strcmp(e->subject, "all") == 0 || has_port(c, e->subject) ||
	       has_network(c, e->subject);
}

static bool is_about(const struct event *e, const char *detector)
{
	return strcmp(e->detector, detector) == 0;
}

/* The earliest event of these detectors about a campaign. */
static const struct event *first_event(const struct event_list *events, const char *detector,
                                       const struct answer_campaign *c)
{
	const struct event *best = NULL;

	for (size_t i = 0; i < events->count; i++) {
		const struct event *e = &events->items[i];

		if (is_about(e, detector) && e->state != EVENT_WITHDRAWN && concerns(c, e) &&
		    e->noticed_s >= c->first_s && (!best || e->noticed_s < best->noticed_s))
			best = e;
	}
	return best;
}

static struct evaluate_row *add_row(struct evaluate_table *t, const char *label,
                                    const struct event *e, uint64_t begin_s)
{
	struct evaluate_row *row;

	if (t->count == EVALUATE_ROWS)
		return NULL;
	row = &t->rows[t->count++];
	*row = (struct evaluate_row){.label = label, .event = e, .found = e != NULL};
	row->delay_s = e ? (double)e->noticed_s - (double)begin_s : NAN;
	t->found += row->found;
	return row;
}

static void count_events(struct evaluate_table *t, const struct event_list *events,
                         const char *detector, double days, const struct answer *a,
                         bool (*is_true)(const struct answer *, const struct event *))
{
	for (size_t i = 0; i < events->count; i++) {
		const struct event *e = &events->items[i];

		if (!is_about(e, detector))
			continue;
		if (e->state == EVENT_WITHDRAWN) {
			t->withdrawn++;
			continue;
		}
		t->events++;
		t->true_events += is_true(a, e);
	}
	t->false_per_day = (t->events - t->true_events) / days;
}

static bool change_is_true(const struct answer *a, const struct event *e)
{
	for (size_t i = 0; i < a->campaign_count; i++) {
		if (is_change(a, &a->campaigns[i]) && concerns(&a->campaigns[i], e))
			return true;
	}
	return false;
}

static void judge_changes(const struct answer *a, const struct event_list *events,
                          struct evaluation *out)
{
	for (size_t i = 0; i < a->campaign_count; i++) {
		const struct answer_campaign *c = &a->campaigns[i];

		if (is_change(a, c) && c->first_s >= a->start_s + EVALUATE_BURN_IN_S)
			(void)add_row(&out->change, c->label, first_event(events, "change", c),
			              c->first_s);
	}
	count_events(&out->change, events, "change", out->days, a, change_is_true);
}

static bool search_is_true(const struct answer *a, const struct event *e)
{
	for (size_t i = 0; i < a->campaign_count; i++) {
		if (strcmp(a->campaigns[i].type, "amplifier-search") == 0 &&
		    concerns(&a->campaigns[i], e))
			return true;
	}
	return false;
}

static void judge_searches(const struct answer *a, const struct event_list *events,
                           struct evaluation *out)
{
	for (size_t i = 0; i < a->campaign_count; i++) {
		const struct answer_campaign *c = &a->campaigns[i];

		if (strcmp(c->type, "amplifier-search") == 0 &&
		    c->first_s >= a->start_s + EVALUATE_BURN_IN_S)
			(void)add_row(&out->search, c->label, first_event(events, "amplifier", c),
			              c->first_s);
	}
	count_events(&out->search, events, "amplifier", out->days, a, search_is_true);
}

static int compare_addr(const void *a, const void *b)
{
	return addr_compare(a, b);
}

static size_t common_members(const struct answer_group *g, const struct event *e)
{
	size_t n = 0;

	for (size_t i = 0; i < e->member_count; i++)
		n += bsearch(&e->members[i], g->members, g->count, sizeof(*g->members),
		             compare_addr) != NULL;
	return n;
}

static bool is_of_group(const struct answer_group *g, const struct event *e)
{
	return e->member_count &&
	       (double)common_members(g, e) >= GROUP_SHARED * (double)e->member_count;
}

static bool group_is_true(const struct answer *a, const struct event *e)
{
	for (size_t i = 0; i < a->group_count; i++) {
		if (is_of_group(&a->groups[i], e))
			return true;
	}
	return false;
}

static void judge_groups(const struct answer *a, const struct event_list *events,
                         struct evaluation *out)
{
	for (size_t i = 0; i < a->group_count; i++) {
		const struct answer_group *g = &a->groups[i];
		const struct event *best = NULL;
		struct evaluate_row *row;

		for (size_t k = 0; k < events->count; k++) {
			const struct event *e = &events->items[k];

			if (is_about(e, "group") && e->state != EVENT_WITHDRAWN &&
			    is_of_group(g, e) && (!best || e->noticed_s < best->noticed_s))
				best = e;
		}
		row = add_row(&out->group, g->label, best, g->start_s);
		if (row && best) {
			double common = (double)common_members(g, best);

			row->precision = common / (double)best->member_count;
			row->recall = common / (double)(g->count ? g->count : 1);
		}
	}
	count_events(&out->group, events, "group", out->days, a, group_is_true);
}

static const struct answer_campaign *campaign_of(const struct answer *a, const char *label)
{
	for (size_t i = 0; i < a->campaign_count; i++) {
		if (strcmp(a->campaigns[i].label, label) == 0)
			return &a->campaigns[i];
	}
	return NULL;
}

static double infected_at(const struct answer_worm *w, uint64_t time_s)
{
	double infected = 0;

	for (size_t i = 0; i < w->count && w->curve[i].time_s <= time_s; i++)
		infected = w->curve[i].infected;
	return infected;
}

static double fact(const struct event *e, const char *name)
{
	for (unsigned i = 0; i < e->fact_count; i++) {
		if (strcmp(e->facts[i].name, name) == 0 && !e->facts[i].text[0])
			return e->facts[i].number;
	}
	return NAN;
}

/* What the first version from 10 % on says of the size. */
static void judge_size(const struct answer_worm *w, const struct evaluate_log *log,
                       struct evaluate_row *row)
{
	row->size = row->low = row->high = NAN;
	for (size_t i = 0; i < log->count; i++) {
		const struct event *e = &log->items[i];

		if (e->id != row->event->id ||
		    infected_at(w, e->changed_s) < SIZE_JUDGED * w->population)
			continue;
		row->size = fact(e, "size");
		row->low = fact(e, "size_low");
		row->high = fact(e, "size_high");
		return;
	}
}

static bool worm_is_true(const struct answer *a, const struct event *e)
{
	for (size_t i = 0; i < a->worm_count; i++) {
		const struct answer_campaign *c = campaign_of(a, a->worms[i].label);

		if (c && concerns(c, e))
			return true;
	}
	return false;
}

static void judge_worms(const struct answer *a, const struct event_list *events,
                        const struct evaluate_log *log, struct evaluation *out)
{
	for (size_t i = 0; i < a->worm_count; i++) {
		const struct answer_worm *w = &a->worms[i];
		const struct answer_campaign *c = campaign_of(a, w->label);
		const struct event *e = c ? first_event(events, "worm", c) : NULL;
		struct evaluate_row *row = add_row(&out->worm, w->label, e, c ? c->first_s : 0);

		if (!row)
			return;
		row->population = w->population;
		row->size = row->low = row->high = row->share = NAN;
		if (!e)
			continue;
		row->share = infected_at(w, e->noticed_s) / w->population;
		judge_size(w, log, row);
	}
	count_events(&out->worm, events, "worm", out->days, a, worm_is_true);
}

void evaluate(const struct answer *truth, const struct event_list *events,
              const struct evaluate_log *log, struct evaluation *out)
{
	*out = (struct evaluation){.days = (double)(truth->end_s - truth->start_s) / 86400};
	judge_changes(truth, events, out);
	judge_groups(truth, events, out);
	judge_worms(truth, events, log, out);
	judge_searches(truth, events, out);
}
