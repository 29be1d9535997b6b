/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A local ring of raw packets: pcap files that take turns in one folder and never leave it.
 *
 * A store is RAW_FILES files at most, of a sixteenth of its size each, named raw-SEQUENCE.pcap;
 * a new one pushes out the oldest. Each queue writes files of its own, in nanoseconds, with VLAN
 * tags put back. A queue's writer belongs to its thread; its bytes go out when RAW_BUFFER_BYTES
 * are together or raw_flush() says so. Where the disk is full, or writing fails, packets are
 * counted and not kept; it is tried again after RAW_RETRY_S. Nothing here is an error for
 * the sensor: it goes on counting. raw_open() wants the folder; later opens go below its
 * descriptor.
 */
#ifndef CAPTURE_RAW_H
#define CAPTURE_RAW_H

#include "base/status.h"
#include "capture/tap.h"

#include <stdint.h>

enum {
	RAW_FILES = 16,
	RAW_BUFFER_BYTES = 256 * 1024,
	RAW_RETRY_S = 10,
};

#define RAW_BYTES_MIN     UINT64_C(16777216)   /* 16 MiB */
#define RAW_BYTES_DEFAULT UINT64_C(1073741824) /* 1 GiB */

struct raw;

/* Files of an earlier run in the folder go on to be the oldest. bytes >= RAW_BYTES_MIN. */
MUST_USE enum status raw_open(struct raw **out, const char *folder, uint64_t bytes, unsigned queues,
                              struct trouble *t);

/* Keep a batch of a queue. */
void raw_write(struct raw *r, unsigned queue, const struct tap_batch *batch);

/* Hand what a queue buffered to the kernel. */
void raw_flush(struct raw *r, unsigned queue);

/* Since the start; any thread. */
struct raw_counts {
	uint64_t packets, bytes; /* kept; bytes of the files */
	uint64_t lost;           /* packets that could not be written */
	uint64_t files;          /* begun */
	int error;               /* errno of the present trouble; 0: none */
};
struct raw_counts raw_counts(struct raw *r);

/* Flushes; the files stay. */
void raw_close(struct raw *r);

#endif
