/* SPDX-License-Identifier: Apache-2.0 */
/* Kinds, tools and sources of the page. */
#include "report/figures.h"
#include "report/page.h"

#include <math.h>
#include <stdio.h>

enum { SOURCES_SHOWN = 200, SOURCE_PORTS_SHOWN = 3 };

void page_kinds(const struct page *p)
{
	static const struct page_column columns[] = {
	        {"kind", false}, {"packets", true}, {"share", true}, {"", false}};
	struct kind_row rows[KIND_ROWS_MAX];
	unsigned n = kind_rows(p->a, rows);
	uint64_t all = analysed_packets(p->a), largest = 1;

	for (unsigned i = 0; i < n; i++)
		largest = rows[i].packets > largest ? rows[i].packets : largest;
	page_section_open(p, "kinds", "What it is", NULL);
	page_table_open(p, "kinds of packets", false, columns, 4);
	for (unsigned i = 0; i < n; i++) {
		page_row_open(p);
		page_cell_head(p, rows[i].name);
		page_cell_count(p, rows[i].packets);
		page_cell_share(p, rows[i].packets, all);
		page_cell_bar(p, (double)rows[i].packets / (double)largest, "c-tcp");
		page_row_close(p);
	}
	page_table_close(p, false);
	page_section_close(p);
}

void page_tools(const struct page *p)
{
	static const struct page_column columns[] = {
	        {"tool", false}, {"sources", true}, {"packets", true}, {"", false}};
	uint64_t largest = 1, sources = 0;

	for (unsigned t = 0; t < TOOL_COUNT; t++) {
		sources |= p->a->tools[t].sources;
		if (p->a->tools[t].packets > largest)
			largest = p->a->tools[t].packets;
	}
	if (!sources)
		return;
	page_section_open(p, "tools", "With what tool", NULL);
	page_table_open(p, "tools", false, columns, 4);
	for (unsigned t = 0; t < TOOL_COUNT; t++) {
		if (!p->a->tools[t].sources)
			continue;
		page_row_open(p);
		page_cell_head(p, tool_name((enum tool)t));
		page_cell_count(p, p->a->tools[t].sources);
		page_cell_count(p, p->a->tools[t].packets);
		page_cell_bar(p, (double)p->a->tools[t].packets / (double)largest, "c-tcp");
		page_row_close(p);
	}
	page_table_close(p, false);
	page_section_close(p);
}

static void cell_ports(const struct page *p, const struct source *s)
{
	page_raw(p, "<td class=\"ports\">");
	for (unsigned i = 0; i < s->top_port_count && i < SOURCE_PORTS_SHOWN; i++) {
		char name[PORT_TEXT_MAX];

		port_text(s->top_ports[i].proto, s->top_ports[i].port, name);
		outfile_printf(p->out, "%s%s", i ? ", " : "", name);
	}
	if (s->ports > SOURCE_PORTS_SHOWN) {
		char more[NUMBER_TEXT_MAX];

		count_text(s->ports - SOURCE_PORTS_SHOWN, more);
		outfile_printf(p->out, " and %s more", more);
	}
	page_raw(p, "</td>");
}

static void cell_tool(const struct page *p, const struct verdict *v)
{
	if (v->tool == TOOL_UNKNOWN)
		page_raw(p, "<td></td>");
	else if (isnan(v->tool_p))
		page_cell(p, tool_name(v->tool));
	else
		outfile_printf(p->out, "<td>%s <small>p %s %.1g</small></td>", tool_name(v->tool),
		               v->tool_p < 1e-99 ? "&lt;" : "=", fmax(v->tool_p, 1e-99));
}

static void cell_doubt(const struct page *p, const struct verdict *v)
{
	page_raw(p, v->spoof_score > 0 ? "<td class=\"doubt\">" : "<td>");
	if (v->spoof_score > 0)
		outfile_printf(p->out, "%.2f", v->spoof_score);
	for (unsigned i = 0; i < v->spoof_reason_count; i++) {
		page_raw(p, i ? ", " : " ");
		page_text(p, v->spoof_reasons[i]);
	}
	page_raw(p, "</td>");
}

static void cell_who(const struct page *p, const struct source_report *s)
{
	page_raw(p, "<td class=\"who\">");
	if (s->known[0]) {
		page_raw(p, "<strong>");
		page_text(p, s->known);
		page_raw(p, "</strong> ");
	}
	if (s->asn) {
		outfile_printf(p->out, "AS%u ", s->asn);
		page_text(p, s->asn_name);
	}
	page_raw(p, "</td>");
}

static void source_row(const struct page *p, const struct source_report *s, bool named)
{
	char address[ADDR_TEXT_MAX], targets[NUMBER_TEXT_MAX];

	address_out(p->options, &s->facts.address, address);
	count_text(whole(s->facts.destinations), targets);
	page_row_open(p);
	page_cell_head(p, address);
	if (named)
		page_cell(p, s->country);
	page_cell_count(p, s->facts.packets);
	outfile_printf(p->out, "<td class=\"n\">%s%s</td>", s->facts.destinations_exact ? "" : "~",
	               targets);
	cell_ports(p, &s->facts);
	page_cell(p, behaviour_name(s->verdict.behaviour));
	cell_tool(p, &s->verdict);
	if (named)
		cell_who(p, s);
	cell_doubt(p, &s->verdict);
	page_cell_time(p, s->facts.first_ns);
	page_cell_time(p, s->facts.last_ns);
	page_row_close(p);
}

void page_sources(const struct page *p)
{
	static const struct page_column with_names[] = {
	        {"source", false},  {"country", false},     {"packets", true},    {"targets", true},
	        {"ports", false},   {"does", false},        {"tool", false},      {"who", false},
	        {"forged?", false}, {"first (UTC)", false}, {"last (UTC)", false}};
	static const struct page_column without[] = {
	        {"source", false},  {"packets", true},      {"targets", true},
	        {"ports", false},   {"does", false},        {"tool", false},
	        {"forged?", false}, {"first (UTC)", false}, {"last (UTC)", false}};
	const struct analysis *a = p->a;
	size_t n = a->source_count < SOURCES_SHOWN ? a->source_count : SOURCES_SHOWN;
	char note[120], all[NUMBER_TEXT_MAX];
	bool named = false;

	if (n == 0)
		return;
	for (size_t i = 0; i < n; i++)
		named |= a->sources[i].country[0] || a->sources[i].asn || a->sources[i].known[0];
	count_text(a->sources_total, all);
	snprintf(note, sizeof(note), "The largest %zu of %s, by packets.", n, all);
	page_section_open(p, "sources", "Who", note);
	if (named)
		page_table_open(p, "sources by packets", false, with_names, 11);
	else
		page_table_open(p, "sources by packets", false, without, 9);
	for (size_t i = 0; i < n; i++)
		source_row(p, &a->sources[i], named);
	page_table_close(p, false);
	page_section_close(p);
}
