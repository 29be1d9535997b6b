/* SPDX-License-Identifier: Apache-2.0 */
/* Attacks elsewhere: a bar for each on the time axis, and the table. */
#include "base/timefmt.h"
#include "report/figures.h"
#include "report/svg.h"

#include <math.h>
#include <stdio.h>

enum { DRAWN = 30, LISTED = 200, ROW_HEIGHT = 36, TEXT_HEIGHT = 16 };

static void service_text(const struct attack *k, char out[PORT_TEXT_MAX])
{
	if (k->port)
		port_text(k->proto, k->port, out);
	else
		proto_text(k->proto, out);
}

static void rate_text(const struct attack *k, char *out, size_t size)
{
	char rate[NUMBER_TEXT_MAX], range[RANGE_TEXT_MAX];

	if (!isfinite(k->rate)) {
		snprintf(out, size, "rate not known");
		return;
	}
	short_text(k->rate, rate);
	range_text(k->rate_low, k->rate_high, range);
	snprintf(out, size, "%s packets/s (%s)", rate, range);
}

/* The words stand above the bar, so that no address is too long and nothing overlaps. */
static void draw_attack(const struct page *p, const struct svg_frame *f, const struct attack *k,
                        unsigned row)
{
	double y = f->top + row * ROW_HEIGHT, x = svg_x(f, k->start_ns), x2 = svg_x(f, k->end_ns);
	double width = fmax(x2 - x, 3);
	char victim[ADDR_TEXT_MAX], service[PORT_TEXT_MAX], rate[200];

	if (x > f->right - 3)
		x = f->right - 3;
	address_out(p->options, &k->victim, victim);
	service_text(k, service);
	rate_text(k, rate, sizeof(rate));
	outfile_printf(p->out,
	               "<text x=\"%.1f\" y=\"%.1f\"><tspan class=\"strong\">%s</tspan> %s · %s · "
	               "%s</text>\n<path class=\"grid\" d=\"M%.1f %.1fH%.1f\"/>\n"
	               "<rect class=\"attack %s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
	               "height=\"10\" rx=\"2\"/>\n",
	               f->left, y + 12, victim, service, rate, attack_state_name(k->state), f->left,
	               y + TEXT_HEIGHT + 6, f->right, attack_state_name(k->state), x,
	               y + TEXT_HEIGHT + 1, width);
}

static void timeline(const struct page *p)
{
	const struct analysis *a = p->a;
	size_t picks[DRAWN];
	unsigned n = largest_attacks(a, picks, DRAWN);
	struct svg_frame f = {.width = 960,
	                      .height = n * ROW_HEIGHT + 40,
	                      .left = 12,
	                      .top = 4,
	                      .right = 948,
	                      .bottom = n * ROW_HEIGHT + 10,
	                      .start_ns = a->first_ns,
	                      .end_ns = a->last_ns > a->first_ns ? a->last_ns : a->first_ns + 1,
	                      .highest = 1};

	page_raw(p, "<ul class=\"legend\">");
	for (unsigned s = ATTACK_PROVISIONAL; s <= ATTACK_CLOSED; s++)
		outfile_printf(p->out,
		               "<li><svg viewBox=\"0 0 20 12\" aria-hidden=\"true\"><rect "
		               "class=\"attack %s\" x=\"1\" y=\"1\" width=\"18\" height=\"10\" "
		               "rx=\"2\"/></svg> %s</li>",
		               attack_state_name((enum attack_state)s),
		               attack_state_name((enum attack_state)s));
	page_raw(p, "</ul>\n");
	svg_open(
	        p, &f, "timeline", "Attacks over time",
	        "One bar for each attack from its start to its end; the same stands in the table.");
	for (unsigned i = 0; i < n; i++)
		draw_attack(p, &f, &a->attacks[picks[i]], i);
	svg_time_axis(p, &f);
	svg_close(p);
}

static void table_row(const struct page *p, const struct attack *k)
{
	char victim[ADDR_TEXT_MAX], service[PORT_TEXT_MAX], rate[200], network[ASN_TEXT_MAX + 24];

	address_out(p->options, &k->victim, victim);
	service_text(k, service);
	rate_text(k, rate, sizeof(rate));
	network[0] = '\0';
	if (k->asn)
		snprintf(network, sizeof(network), "AS%u %s", k->asn, k->asn_name);
	page_row_open(p);
	page_cell_head(p, victim);
	page_cell(p, service);
	page_cell_time(p, k->start_ns);
	page_cell_time(p, k->end_ns);
	page_cell_count(p, k->packets);
	page_cell_count(p, whole(k->destinations));
	page_cell(p, rate);
	page_cell(p, attack_state_name(k->state));
	page_cell(p, k->rule ? k->rule : "");
	page_cell(p, k->country);
	page_cell(p, network);
	page_row_close(p);
}

void page_attacks(const struct page *p)
{
	static const struct page_column columns[] = {
	        {"victim", false},        {"service", false}, {"start (UTC)", false},
	        {"end (UTC)", false},     {"packets", true},  {"addresses", true},
	        {"at the victim", false}, {"state", false},   {"rule", false},
	        {"country", false},       {"network", false}};
	const struct analysis *a = p->a;
	size_t picks[LISTED];
	unsigned n = largest_attacks(a, picks, LISTED);
	char note[200];

	snprintf(note, sizeof(note),
	         "%zu seen by their backscatter, and %zu withdrawn. Rates are estimated at the "
	         "victim, with an interval that covers 95 %%.%s",
	         standing_attacks(a), a->attack_count - standing_attacks(a),
	         a->attack_count > DRAWN ? " The strongest are drawn." : "");
	page_section_open(p, "attacks", "Attacks elsewhere", n ? note : "None seen.");
	if (n) {
		timeline(p);
		page_table_open(p, "attacks by start", false, columns, 11);
		for (unsigned i = 0; i < n; i++)
			table_row(p, &a->attacks[picks[i]]);
		page_table_close(p, false);
	}
	page_section_close(p);
}
