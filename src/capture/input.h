/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where capture bytes come from: a file, standard input, compressed or not, or a live
 * interface; handed out as blocks that all workers read together.
 *
 * An input yields one stream of bytes in a capture file format (a live interface yields
 * pcap with nanoseconds). Blocks are numbered from 0 and are the same bytes for every
 * worker; a worker asks for them in order and gives one back by asking for the next.
 * A plain file is read by whichever worker needs a block first; compressed files, pipes
 * and interfaces are read ahead by a thread of their own. At most INPUT_RING blocks are
 * held. Reading by pread, not by mapping, so that a file that is cut while we read is an
 * early end and not a SIGBUS.
 *
 * input_open/close belong to one thread; input_block may be called by all workers at
 * once, each with its own number.
 */
#ifndef CAPTURE_INPUT_H
#define CAPTURE_INPUT_H

#include "base/status.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	INPUT_BLOCK_BYTES = 512 * 1024,
	INPUT_RING = 8,
	INPUT_WORKERS_MAX = 16,
};

struct input;

struct input_block {
	const uint8_t *bytes;
	size_t size;
};

struct input_options {
	unsigned workers;   /* 1 to INPUT_WORKERS_MAX */
	const char *filter; /* pcap-filter(7) expression for a live interface, or NULL */
	const atomic_bool
	        *stop;      /* set from outside: the stream ends at the next block; may be NULL */
	size_t block_bytes; /* 0: as is best; tests make blocks small to have records straddle them
	                     */
};

/* Open a file ("-": standard input). gzip and zstd are recognised by their first bytes, in
 * standard input too; concatenated members and frames are read through. */
MUST_USE enum status input_open(struct input **out, const char *path, const struct input_options *o,
                                struct trouble *t);

/* Open a live interface (libpcap; promiscuous, snapshot 65535). Never sends. */
MUST_USE enum status input_open_live(struct input **out, const char *interface,
                                     const struct input_options *o, struct trouble *t);

/* Block `index` for `worker`: STATUS_OK, or STATUS_END after the last. The block stays valid
 * until the same worker asks for the next one. Blocks while a live source is quiet, but
 * a partly filled block is handed out at least each 200 ms. */
MUST_USE enum status input_block(struct input *in, unsigned worker, uint64_t index,
                                 struct input_block *out);

/* The worker asks for no more blocks, so that the others need not wait for it. */
void input_leave(struct input *in, unsigned worker);

/* After the end: STATUS_OK, or why the stream ended early, with the trouble: STATUS_IO (a read
 * error, an interface that went down), STATUS_LIMIT (a broken gzip or zstd stream),
 * STATUS_INTERRUPTED (stop was set). */
MUST_USE enum status input_result(struct input *in, struct trouble *t);

/* The file or interface, for messages. */
const char *input_name(const struct input *in);

/* Bytes read so far of the file as it lies on disk, and its size (0: not known). For
 * progress; any thread. */
void input_progress(const struct input *in, uint64_t *done, uint64_t *total);

/* Packets that the kernel dropped on a live interface; 0 for files. */
uint64_t input_dropped(struct input *in);

void input_close(struct input *in);

#endif
