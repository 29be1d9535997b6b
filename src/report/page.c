/* SPDX-License-Identifier: Apache-2.0 */
#include "report/page.h"

#include "base/timefmt.h"
#include "base/utf8.h"
#include "report/figures.h"
#include "report/safe.h"

#include <math.h>
#include <stdio.h>

static const char *entity(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

void page_text(const struct page *p, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	while (*s) {
		size_t n = utf8_length(s);
		const char *replaced = entity((char)*s);

		if (n == 0 || !safe_point(utf8_point(s, n)))
			replaced = "\xef\xbf\xbd";
		if (replaced)
			outfile_text(p->out, replaced);
		else
			outfile_write(p->out, s, n);
		s += n ? n : 1;
	}
}

void page_raw(const struct page *p, const char *markup)
{
	outfile_text(p->out, markup);
}

void page_section_open(const struct page *p, const char *id, const char *title, const char *note)
{
	outfile_printf(p->out, "<section id=\"%s\" aria-labelledby=\"%s-title\">\n", id, id);
	outfile_printf(p->out, "<h2 id=\"%s-title\">%s</h2>\n", id, title);
	if (note) {
		page_raw(p, "<p class=\"note\">");
		page_text(p, note);
		page_raw(p, "</p>\n");
	}
}

void page_section_close(const struct page *p)
{
	page_raw(p, "</section>\n");
}

void page_table_open(const struct page *p, const char *caption, bool folded,
                     const struct page_column *columns, unsigned count)
{
	if (folded)
		outfile_printf(p->out, "<details><summary>Table: %s</summary>\n", caption);
	outfile_printf(p->out,
	               "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"%s\">"
	               "<table><caption>%s</caption>\n<thead><tr>",
	               caption, caption);
	for (unsigned i = 0; i < count; i++) {
		outfile_printf(p->out, "<th scope=\"col\"%s>",
		               columns[i].right ? " class=\"n\"" : "");
		page_text(p, columns[i].title);
		page_raw(p, "</th>");
	}
	page_raw(p, "</tr></thead>\n<tbody>\n");
}

void page_table_close(const struct page *p, bool folded)
{
	page_raw(p, folded ? "</tbody></table></div></details>\n" : "</tbody></table></div>\n");
}

void page_row_open(const struct page *p)
{
	page_raw(p, "<tr>");
}

void page_row_close(const struct page *p)
{
	page_raw(p, "</tr>\n");
}

void page_cell(const struct page *p, const char *text)
{
	page_raw(p, "<td>");
	page_text(p, text);
	page_raw(p, "</td>");
}

void page_cell_head(const struct page *p, const char *text)
{
	page_raw(p, "<th scope=\"row\">");
	page_text(p, text);
	page_raw(p, "</th>");
}

void page_cell_count(const struct page *p, uint64_t n)
{
	char text[NUMBER_TEXT_MAX];

	count_text(n, text);
	outfile_printf(p->out, "<td class=\"n\">%s</td>", text);
}

void page_cell_share(const struct page *p, uint64_t part, uint64_t all)
{
	double share = all ? 100.0 * (double)part / (double)all : 0;

	if (part && share < 0.05)
		page_raw(p, "<td class=\"n\">&lt;0.1 %</td>");
	else
		outfile_printf(p->out, "<td class=\"n\">%.1f %%</td>", share);
}

void page_cell_time(const struct page *p, uint64_t time_ns)
{
	char text[TIME_TEXT_MAX];

	time_text(time_ns, 0, text);
	outfile_printf(p->out, "<td><time datetime=\"%s\">%.10s %.8s</time></td>", text, text,
	               text + 11);
}

void page_cell_bar(const struct page *p, double share, const char *class_name)
{
	double width = share > 0 ? fmax(0.5, fmin(100, share * 100)) : 0;

	outfile_printf(p->out,
	               "<td class=\"bar\" aria-hidden=\"true\"><svg viewBox=\"0 0 100 10\" "
	               "preserveAspectRatio=\"none\"><rect class=\"%s\" width=\"%.1f\" "
	               "height=\"10\"/></svg></td>",
	               class_name, width);
}
