/* SPDX-License-Identifier: Apache-2.0 */
#include "progress.h"

#include "base/timefmt.h"

#include <stdio.h>
#include <unistd.h>

void progress_init(struct progress *p, bool wanted)
{
	*p = (struct progress){.shown = wanted && isatty(STDERR_FILENO), .noun = "packets"};
	clock_gettime(CLOCK_MONOTONIC, &p->start);
}

static double seconds_since(const struct timespec *start)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - start->tv_sec) + (double)(now.tv_nsec - start->tv_nsec) * 1e-9;
}

void progress_draw(struct progress *p, const char *what, uint64_t done, uint64_t total,
                   uint64_t count)
{
	double seconds = seconds_since(&p->start);
	double rate = seconds > 0 ? (double)count / seconds : 0;
	char left[TIME_TEXT_MAX];

	if (!p->shown)
		return;
	p->drawn = true;
	if (total && done && done <= total) {
		duration_text(seconds * (double)(total - done) / (double)done, left);
		fprintf(stderr, "\r\033[K%.40s  %.0f %%  %.1f M %s  %.2f M/s  %s left", what,
		        100.0 * (double)done / (double)total, (double)count / 1e6, p->noun,
		        rate / 1e6, left);
	} else {
		fprintf(stderr, "\r\033[K%.40s  %.1f M %s  %.2f M/s", what, (double)count / 1e6,
		        p->noun, rate / 1e6);
	}
}

void progress_clear(struct progress *p)
{
	if (p->drawn)
		fputs("\r\033[K", stderr);
	p->drawn = false;
}
