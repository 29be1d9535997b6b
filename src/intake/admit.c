/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/admit.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

static enum intake_verdict PRINTF_LIKE(3, 4)
        say(struct intake_answer *answer, enum intake_verdict verdict, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(answer->why, sizeof(answer->why), fmt, args);
	va_end(args);
	return verdict;
}

static enum intake_verdict check_time(const struct batch_frame *f, uint64_t now_s, bool live,
                                      struct intake_answer *answer)
{
	uint64_t start = f->window.start_s, oldest = live ? ADMIT_LIVE_OLDEST_S : ADMIT_OLDEST_S;

	if (start > now_s + ADMIT_AHEAD_S && start <= now_s + ADMIT_HOLD_S && !live) {
		answer->retry_after_s = (uint32_t)(start - now_s - ADMIT_AHEAD_S);
		return say(answer, INTAKE_LATER,
		           "the window begins %llu s from now: is the sensor's clock ahead?",
		           (unsigned long long)(start - now_s));
	}
	if (start > now_s + ADMIT_AHEAD_S)
		return say(answer, INTAKE_REFUSED,
		           "the window begins %llu s from now: set the sensor's clock",
		           (unsigned long long)(start - now_s));
	if (start + oldest < now_s)
		return say(answer, INTAKE_REFUSED, "the window is %llu s old, older than is taken",
		           (unsigned long long)(now_s - start));
	return INTAKE_ACKNOWLEDGED;
}

enum intake_verdict admit_header(const struct batch_frame *f, uint32_t sensor, uint64_t now_s,
                                 struct intake_answer *answer)
{
	bool live = f->flags & BATCH_PROVISIONAL;
	uint32_t span = live ? ADMIT_LIVE_SPAN_S : ADMIT_SPAN_S;
	enum intake_verdict verdict;

	if (f->window.sensor != sensor)
		return say(answer, INTAKE_REFUSED,
		           "the frame is of sensor %u, the certificate of sensor %u",
		           f->window.sensor, sensor);
	if (f->window.span_s != span || f->window.start_s % span != 0)
		return say(answer, INTAKE_REFUSED, "a window of %u s at %u, where %u s are due",
		           f->window.span_s, f->window.start_s, span);
	if (!live && f->sequence == 0)
		return say(answer, INTAKE_REFUSED, "sequence 0 of a final window");
	if (f->window.packets > (uint64_t)ADMIT_PACKETS_S_MAX * span ||
	    f->window.rows > UINT32_MAX || f->rows > f->window.rows)
		return say(answer, INTAKE_REFUSED, "counts that cannot be");
	if (f->window.addresses > ldexp(1, 64))
		return say(answer, INTAKE_REFUSED, "more monitored addresses than there can be");
	verdict = check_time(f, now_s, live, answer);
	return verdict == INTAKE_ACKNOWLEDGED && live ? INTAKE_PROVISIONAL : verdict;
}

/* Past a few, distinct addresses are estimated, with an error of 3.3 %: five times that is beyond
 * belief. */
static double believable(double distinct)
{
	return distinct * 1.17 + 1;
}

static bool too_many_destinations(const struct window_header *w, const struct flow *row)
{
	double most = row->exact ? (double)row->packets : believable((double)row->packets);

	if (w->addresses > 0)
		most = fmin(most, believable(w->addresses));
	return row->destinations > most;
}

static const char *row_lie(const struct window_header *w, const struct flow *row)
{
	if (row->packets == 0)
		return "a row without packets";
	if (row->packets > w->packets)
		return "a row with more packets than the window";
	if (row->bytes / ADMIT_BYTES_MAX > row->packets)
		return "more bytes than its packets can hold";
	if (too_many_destinations(w, row))
		return "more destinations than packets or addresses";
	if (row->first_us > row->last_us || row->last_us >= (uint64_t)w->span_s * 1000000)
		return "times outside of the window";
	if (row->ttl_min > row->ttl_max)
		return "a smallest TTL above the largest";
	if (row->kind >= KIND_COUNT)
		return "an unknown kind";
	return NULL;
}

enum intake_verdict admit_rows(const struct batch_frame *f, const struct flow *rows,
                               struct intake_answer *answer)
{
	uint64_t packets = 0;

	for (uint32_t i = 0; i < f->rows; i++) {
		const char *lie = row_lie(&f->window, &rows[i]);

		if (lie)
			return say(answer, INTAKE_REFUSED, "row %u: %s", i + 1, lie);
		packets += rows[i].packets; /* each is at most window.packets: no overflow */
	}
	if (packets > f->window.packets)
		return say(answer, INTAKE_REFUSED, "more packets in rows than in the window");
	return INTAKE_ACKNOWLEDGED;
}
