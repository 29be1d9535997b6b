/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small charts as inline SVG: a frame with a time axis below and a value axis at the left.
 * Colours come from classes of the page's style sheet. Pure but for the page that it
 * writes onto.
 */
#ifndef REPORT_SVG_H
#define REPORT_SVG_H

#include "report/page.h"

enum { SVG_TICKS_MAX = 12 };

/* The drawing area inside the axes, in units of the view box, and what it shows. */
struct svg_frame {
	double width, height;            /* of the whole picture */
	double left, top, right, bottom; /* the area's edges */
	uint64_t start_ns, end_ns;       /* end > start */
	double highest;                  /* value at the top; > 0 */
};

/* Open the picture with its title and description for those who do not see it. */
void svg_open(const struct page *p, const struct svg_frame *f, const char *id, const char *title,
              const char *description);
void svg_close(const struct page *p);

/* Where a time or a value lies; clamped to the area. */
double svg_x(const struct svg_frame *f, uint64_t time_ns);
double svg_y(const struct svg_frame *f, double value);

void svg_time_axis(const struct page *p, const struct svg_frame *f);
void svg_value_axis(const struct page *p, const struct svg_frame *f);

/* The next number at or above n whose quarters read well; 1 where n is not above 0. */
double svg_ceiling(double n);

/* Round times to label, at most SVG_TICKS_MAX; hands back the step, 0 for no ticks. */
uint64_t svg_time_ticks(uint64_t start_ns, uint64_t end_ns, uint64_t ticks[], unsigned *count);

/* "14:00", "14:00:05" or "01-31" as the step asks for. */
void svg_time_label(uint64_t time_ns, uint64_t step_ns, char *out, size_t size);

#endif
