/* SPDX-License-Identifier: Apache-2.0 */
/* A scenario file from outside: refused with a reason, or read; small ones are run too. */
#include "synth/generator.h"

#include <assert.h>
#include <stdlib.h>

enum { SENDERS_RUN = 200, PACKETS_RUN = 2000 };

static bool stop(void *context, uint64_t packets, double share)
{
	(void)context;
	(void)share;
	return packets < PACKETS_RUN;
}

/* What a run may cost here; the reader's own bounds are far above. */
static bool is_small(const struct scenario *s)
{
	uint64_t senders = 0;

	for (size_t i = 0; i < s->campaign_count; i++)
		senders +=
		        s->campaigns[i].sources + (s->campaigns[i].aim == AIM_CONFICKER ? 100 : 0);
	return senders <= SENDERS_RUN && s->space.v4_size <= 65536;
}

static void run(const struct scenario *s)
{
	struct progress progress = {stop, NULL};
	struct generator g;
	struct trouble t;
	struct outfile *out;
	enum status st;

	for (size_t i = 0; i < s->campaign_count; i++) {
		if (s->campaigns[i].hits.high > PACKETS_RUN || s->campaigns[i].rate > 1e5)
			return;
		if (s->campaigns[i].interval_ns &&
		    s->duration_ns / s->campaigns[i].interval_ns > PACKETS_RUN)
			return;
	}
	st = outfile_open(&out, "/dev/null", &t);
	assert(!st);
	if (!generator_init(&g, s, &t)) {
		st = generator_run(&g, out, &progress, &t);
		generator_clear(&g);
	}
	outfile_abandon(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct scenario scenario;
	struct trouble t = {0};
	struct ini *ini;

	if (ini_parse(&ini, "fuzz", (const char *)data, size, &t)) {
		assert(t.text[0]);
		return 0;
	}
	if (scenario_of_ini(&scenario, ini, NULL, 0, &t)) {
		assert(t.text[0] && t.status != STATUS_OK);
		return 0;
	}
	if (is_small(&scenario))
		run(&scenario);
	scenario_clear(&scenario);
	return 0;
}
