/* SPDX-License-Identifier: Apache-2.0 */
#include "report/text_lists.h"

#include "base/timefmt.h"
#include "report/figures.h"

#include <math.h>
#include <stdio.h>

enum {
	BAR_COLUMNS = 20,
	PORTS_SHOWN = 15,
	ANSWERS_SHOWN = 5,
	SOURCES_SHOWN = 20,
	ATTACKS_SHOWN = 15,
	NEW_SHOWN = 10,
};

/* From this score on a reader should know that the address may be forged. */
#define DOUBT 0.5

static void cell_count(struct pen_table *t, unsigned row, unsigned column, uint64_t n)
{
	char text[NUMBER_TEXT_MAX];

	if (n < UINT64_C(1000000000000))
		count_text(n, text);
	else
		short_text((double)n, text);
	pen_table_cell(t, row, column, "%s", text);
}

static void cell_share(struct pen_table *t, unsigned row, unsigned column, uint64_t part,
                       uint64_t all)
{
	double share = all ? 100.0 * (double)part / (double)all : 0;

	if (part && share < 0.05)
		pen_table_cell(t, row, column, "<0.1 %%");
	else if (all)
		pen_table_cell(t, row, column, "%.1f %%", share);
}

static void cell_bar(struct pen_table *t, unsigned row, unsigned column, uint64_t part,
                     uint64_t all)
{
	char bar[BAR_COLUMNS * 3 + 1];

	pen_bar(all ? (double)part / (double)all : 0, BAR_COLUMNS, bar);
	pen_table_cell(t, row, column, "%s", bar);
}

static bool answers(const struct port_report *p)
{
	return p->kind == KIND_BACKSCATTER;
}

/* One scale for the bars of both lists. */
static uint64_t largest_port(const struct analysis *a)
{
	uint64_t largest = 0;

	for (size_t i = 0; i < a->port_count; i++) {
		if (a->ports[i].kind != KIND_OUTBOUND && a->ports[i].packets > largest)
			largest = a->ports[i].packets;
	}
	return largest;
}

static void list_ports(const struct pen *p, const struct analysis *a, bool answering, unsigned most)
{
	static const struct pen_column columns[] = {
	        {.title = "port"},
	        {.title = "service", .narrowest = 8},
	        {.title = "packets", .right = true},
	        {.title = "share", .right = true, .leaves = 2},
	        {.title = "sources", .right = true},
	        {.title = "", .narrowest = 6, .leaves = 1, .ink = INK_BAR},
	};
	struct pen_table t = {.columns = columns, .column_count = 6};
	uint64_t all = analysed_packets(a), largest = largest_port(a);

	for (size_t i = 0; i < a->port_count && t.row_count < most; i++) {
		const struct port_report *port = &a->ports[i];
		char name[PORT_TEXT_MAX];
		unsigned row;

		if (answers(port) != answering || port->kind == KIND_OUTBOUND)
			continue;
		row = pen_table_row(&t);
		port_text(port->proto, port->port, name);
		pen_table_cell(&t, row, 0, "%s", name);
		pen_table_cell(&t, row, 1, "%s", service_name(port->proto, port->port));
		cell_count(&t, row, 2, port->packets);
		cell_share(&t, row, 3, port->packets, all);
		cell_count(&t, row, 4, port->sources);
		cell_bar(&t, row, 5, port->packets, largest);
	}
	if (t.row_count == 0)
		return;
	pen_heading(p, answering ? "What answers" : "What is asked for",
	            answering ? "backscatter: services under attack or asked in our name" : NULL);
	pen_table_print(p, &t);
}

void text_ports(const struct pen *p, const struct analysis *a)
{
	list_ports(p, a, false, PORTS_SHOWN);
	list_ports(p, a, true, ANSWERS_SHOWN);
}

static void new_row(struct pen_table *t, const struct fresh_port *port)
{
	unsigned row = pen_table_row(t);
	char name[PORT_TEXT_MAX], since[TIME_TEXT_MAX];

	port_text(port->proto, port->port, name);
	time_text(port->since_ns, 0, since);
	pen_table_cell(t, row, 0, "%s", name);
	pen_table_cell(t, row, 1, "%s", service_name(port->proto, port->port));
	pen_table_cell(t, row, 2, "%.5s %.5s", since + 5, since + 11);
	cell_count(t, row, 3, port->sources);
	cell_count(t, row, 4, port->packets);
}

