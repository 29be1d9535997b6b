/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The truth about a generated capture as JSON (docs/schema/truth.schema.json,
 * noroshi-synth(1)): what each sender is and did, the attacks, groups and worms.
 *
 * Call after generator_run(). Forged floods are summed up: their sources are counted, not
 * listed. Errors are the outfile's.
 */
#ifndef SYNTH_TRUTH_H
#define SYNTH_TRUTH_H

#include "base/outfile.h"
#include "synth/generator.h"

void truth_write(const struct generator *g, struct outfile *out);

/* What a sender does, from the distinct destinations and ports that it reached (Liu and
 * Fukuda's default counts: 5 destinations, 5 ports, 15 packets). */
enum behaviour truth_behaviour(const struct sender *s);

#endif
