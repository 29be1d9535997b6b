/* SPDX-License-Identifier: Apache-2.0 */
#include "report/svg.h"

#include "base/timefmt.h"
#include "report/figures.h"

#include <math.h>
#include <stdio.h>

void svg_open(const struct page *p, const struct svg_frame *f, const char *id, const char *title,
              const char *description)
{
	outfile_printf(p->out,
	               "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"%s\">"
	               "<svg class=\"chart\" viewBox=\"0 0 %.0f %.0f\" role=\"img\" "
	               "aria-labelledby=\"%s-t %s-d\">\n"
	               "<title id=\"%s-t\">%s</title><desc id=\"%s-d\">%s</desc>\n",
	               title, f->width, f->height, id, id, id, title, id, description);
}

void svg_close(const struct page *p)
{
	page_raw(p, "</svg></div>\n");
}

double svg_x(const struct svg_frame *f, uint64_t time_ns)
{
	double span = (double)(f->end_ns - f->start_ns), at;

	if (time_ns <= f->start_ns || !(span > 0))
		return f->left;
	at = (double)(time_ns - f->start_ns) / span;
	return f->left + (at < 1 ? at : 1) * (f->right - f->left);
}

double svg_y(const struct svg_frame *f, double value)
{
	double at = value / f->highest;

	if (!(at > 0))
		return f->bottom;
	return f->bottom - (at < 1 ? at : 1) * (f->bottom - f->top);
}

double svg_ceiling(double n)
{
	static const double digits[] = {1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8};
	double unit;

	if (!(n > 0))
		return 1;
	if (n > 1e300)
		n = 1e300;
	unit = pow(10, floor(log10(n)));
	for (size_t i = 0; i < sizeof(digits) / sizeof(digits[0]); i++) {
		if (n <= digits[i] * unit)
			return digits[i] * unit;
	}
	return 10 * unit;
}

/* Steps that a person counts time in, up to 100 years. */
static uint64_t time_step(uint64_t span_ns)
{
	static const unsigned steps_s[] = {1,      2,      5,       10,      15,      30,
	                                   60,     120,    300,     600,     900,     1800,
	                                   3600,   7200,   10800,   21600,   43200,   86400,
	                                   172800, 604800, 1209600, 2592000, 7776000, 31536000};
	uint64_t step;

	for (size_t i = 0; i < sizeof(steps_s) / sizeof(steps_s[0]); i++) {
		step = steps_s[i] * NS_PER_SECOND;
		if (span_ns / step < SVG_TICKS_MAX - 2)
			return step;
	}
	return span_ns / 8;
}

uint64_t svg_time_ticks(uint64_t start_ns, uint64_t end_ns, uint64_t ticks[], unsigned *count)
{
	uint64_t step, first;

	*count = 0;
	if (end_ns <= start_ns)
		return 0;
	step = time_step(end_ns - start_ns);
	first = start_ns + (step - start_ns % step) % step;
	for (uint64_t at = first; at >= first && at <= end_ns && *count < SVG_TICKS_MAX; at += step)
		ticks[(*count)++] = at;
	return step;
}

void svg_time_label(uint64_t time_ns, uint64_t step_ns, char *out, size_t size)
{
	uint64_t step = step_ns / NS_PER_SECOND, second = time_ns / NS_PER_SECOND;
	char text[TIME_TEXT_MAX];

	time_text(time_ns, 0, text);
	if (step >= 31536000)
		snprintf(out, size, "%.4s", text);
	else if (step >= 86400 || (step >= 60 && second % 86400 == 0))
		snprintf(out, size, "%.5s", text + 5);
	else if (step >= 60)
		snprintf(out, size, "%.5s", text + 11);
	else
		snprintf(out, size, "%.8s", text + 11);
}

void svg_time_axis(const struct page *p, const struct svg_frame *f)
{
	uint64_t ticks[SVG_TICKS_MAX];
	unsigned count;
	uint64_t step = svg_time_ticks(f->start_ns, f->end_ns, ticks, &count);

	outfile_printf(p->out, "<path class=\"axis\" d=\"M%.1f %.1fH%.1f\"/>\n", f->left, f->bottom,
	               f->right);
	for (unsigned i = 0; i < count; i++) {
		double x = svg_x(f, ticks[i]);
		char label[TIME_TEXT_MAX];
		/* Labels at the very edges stay inside the picture. */
		const char *anchor = x < f->left + 20    ? "start"
		                     : x > f->right - 20 ? "end"
		                                         : "middle";

		svg_time_label(ticks[i], step, label, sizeof(label));
		outfile_printf(p->out,
		               "<path class=\"axis\" d=\"M%.1f %.1fv5\"/><text x=\"%.1f\" "
		               "y=\"%.1f\" text-anchor=\"%s\">%s</text>\n",
		               x, f->bottom, x, f->bottom + 19, anchor, label);
	}
}

void svg_value_axis(const struct page *p, const struct svg_frame *f)
{
	enum { LINES = 4 };

	for (unsigned i = 0; i <= LINES; i++) {
		double value = f->highest * i / LINES, y = svg_y(f, value);
		char label[NUMBER_TEXT_MAX];

		short_text(value, label);
		outfile_printf(p->out,
		               "<path class=\"grid\" d=\"M%.1f %.1fH%.1f\"/><text x=\"%.1f\" "
		               "y=\"%.1f\" text-anchor=\"end\">%s</text>\n",
		               f->left, y, f->right, f->left - 6, y + 4, label);
	}
}