void text_new(const struct pen *p, const struct analysis *a)
{
	static const struct pen_column columns[] = {
	        {.title = "port"},
	        {.title = "service", .narrowest = 8},
	        {.title = "since"},
	        {.title = "sources since", .right = true},
	        {.title = "packets", .right = true, .leaves = 1},
	};
	struct pen_table t = {.columns = columns, .column_count = 5};
	char step[TIME_TEXT_MAX], note[120], more[40] = "";

	for (size_t i = 0; i < a->fresh_count && i < NEW_SHOWN; i++)
		new_row(&t, &a->fresh[i]);
	if (t.row_count == 0)
		return;
	if (a->fresh_count > t.row_count)
		snprintf(more, sizeof(more), "; the largest %u", t.row_count);
	duration_text((double)a->port_bin_ns / (double)NS_PER_SECOND, step);
	snprintf(note, sizeof(note), "not asked for in the first part; in steps of %s%s", step,
	         more);
	pen_heading(p, "What is new", note);
	pen_table_print(p, &t);
}

/* Sources by behaviour for the kinds that are behaviours; the others have no such count. */
static uint64_t sources_of(const struct analysis *a, const char *kind)
{
	for (unsigned b = 0; b < BEHAVIOUR_COUNT; b++) {
		if (strcmp(behaviour_name((enum behaviour)b), kind) == 0)
			return a->behaviour_sources[b];
	}
	return 0;
}

void text_kinds(const struct pen *p, const struct analysis *a)
{
	static const struct pen_column columns[] = {
	        {.title = "kind"},
	        {.title = "packets", .right = true},
	        {.title = "share", .right = true, .leaves = 2},
	        {.title = "sources", .right = true},
	        {.title = "", .narrowest = 6, .leaves = 1, .ink = INK_BAR},
	};
	struct pen_table t = {.columns = columns, .column_count = 5};
	struct kind_row kinds[KIND_ROWS_MAX];
	unsigned n = kind_rows(a, kinds);
	uint64_t all = analysed_packets(a), largest = 0;

	for (unsigned i = 0; i < n; i++)
		largest = kinds[i].packets > largest ? kinds[i].packets : largest;
	for (unsigned i = 0; i < n; i++) {
		unsigned row = pen_table_row(&t);
		uint64_t sources = sources_of(a, kinds[i].name);

		pen_table_cell(&t, row, 0, "%s", kinds[i].name);
		cell_count(&t, row, 1, kinds[i].packets);
		cell_share(&t, row, 2, kinds[i].packets, all);
		if (sources)
			cell_count(&t, row, 3, sources);
		cell_bar(&t, row, 4, kinds[i].packets, largest);
	}
	pen_heading(p, "What it is", NULL);
	pen_table_print(p, &t);
}

void text_tools(const struct pen *p, const struct analysis *a)
{
	static const struct pen_column columns[] = {
	        {.title = "tool"},
	        {.title = "sources", .right = true},
	        {.title = "packets", .right = true},
	        {.title = "", .narrowest = 6, .leaves = 1, .ink = INK_BAR},
	};
	struct pen_table t = {.columns = columns, .column_count = 4};
	uint64_t largest = 0;

	for (unsigned i = 0; i < TOOL_COUNT; i++)
		largest = a->tools[i].packets > largest ? a->tools[i].packets : largest;
	for (unsigned i = 0; i < TOOL_COUNT; i++) {
		unsigned row;

		if (!a->tools[i].sources)
			continue;
		row = pen_table_row(&t);
		pen_table_cell(&t, row, 0, "%s", tool_name((enum tool)i));
		cell_count(&t, row, 1, a->tools[i].sources);
		cell_count(&t, row, 2, a->tools[i].packets);
		cell_bar(&t, row, 3, a->tools[i].packets, largest);
	}
	if (t.row_count == 0)
		return;
	pen_heading(p, "With what tool", NULL);
	pen_table_print(p, &t);
}

static void network_text(uint32_t asn, const char *name, char *out, size_t size)
{
	out[0] = '\0';
	if (asn)
		snprintf(out, size, "AS%u %s", asn, name);
}

/* A doubt about the sender's address stands before any name. */
static void cell_who(struct pen_table *t, unsigned row, unsigned column,
                     const struct source_report *s)
{
	char doubt[32] = "", network[ASN_TEXT_MAX + 16];

	if (s->verdict.spoof_score >= DOUBT)
		snprintf(doubt, sizeof(doubt), "forged? (%.2f)", s->verdict.spoof_score);
	network_text(s->asn, s->asn_name, network, sizeof(network));
	pen_table_cell(t, row, column, "%s%s%s%s", doubt,
	               doubt[0] && (s->known[0] || network[0]) ? " " : "",
	               s->known[0] ? "known: " : "", s->known[0] ? s->known : network);
}

static void source_row(struct pen_table *t, const struct source_report *s,
                       const struct report_options *o)
{
	unsigned row = pen_table_row(t);
	char address[ADDR_TEXT_MAX], targets[NUMBER_TEXT_MAX];

	address_out(o, &s->facts.address, address);
	if (s->facts.destinations < 1e9)
		count_text(whole(s->facts.destinations), targets);
	else
		short_text(s->facts.destinations, targets);
	pen_table_cell(t, row, 0, "%s", address);
	pen_table_cell(t, row, 1, "%s", s->country);
	cell_count(t, row, 2, s->facts.packets);
	pen_table_cell(t, row, 3, "%s%s", s->facts.destinations_exact ? "" : "~", targets);
	pen_table_cell(t, row, 4, "%s", behaviour_name(s->verdict.behaviour));
	if (s->verdict.tool != TOOL_UNKNOWN)
		pen_table_cell(t, row, 5, "%s", tool_name(s->verdict.tool));
	cell_who(t, row, 6, s);
}

