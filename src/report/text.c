/* SPDX-License-Identifier: Apache-2.0 */
#include "report/text.h"

#include "base/timefmt.h"
#include "report/figures.h"
#include "report/limits.h"
#include "report/pen.h"
#include "report/safe.h"
#include "report/text_lists.h"

#include <math.h>
#include <stdio.h>

enum { LABEL_COLUMNS = 14, PREFIXES_SHOWN = 6 };

static void say(const struct pen *p, const char *label, const char *text)
{
	pen_wrap(p, label, INK_DIM, LABEL_COLUMNS, text);
}

static void say_input(const struct pen *p, const struct analysis *a)
{
	char packets[NUMBER_TEXT_MAX], bytes[NUMBER_TEXT_MAX], line[SENTENCE_MAX];

	plural_text(a->packets, "packet", packets);
	bytes_text(a->bytes, bytes);
	if (a->file_count == 1)
		snprintf(line, sizeof(line), "%s (%s) from %.300s", packets, bytes,
		         a->files[0].path);
	else
		snprintf(line, sizeof(line), "%s (%s) from %zu inputs", packets, bytes,
		         a->file_count);
	say(p, "Read", line);
}

static void say_span(const struct pen *p, const struct analysis *a)
{
	char first[TIME_TEXT_MAX], last[TIME_TEXT_MAX], span[TIME_TEXT_MAX], line[SENTENCE_MAX];

	if (!has_times(a)) {
		say(p, "Time", "nothing was read that bears a time");
		return;
	}
	time_text(a->first_ns, 0, first);
	time_text(a->last_ns, 0, last);
	duration_text(span_seconds(a), span);
	snprintf(line, sizeof(line), "%s to %s (%s)", first, last, span);
	say(p, "Time", line);
}

static void say_telescope(const struct pen *p, const struct analysis *a,
                          const struct report_options *o)
{
	char line[SENTENCE_MAX], prefix[PREFIX_TEXT_MAX], addresses[NUMBER_TEXT_MAX];
	size_t used = 0;

	line[0] = '\0';
	for (size_t i = 0; i < a->telescope.count && i < PREFIXES_SHOWN; i++) {
		prefix_out(o, &a->telescope.items[i], prefix);
		used += (size_t)snprintf(line + used, sizeof(line) - used, "%s%s", i ? ", " : "",
		                         prefix);
	}
	if (a->telescope.count > PREFIXES_SHOWN)
		used += (size_t)snprintf(line + used, sizeof(line) - used, " and %zu more",
		                         a->telescope.count - PREFIXES_SHOWN);
	addresses_text(a->addresses, addresses, sizeof(addresses));
	snprintf(line + used, sizeof(line) - used, "%s%s address%s%s", used ? ": " : "", addresses,
	         a->addresses == 1 ? "" : "es",
	         a->inferred ? ", guessed from the traffic (--net says it for sure)" : "");
	say(p, "Telescope", line);
}

static void say_rates(const struct pen *p, const struct analysis *a)
{
	char sources[NUMBER_TEXT_MAX], rate[NUMBER_TEXT_MAX], each[NUMBER_TEXT_MAX],
	        line[SENTENCE_MAX];
	double span = span_seconds(a), packets = (double)analysed_packets(a);

	plural_text(a->sources_total, "source", sources);
	if (span > 0 && a->addresses > 0) {
		short_text(packets / span, rate);
		short_text(packets / span * 86400 / a->addresses, each);
		snprintf(line, sizeof(line),
		         "%s, %s packets a second, %s packets a day to each address", sources, rate,
		         each);
	} else {
		snprintf(line, sizeof(line), "%s", sources);
	}
	say(p, "Seen", line);
}

static void say_names(const struct pen *p, const struct analysis *a)
{
	char geo[TIME_TEXT_MAX], asn[TIME_TEXT_MAX], line[SENTENCE_MAX];

	if (!a->geo_built_ns && !a->asn_built_ns)
		return;
	time_text(a->geo_built_ns, 0, geo);
	time_text(a->asn_built_ns, 0, asn);
	geo[10] = asn[10] = '\0'; /* the day is enough */
	snprintf(line, sizeof(line), "%s%s%s%s%s", a->geo_built_ns ? "countries as of " : "",
	         a->geo_built_ns ? geo : "", a->geo_built_ns && a->asn_built_ns ? ", " : "",
	         a->asn_built_ns ? "networks as of " : "", a->asn_built_ns ? asn : "");
	say(p, "Names", line);
}

