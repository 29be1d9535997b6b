/* SPDX-License-Identifier: Apache-2.0 */
/* Ports with weights, "23:9, 2323:1, 8000-8100": the text, the n-th, a random one. Pure. */
#ifndef SYNTH_PORT_LIST_H
#define SYNTH_PORT_LIST_H

#include "base/prng.h"
#include "synth/scenario.h"

/* STATUS_FORMAT for anything else, and past PORT_RANGES_MAX ranges. */
MUST_USE enum status port_list_parse(const char *text, struct port_list *out);

/* The port at a place below list->ports. */
uint16_t port_list_at(const struct port_list *list, uint32_t place);

/* A random one by weight; within a range all are alike. */
uint16_t port_list_draw(const struct port_list *list, struct prng *random);

#endif
