/* SPDX-License-Identifier: Apache-2.0 */
#include "aggregate/timebins.h"

#include <stddef.h>

static uint32_t wider(uint32_t width_s)
{
	static const uint32_t chain[] = {60,    300,   900,   1800,   3600,   10800,
	                                 21600, 43200, 86400, 604800, 2419200};

	for (size_t i = 0; i + 1 < sizeof(chain) / sizeof(chain[0]); i++) {
		if (chain[i] == width_s)
			return chain[i + 1];
	}
	return width_s * 4;
}

bool timebins_cover(struct timebins *b, uint32_t time_s, struct timebins_move *move)
{
	uint64_t low, high;
	uint32_t width = b->width_s;

	if (width == 0) {
		b->width_s = 60;
		b->first = time_s / 60;
		b->used = 1;
		return false;
	}
	low = b->first;
	high = b->first + b->used - 1;
	if (time_s / width >= low && time_s / width <= high)
		return false;
	for (;; width = wider(width)) {
		uint64_t at = time_s / width, first = b->first * b->width_s / width,
		         last = high * b->width_s / width;

		low = at < first ? at : first;
		if ((at > last ? at : last) - low < b->columns) {
			b->used = (uint32_t)((at > last ? at : last) - low + 1);
			break;
		}
	}
	move->factor = width / b->width_s;
	move->shift = b->first - low * move->factor;
	b->width_s = width;
	b->first = low;
	return move->factor != 1 || move->shift != 0;
}
