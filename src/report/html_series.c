/* SPDX-License-Identifier: Apache-2.0 */
/* The course of the traffic: packets stacked by class, sources by class, and their tables. */
#include "base/timefmt.h"
#include "report/figures.h"
#include "report/svg.h"

#include <math.h>
#include <stdio.h>

enum { TABLE_ROWS = 48 };

/* Classes of the style sheet, in the order of enum series. */
static const char *const class_names[SERIES_COUNT] = {"c-tcp", "c-udp", "c-icmp", "c-back",
                                                      "c-other"};

static double bin_seconds(const struct analysis *a)
{
	return a->series_bin_ns ? (double)a->series_bin_ns / (double)NS_PER_SECOND : 1;
}

/* Packets a second in a bin, of the classes up to and without `upto`. */
static double stacked(const struct analysis *a, size_t bin, unsigned upto)
{
	double sum = 0;

	for (unsigned s = 0; s < upto; s++)
		sum += (double)a->series[bin].packets[s];
	return sum / bin_seconds(a);
}

static bool has_packets(const struct analysis *a, unsigned s)
{
	for (size_t i = 0; i < a->series_count; i++) {
		if (a->series[i].packets[s])
			return true;
	}
	return false;
}

static struct svg_frame frame_of(const struct analysis *a, double highest)
{
	return (struct svg_frame){
	        .width = 960,
	        .height = 270,
	        .left = 64,
	        .top = 12,
	        .right = 948,
	        .bottom = 240,
	        .start_ns = a->series_start_ns,
	        .end_ns = a->series_start_ns + a->series_count * a->series_bin_ns,
	        .highest = svg_ceiling(highest),
	};
}

static double bin_x(const struct svg_frame *f, const struct analysis *a, size_t bin)
{
	return f->left + (f->right - f->left) * (double)bin / (double)a->series_count;
}

/* A band of steps: there along its upper edge, back along its lower one. */
static void draw_band(const struct page *p, const struct svg_frame *f, unsigned s)
{
	const struct analysis *a = p->a;

	outfile_printf(p->out, "<path class=\"band %s\" d=\"M%.1f %.1f", class_names[s], f->left,
	               f->bottom);
	for (size_t i = 0; i < a->series_count; i++)
		outfile_printf(p->out, "V%.1fH%.1f", svg_y(f, stacked(a, i, s + 1)),
		               bin_x(f, a, i + 1));
	for (size_t i = a->series_count; i-- > 0;)
		outfile_printf(p->out, "V%.1fH%.1f", svg_y(f, stacked(a, i, s)), bin_x(f, a, i));
	outfile_printf(p->out, "Z\"><title>%s</title></path>\n", series_name((enum series)s));
}

static double sources_in(const struct analysis *a, size_t bin, unsigned s)
{
	double n = s == SERIES_COUNT ? a->series[bin].sources_all : a->series[bin].sources[s];

	return isfinite(n) ? n : 0;
}

/* Class SERIES_COUNT is all of them. */
static void draw_line(const struct page *p, const struct svg_frame *f, unsigned s)
{
	const struct analysis *a = p->a;
	bool all = s == SERIES_COUNT;

	outfile_printf(p->out, "<path class=\"line %s\" d=\"M%.1f %.1f",
	               all ? "c-all" : class_names[s], f->left, svg_y(f, sources_in(a, 0, s)));
	for (size_t i = 0; i < a->series_count; i++)
		outfile_printf(p->out, "V%.1fH%.1f", svg_y(f, sources_in(a, i, s)),
		               bin_x(f, a, i + 1));
	outfile_printf(p->out, "\"><title>%s</title></path>\n",
	               all ? "all" : series_name((enum series)s));
}

