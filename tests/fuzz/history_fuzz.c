/* SPDX-License-Identifier: Apache-2.0 */
/* Others' logs: any bytes, in each of the formats, up to their series. */
#include "history/tally.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void count(struct history *h, uint32_t step_s)
{
	struct tally_span span;
	struct tally_set set;
	struct trouble t;

	if (tally_span_of(&span, h, step_s, &t) != STATUS_OK)
		return;
	for (int kind = 0; kind < TALLY_KINDS; kind++) {
		if (tally_build(&set, h, &span, (enum tally_kind)kind, 5, span.bins) == STATUS_OK)
			tally_clear(&set);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct history h;
	struct trouble t;

	for (unsigned i = 0; i <= history_format_count && size <= 1 << 16; i++) {
		struct history_options o = {.format = i ? &history_formats[i - 1] : NULL};

		history_init(&h, 1 << 20);
		if (history_read_bytes(&h, "fuzz", data, size, &o, &t) == STATUS_OK) {
			history_seal(&h);
			count(&h, 86400);
			count(&h, 3600);
		}
		history_clear(&h);
	}
	return 0;
}
