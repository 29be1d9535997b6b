/* SPDX-License-Identifier: Apache-2.0 */
/* What those send who look for reflectors of amplification attacks (Rossow 2014,
 * "Amplification hell"; CISA alert TA14-017A): vector, UDP port, request. Constant. */
#ifndef SYNTH_AMPLIFIER_H
#define SYNTH_AMPLIFIER_H

#include <stddef.h>
#include <stdint.h>

struct amplifier {
	const char *name;
	uint16_t port;
	uint16_t length;
	const char *payload;
};

/* The place of a vector by name, or -1. Below VECTORS_MAX. */
int amplifier_find(const char *name);

/* One of the vectors whose bits are set (0: of all), as the key says. */
const struct amplifier *amplifier_draw(uint32_t vectors, uint32_t key);

#endif
