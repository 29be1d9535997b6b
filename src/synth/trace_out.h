/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames into a capture: pcap (microseconds) or pcapng, little-endian, Ethernet. Times are
 * cut to microseconds. Errors are the outfile's and stay there. One thread.
 */
#ifndef SYNTH_TRACE_OUT_H
#define SYNTH_TRACE_OUT_H

#include "base/outfile.h"
#include "synth/frame.h"

#include <stdint.h>

struct trace_out {
	struct outfile *file;
	uint32_t snaplen;
	bool pcapng;
};

/* Writes the file header. */
void trace_begin(struct trace_out *out, struct outfile *file, bool pcapng, uint32_t snaplen);

void trace_frame(struct trace_out *out, uint64_t time_ns, const struct frame *f);

#endif
