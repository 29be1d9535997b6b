/* SPDX-License-Identifier: Apache-2.0 */
/* What is asked for: a table with bars, what of it is new, and how it moves through the hours. */
#include "base/timefmt.h"
#include "report/figures.h"
#include "report/svg.h"

#include <math.h>
#include <stdio.h>

enum { PORTS_SHOWN = 25, NEW_SHOWN = 25, HEAT_ROWS = 20, HEAT_ROW_HEIGHT = 20, HEAT_LEVELS = 10 };

static bool shown(const struct port_report *port)
{
	return port->kind != KIND_OUTBOUND;
}

/* "23/tcp telnet"; "from 53/udp dns" for answers, since nobody asks for them here. */
static void port_label(const struct port_report *port, char *out, size_t size)
{
	char name[PORT_TEXT_MAX];

	port_text(port->proto, port->port, name);
	snprintf(out, size, "%s%s %s", port->kind == KIND_BACKSCATTER ? "from " : "", name,
	         service_name(port->proto, port->port));
}

void page_ports(const struct page *p)
{
	static const struct page_column columns[] = {
	        {"port", false}, {"service", false}, {"kind", false}, {"packets", true},
	        {"share", true}, {"sources", true},  {"", false}};
	const struct analysis *a = p->a;
	uint64_t all = analysed_packets(a), largest = 0;
	unsigned rows = 0;

	if (a->port_count == 0)
		return;
	page_section_open(p, "ports", "What is asked for",
	                  "Backscatter is what answers: services under attack, or asked in the "
	                  "name of these addresses.");
	for (size_t i = 0; i < a->port_count; i++)
		largest = shown(&a->ports[i]) && a->ports[i].packets > largest ? a->ports[i].packets
		                                                               : largest;
	page_table_open(p, "ports by packets", false, columns, 7);
	for (size_t i = 0; i < a->port_count && rows < PORTS_SHOWN; i++) {
		const struct port_report *port = &a->ports[i];
		char name[PORT_TEXT_MAX];

		if (!shown(port))
			continue;
		rows++;
		port_text(port->proto, port->port, name);
		page_row_open(p);
		page_cell_head(p, name);
		page_cell(p, service_name(port->proto, port->port));
		page_cell(p, packet_kind_name((enum packet_kind)port->kind));
		page_cell_count(p, port->packets);
		page_cell_share(p, port->packets, all);
		page_cell_count(p, port->sources);
		page_cell_bar(p, largest ? (double)port->packets / (double)largest : 0,
		              port->kind == KIND_BACKSCATTER ? "c-back" : "c-tcp");
		page_row_close(p);
	}
	page_table_close(p, false);
	page_section_close(p);
}

void page_new(const struct page *p)
{
	static const struct page_column columns[] = {{"port", false},
	                                             {"service", false},
	                                             {"since (UTC)", false},
	                                             {"sources since", true},
	                                             {"packets", true}};
	const struct analysis *a = p->a;
	char step[TIME_TEXT_MAX], note[160];

	if (a->fresh_count == 0)
		return;
	duration_text((double)a->port_bin_ns / (double)NS_PER_SECOND, step);
	snprintf(note, sizeof(note),
	         "Many ask for these, and nobody did in the first part of the capture. Times are "
	         "in steps of %s.",
	         step);
	page_section_open(p, "new", "What is new", note);
	page_table_open(p, "new ports by sources", false, columns, 5);
	for (size_t i = 0; i < a->fresh_count && i < NEW_SHOWN; i++) {
		const struct fresh_port *port = &a->fresh[i];
		char name[PORT_TEXT_MAX];

		port_text(port->proto, port->port, name);
		page_row_open(p);
		page_cell_head(p, name);
		page_cell(p, service_name(port->proto, port->port));
		page_cell_time(p, port->since_ns);
		page_cell_count(p, port->sources);
		page_cell_count(p, port->packets);
		page_row_close(p);
	}
	page_table_close(p, false);
	page_section_close(p);
}

static unsigned heat_rows(const struct analysis *a, const struct port_report *rows[HEAT_ROWS])
{
	unsigned n = 0;

	for (size_t i = 0; i < a->port_count && n < HEAT_ROWS; i++) {
		if (shown(&a->ports[i]))
			rows[n++] = &a->ports[i];
	}
	return n;
}

/* 1 to HEAT_LEVELS on a logarithmic scale; 0 for nothing. */
static unsigned heat_level(uint64_t packets, uint64_t largest)
{
	double at;

	if (packets == 0)
		return 0;
	at = log1p((double)packets) / log1p((double)largest);
	return 1 + (unsigned)(at * (HEAT_LEVELS - 1) + 0.5);
}

