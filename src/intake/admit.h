/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Can this frame be true? What a sensor says is not believed where it contradicts itself, the
 * clock or arithmetic. Pure, any thread.
 */
#ifndef INTAKE_ADMIT_H
#define INTAKE_ADMIT_H

#include "intake/intake.h"
#include "ship/batch.h"

enum {
	ADMIT_SPAN_S = 60,           /* a final window */
	ADMIT_LIVE_SPAN_S = 1,       /* a provisional one */
	ADMIT_AHEAD_S = 120,         /* a clock may be so much ahead */
	ADMIT_HOLD_S = 3600,         /* up to here the sensor is asked to come later */
	ADMIT_OLDEST_S = 35 * 86400, /* nobody spools so long */
	ADMIT_LIVE_OLDEST_S = 300,
	ADMIT_PACKETS_S_MAX = 50000000, /* a second; twice what 10 Gbit/s can carry */
	ADMIT_BYTES_MIN = 20,           /* of a packet: an IPv4 header */
	ADMIT_BYTES_MAX = 65535,
};

/* By the header alone. ACKNOWLEDGED or PROVISIONAL: go on. */
enum intake_verdict admit_header(const struct batch_frame *f, uint32_t sensor, uint64_t now_s,
                                 struct intake_answer *answer);

/* By the rows as well. */
enum intake_verdict admit_rows(const struct batch_frame *f, const struct flow *rows,
                               struct intake_answer *answer);

#endif
