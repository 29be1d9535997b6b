/* SPDX-License-Identifier: Apache-2.0 */
/* Which monitored address and port a sender goes for next. One thread. */
#ifndef SYNTH_AIM_H
#define SYNTH_AIM_H

#include "synth/sender.h"

/* The number of the next target, and its port. s->sent counts from 1 here. */
uint32_t aim_target(struct sender *s, const struct targets *space, uint16_t *port);

/* The address of a target number, of the sender's family. */
struct addr aim_address(const struct sender *s, const struct targets *space, uint32_t target);

#endif