static void headline(const struct pen *p, const struct analysis *a, const struct report_options *o)
{
	char title[64];

	snprintf(title, sizeof(title), "noroshi %.40s", report_version(o));
	pen_ink(p, INK_BOLD, title);
	pen_ink(p, INK_DIM, "  what came to addresses that nobody uses");
	outfile_text(p->out, "\n");
	if (a->partial)
		pen_wrap(p, "Partial", INK_WARNING, LABEL_COLUMNS, "stopped by a signal");
	say_input(p, a);
	say_span(p, a);
	say_telescope(p, a, o);
	say_rates(p, a);
	say_names(p, a);
}

static double bin_value(const struct series_bin *b, bool sources)
{
	double sum = 0;

	if (sources)
		return isfinite(b->sources_all) ? b->sources_all : 0;
	for (unsigned s = 0; s < SERIES_COUNT; s++)
		sum += (double)b->packets[s];
	return sum;
}

/* Columns of a sparkline: whole bins each where there are more bins than columns, and each
 * bin as often as it fits where there are few. */
static unsigned spread(const struct analysis *a, bool sources, unsigned columns, double values[])
{
	size_t n = a->series_count;
	size_t merge = (n + columns - 1) / columns;
	size_t repeat = n * 2 <= columns ? columns / n : 1;
	unsigned used = 0;

	for (size_t i = 0; i < n; i += merge) {
		double sum = 0;
		size_t end = i + merge < n ? i + merge : n;

		for (size_t k = i; k < end; k++)
			sum += bin_value(&a->series[k], sources) / (double)(end - i);
		for (size_t r = 0; r < repeat; r++)
			values[used++] = sum;
	}
	return used;
}

static unsigned sparkline(const struct pen *p, const struct analysis *a, bool sources)
{
	static const char *const levels[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
	double values[TEXT_WIDTH_MAX], highest = 0;
	unsigned n = spread(a, sources, (unsigned)(p->width - LABEL_COLUMNS), values);
	char line[TEXT_WIDTH_MAX * 3 + 1];
	size_t used = 0;

	for (unsigned i = 0; i < n; i++)
		highest = values[i] > highest ? values[i] : highest;
	line[0] = '\0';
	for (unsigned i = 0; i < n; i++) {
		unsigned level = highest > 0 ? (unsigned)(values[i] / highest * 8 + 0.5) : 0;

		if (level == 0 && values[i] > 0)
			level = 1;
		used += (size_t)snprintf(line + used, sizeof(line) - used, "%s", levels[level]);
	}
	outfile_printf(p->out, "  %-*s", LABEL_COLUMNS - 2, sources ? "sources" : "packets");
	pen_ink(p, INK_BAR, line);
	outfile_text(p->out, "\n");
	return n;
}

static void over_time(const struct pen *p, const struct analysis *a)
{
	char from[TIME_TEXT_MAX], to[TIME_TEXT_MAX], column[TIME_TEXT_MAX], note[80];
	unsigned width = (unsigned)(p->width - LABEL_COLUMNS), n;
	uint64_t end = a->series_start_ns + a->series_count * a->series_bin_ns;
	size_t merge;

	if (a->series_count == 0)
		return;
	merge = (a->series_count + width - 1) / width;
	duration_text((double)(merge * a->series_bin_ns) / (double)NS_PER_SECOND, column);
	snprintf(note, sizeof(note), "steps of %s", column);
	pen_heading(p, "Over time", note);
	sparkline(p, a, false);
	n = sparkline(p, a, true);
	time_text(a->series_start_ns, 0, from);
	time_text(end, 0, to);
	if (n >= 44)
		outfile_printf(p->out, "%*s%s%*s\n", LABEL_COLUMNS, "", from,
		               (int)n - (int)strlen(from), to);
	else
		outfile_printf(p->out, "%*s%s to %s\n", LABEL_COLUMNS, "", from, to);
}

static void take_sentence(void *state, const char *sentence)
{
	pen_wrap(state, "-", INK_DIM, 4, sentence);
}

static void take_caveat(void *state, const char *sentence)
{
	pen_wrap(state, "!", INK_WARNING, 4, sentence);
}

static void note_any(void *state, const char *sentence)
{
	(void)sentence;
	*(bool *)state = true;
}

enum status report_text(const struct analysis *a, const struct report_options *options,
                        struct outfile *out)
{
	struct pen p = pen_init(out, options->text);
	bool caveats = false;

	headline(&p, a, options);
	over_time(&p, a);
	text_ports(&p, a);
	text_new(&p, a);
	text_kinds(&p, a);
	text_tools(&p, a);
	text_sources(&p, a, options);
	text_attacks(&p, a, options);
	pen_heading(&p, "What this telescope cannot see", NULL);
	limits_tell(a, take_sentence, &p);
	caveats_tell(a, note_any, &caveats);
	if (caveats) {
		pen_heading(&p, "Mind", NULL);
		caveats_tell(a, take_caveat, &p);
	}
	return outfile_status(out);
}
