/* SPDX-License-Identifier: Apache-2.0 */
#include "report/limits.h"

#include "base/timefmt.h"
#include "report/figures.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

/* One bot of the Mirai family sends about 160 SYNs a second (30-detection section 8). */
#define MIRAI_BOT_PPS 160.0

/* Longer than anybody waits: said as "cannot be told". */
#define LIFETIME_S 1e10

struct teller {
	sentence_taker *take;
	void *state;
};

static void tell(const struct teller *t, const char *fmt, ...) PRINTF_LIKE(2, 3);

static void tell(const struct teller *t, const char *fmt, ...)
{
	char sentence[SENTENCE_MAX];
	va_list args;

	va_start(args, fmt);
	vsnprintf(sentence, sizeof(sentence), fmt, args);
	va_end(args);
	t->take(t->state, sentence);
}

static bool is_amount(double n)
{
	return isfinite(n) && n > 0;
}

void addresses_text(double n, char *out, size_t size)
{
	char digits[NUMBER_TEXT_MAX];
	int power = 0;

	if (n >= 1e12 && isfinite(n)) {
		snprintf(out, size, "%s2^%d", frexp(n, &power) == 0.5 ? "" : "about ",
		         (int)lround(log2(n)));
		return;
	}
	count_text(whole(n), digits);
	snprintf(out, size, "%s", digits);
}

void limits_tell(const struct analysis *a, sentence_taker *take, void *state)
{
	const struct teller t = {take, state};
	char slow[TIME_TEXT_MAX], bot[TIME_TEXT_MAX], rate[NUMBER_TEXT_MAX];
	double seconds = a->seconds_to_see_10pps_95;

	if (is_amount(seconds) && seconds < LIFETIME_S) {
		duration_text(seconds, slow);
		duration_text(seconds * 10 / MIRAI_BOT_PPS, bot);
		tell(&t,
		     "A scanner that sends 10 packets a second to all of IPv4 shows up within %s "
		     "with a chance of 95 %%; one Mirai bot at 160 packets a second within %s.",
		     slow, bot);
		if (seconds > span_seconds(a))
			tell(&t, "That is longer than this capture: many scanners that slow are "
			         "not in it.");
	} else {
		tell(&t, "How long a scanner stays unseen cannot be told for these addresses: "
		         "nobody walks through all of IPv6.");
	}
	if (is_amount(a->smallest_victim_pps)) {
		short_text(a->smallest_victim_pps, rate);
		tell(&t,
		     "A victim of a flood with random forged senders is seen from %s packets a "
		     "second on; weaker ones, floods with real senders and floods that are "
		     "reflected stay invisible.",
		     rate);
	} else {
		tell(&t, "The rate at a flood's victim cannot be told from these addresses.");
	}
	tell(&t, "Addresses are not machines: one machine may change its address, and many may "
	         "share one.");
}

static void tell_skipped(const struct teller *t, const struct analysis *a)
{
	char n[NUMBER_TEXT_MAX];

	for (unsigned s = 0; s < SKIP_COUNT; s++) {
		if (!a->skipped[s])
			continue;
		plural_text(a->skipped[s], "record", n);
		tell(t, "%s not analysed: %s.", n, skip_name((enum skip_reason)s));
	}
}

static void tell_folded(const struct teller *t, const struct analysis *a)
{
	char sources[NUMBER_TEXT_MAX], packets[NUMBER_TEXT_MAX], ports[NUMBER_TEXT_MAX],
	        vectors[NUMBER_TEXT_MAX];

	if (!a->folded.sources && !a->folded.ports && !a->folded.vectors)
		return;
	plural_text(a->folded.sources, "source", sources);
	plural_text(a->folded.packets, "packet", packets);
	plural_text(a->folded.ports, "port", ports);
	plural_text(a->folded.vectors, "victim", vectors);
	tell(t,
	     "To stay within the memory budget the smallest were counted together: %s with "
	     "%s, %s, %s. More memory (--memory) keeps them apart.",
	     sources, packets, ports, vectors);
}

void caveats_tell(const struct analysis *a, sentence_taker *take, void *state)
{
	const struct teller t = {take, state};
	char n[NUMBER_TEXT_MAX];

	if (a->partial)
		tell(&t, "Reading was stopped by a signal: these are the figures up to there.");
	for (size_t i = 0; i < a->file_count; i++) {
		if (a->files[i].truncated)
			tell(&t, "%.200s ends in the middle of a record.", a->files[i].path);
	}
	tell_skipped(&t, a);
	if (a->dropped) {
		plural_text(a->dropped, "packet", n);
		tell(&t, "The kernel lost %s.", n);
	}
	if (a->late) {
		plural_text(a->late, "packet", n);
		tell(&t, "The clock went back for %s, counted where it stood before.", n);
	}
	tell_folded(&t, a);
	for (size_t i = 0; i < a->warning_count; i++)
		tell(&t, "%.380s", a->warnings[i]);
}