void text_sources(const struct pen *p, const struct analysis *a, const struct report_options *o)
{
	static const struct pen_column columns[] = {
	        {.title = "source", .breaks = 22},
	        {.title = "", .leaves = 2},
	        {.title = "packets", .right = true},
	        {.title = "targets", .right = true, .leaves = 3},
	        {.title = "does", .leaves = 4},
	        {.title = "tool", .narrowest = 9},
	        {.title = "who", .narrowest = 12, .leaves = 1},
	};
	struct pen_table t = {.columns = columns, .column_count = 7};
	char total[NUMBER_TEXT_MAX], note[80] = "";

	for (size_t i = 0; i < a->source_count && t.row_count < SOURCES_SHOWN; i++)
		source_row(&t, &a->sources[i], o);
	if (t.row_count == 0)
		return;
	count_text(a->sources_total, total);
	if (a->sources_total > t.row_count)
		snprintf(note, sizeof(note), "the largest %u of %s", t.row_count, total);
	pen_heading(p, "Who", note);
	pen_table_print(p, &t);
}

/* "45 s", "2.5 h": six columns at most for what a capture can hold. */
static void brief_duration(uint64_t start_ns, uint64_t end_ns, char *out, size_t size)
{
	double seconds =
	        end_ns > start_ns ? (double)(end_ns - start_ns) / (double)NS_PER_SECOND : 0;

	if (seconds < 60)
		snprintf(out, size, "%.0f s", seconds);
	else if (seconds < 3600)
		snprintf(out, size, "%.0f min", seconds / 60);
	else if (seconds < 86400)
		snprintf(out, size, "%.1f h", seconds / 3600);
	else
		snprintf(out, size, "%.1f d", seconds / 86400);
}

static void attack_row(struct pen_table *t, const struct attack *k, const struct report_options *o)
{
	unsigned row = pen_table_row(t);
	char text[TIME_TEXT_MAX], victim[ADDR_TEXT_MAX], port[PORT_TEXT_MAX], rate[NUMBER_TEXT_MAX],
	        range[RANGE_TEXT_MAX], network[ASN_TEXT_MAX + 16];

	address_out(o, &k->victim, victim);
	pen_table_cell(t, row, 0, "%s", victim);
	if (k->port)
		port_text(k->proto, k->port, port);
	else
		proto_text(k->proto, port);
	pen_table_cell(t, row, 1, "%s", port);
	time_text(k->start_ns, 0, text);
	pen_table_cell(t, row, 2, "%.5s %.5s", text + 5, text + 11);
	brief_duration(k->start_ns, k->end_ns, text, sizeof(text));
	pen_table_cell(t, row, 3, "%s", text);
	if (isfinite(k->rate)) {
		short_text(k->rate, rate);
		range_text(k->rate_low, k->rate_high, range);
		pen_table_cell(t, row, 4, "%s", rate);
		pen_table_cell(t, row, 5, "%s", range);
	}
	pen_table_cell(t, row, 6, "%s", attack_state_name(k->state));
	pen_table_cell(t, row, 7, "%s", k->country);
	network_text(k->asn, k->asn_name, network, sizeof(network));
	pen_table_cell(t, row, 8, "%s", network);
}

void text_attacks(const struct pen *p, const struct analysis *a, const struct report_options *o)
{
	static const struct pen_column columns[] = {
	        {.title = "victim", .breaks = 22},
	        {.title = "service"},
	        {.title = "start", .leaves = 5},
	        {.title = "lasted", .right = true, .leaves = 3},
	        {.title = "pps there", .right = true},
	        {.title = "95 %", .leaves = 4},
	        {.title = "state"},
	        {.title = "", .leaves = 2},
	        {.title = "network", .narrowest = 10, .leaves = 1},
	};
	struct pen_table t = {.columns = columns, .column_count = 9};
	size_t picks[ATTACKS_SHOWN];
	unsigned n = largest_attacks(a, picks, ATTACKS_SHOWN);
	char note[100];

	if (n == 0) {
		pen_heading(p, "Attacks elsewhere", "none seen");
		return;
	}
	for (unsigned i = 0; i < n; i++)
		attack_row(&t, &a->attacks[picks[i]], o);
	snprintf(note, sizeof(note), "%zu, and %zu withdrawn%s", standing_attacks(a),
	         a->attack_count - standing_attacks(a),
	         a->attack_count > n ? "; the strongest:" : "");
	pen_heading(p, "Attacks elsewhere", note);
	pen_table_print(p, &t);
}