static void heat_row(const struct page *p, const struct svg_frame *f,
                     const struct port_report *port, unsigned row, uint64_t largest)
{
	const struct analysis *a = p->a;
	double y = f->top + row * HEAT_ROW_HEIGHT;
	double step = (f->right - f->left) / (double)a->port_bin_count;
	char label[64];

	port_label(port, label, sizeof(label));
	outfile_printf(p->out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">", f->left - 6,
	               y + 14);
	page_text(p, label);
	page_raw(p, "</text>\n");
	for (size_t b = 0; b < a->port_bin_count; b++) {
		char when[TIME_TEXT_MAX], count[NUMBER_TEXT_MAX];
		unsigned level = heat_level(port->bins[b], largest);

		if (level == 0)
			continue;
		time_text(a->port_bin_start_ns + b * a->port_bin_ns, 0, when);
		plural_text(port->bins[b], "packet", count);
		outfile_printf(p->out,
		               "<rect class=\"h%u\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
		               "height=\"%d\"><title>%s, %.10s %.5s: %s</title></rect>\n",
		               level, f->left + (double)b * step, y + 1, fmax(step - 1, 0.5),
		               HEAT_ROW_HEIGHT - 2, label, when, when + 11, count);
	}
}

static void heat_legend(const struct page *p, uint64_t largest)
{
	char most[NUMBER_TEXT_MAX];

	plural_text(largest, "packet", most);
	page_raw(p, "<p class=\"legend\">few <svg class=\"scale\" viewBox=\"0 0 100 12\" "
	            "aria-hidden=\"true\">");
	for (unsigned i = 1; i <= HEAT_LEVELS; i++)
		outfile_printf(p->out, "<rect class=\"h%u\" x=\"%u\" width=\"10\" height=\"12\"/>",
		               i, (i - 1) * 10);
	outfile_printf(p->out, "</svg> %s; logarithmic, empty is none</p>\n", most);
}

static void heat_table(const struct page *p, const struct port_report *const rows[], unsigned n)
{
	struct page_column columns[HEAT_ROWS + 1] = {{"from (UTC)", false}};
	char labels[HEAT_ROWS][64];
	const struct analysis *a = p->a;

	for (unsigned r = 0; r < n; r++) {
		port_label(rows[r], labels[r], sizeof(labels[r]));
		columns[r + 1] = (struct page_column){labels[r], true};
	}
	page_table_open(p, "packets by hour and port", true, columns, n + 1);
	for (size_t b = 0; b < a->port_bin_count; b++) {
		page_row_open(p);
		page_cell_time(p, a->port_bin_start_ns + b * a->port_bin_ns);
		for (unsigned r = 0; r < n; r++)
			page_cell_count(p, rows[r]->bins[b]);
		page_row_close(p);
	}
	page_table_close(p, true);
}

void page_heat(const struct page *p)
{
	const struct analysis *a = p->a;
	const struct port_report *rows[HEAT_ROWS];
	unsigned n = heat_rows(a, rows);
	struct svg_frame f = {.width = 960,
	                      .height = n * HEAT_ROW_HEIGHT + 38,
	                      .left = 245,
	                      .top = 8,
	                      .right = 948,
	                      .bottom = n * HEAT_ROW_HEIGHT + 10,
	                      .start_ns = a->port_bin_start_ns,
	                      .end_ns = a->port_bin_start_ns + a->port_bin_count * a->port_bin_ns,
	                      .highest = 1};
	uint64_t largest = 0;
	char step[TIME_TEXT_MAX], note[80];

	if (n == 0 || a->port_bin_count == 0)
		return;
	for (unsigned r = 0; r < n; r++) {
		for (size_t b = 0; b < a->port_bin_count; b++)
			largest = rows[r]->bins[b] > largest ? rows[r]->bins[b] : largest;
	}
	duration_text((double)a->port_bin_ns / (double)NS_PER_SECOND, step);
	snprintf(note, sizeof(note), "One field is %s; times are UTC.", step);
	page_section_open(p, "heat", "Ports through the hours", note);
	heat_legend(p, largest);
	svg_open(p, &f, "heatmap", "Packets by port and time",
	         "Darker is more; the figures stand in the table below.");
	for (unsigned r = 0; r < n; r++)
		heat_row(p, &f, rows[r], r, largest);
	svg_time_axis(p, &f);
	svg_close(p);
	heat_table(p, rows, n);
	page_section_close(p);
}