static void legend(const struct page *p, bool all)
{
	page_raw(p, "<ul class=\"legend\">");
	if (all)
		page_raw(p,
		         "<li><svg viewBox=\"0 0 20 12\" aria-hidden=\"true\"><path class=\"line "
		         "c-all\" d=\"M0 6H20\"/></svg> all</li>");
	for (unsigned s = 0; s < SERIES_COUNT; s++) {
		if (!has_packets(p->a, s))
			continue;
		outfile_printf(p->out,
		               "<li><svg viewBox=\"0 0 20 12\" aria-hidden=\"true\"><%s class=\"%s "
		               "%s\" %s/></svg> %s</li>",
		               all ? "path" : "rect", all ? "line" : "band", class_names[s],
		               all ? "d=\"M0 6H20\"" : "width=\"20\" height=\"12\"",
		               series_name((enum series)s));
	}
	page_raw(p, "</ul>\n");
}

static void packets_chart(const struct page *p)
{
	const struct analysis *a = p->a;
	struct svg_frame f;
	double highest = 0;

	for (size_t i = 0; i < a->series_count; i++)
		highest = fmax(highest, stacked(a, i, SERIES_COUNT));
	f = frame_of(a, highest);
	page_raw(p, "<h3>Packets a second</h3>\n");
	legend(p, false);
	svg_open(p, &f, "packets", "Packets a second over time",
	         "Stacked by class; the figures stand in the table below.");
	svg_value_axis(p, &f);
	for (unsigned s = 0; s < SERIES_COUNT; s++) {
		if (has_packets(a, s))
			draw_band(p, &f, s);
	}
	svg_time_axis(p, &f);
	svg_close(p);
}

static void sources_chart(const struct page *p)
{
	const struct analysis *a = p->a;
	struct svg_frame f;
	double highest = 0;

	for (size_t i = 0; i < a->series_count; i++) {
		for (unsigned s = 0; s <= SERIES_COUNT; s++)
			highest = fmax(highest, sources_in(a, i, s));
	}
	f = frame_of(a, highest);
	page_raw(p, "<h3>Sources a minute</h3>\n");
	legend(p, true);
	svg_open(p, &f, "persources", "Distinct sources a minute over time",
	         "One line a class and one for all; the figures stand in the table below.");
	svg_value_axis(p, &f);
	for (unsigned s = 0; s < SERIES_COUNT; s++) {
		if (has_packets(a, s))
			draw_line(p, &f, s);
	}
	draw_line(p, &f, SERIES_COUNT);
	svg_time_axis(p, &f);
	svg_close(p);
}

static void table_row(const struct page *p, size_t from, size_t to)
{
	const struct analysis *a = p->a;
	double sources = 0;

	page_row_open(p);
	page_cell_time(p, a->series_start_ns + from * a->series_bin_ns);
	for (unsigned s = 0; s < SERIES_COUNT; s++) {
		uint64_t packets = 0;

		for (size_t i = from; i < to; i++)
			packets += a->series[i].packets[s];
		page_cell_count(p, packets);
	}
	for (size_t i = from; i < to; i++)
		sources += sources_in(a, i, SERIES_COUNT) / (double)(to - from);
	page_cell_count(p, whole(sources));
	page_row_close(p);
}

static void series_table(const struct page *p)
{
	static const struct page_column columns[] = {{"from (UTC)", false},     {"tcp scan", true},
	                                             {"udp scan", true},        {"icmp scan", true},
	                                             {"backscatter", true},     {"other", true},
	                                             {"sources a minute", true}};
	size_t n = p->a->series_count, merge = (n + TABLE_ROWS - 1) / TABLE_ROWS;

	page_table_open(p, "packets and sources over time", true, columns, SERIES_COUNT + 2);
	for (size_t i = 0; i < n; i += merge)
		table_row(p, i, i + merge < n ? i + merge : n);
	page_table_close(p, true);
}

void page_series(const struct page *p)
{
	char step[TIME_TEXT_MAX], note[80];

	if (p->a->series_count == 0)
		return;
	duration_text(bin_seconds(p->a), step);
	snprintf(note, sizeof(note), "Times are UTC; one step is %s.", step);
	page_section_open(p, "time", "Over time", note);
	packets_chart(p);
	sources_chart(p);
	series_table(p);
	page_section_close(p);
}
