/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file that takes flow rows: CSV, JSON lines, or the batch format (ship/batch.h).
 *
 * The file's ending chooses: .csv, .jsonl (also .ndjson, .json), .batch; .csv.zst and
 * .jsonl.zst are the same lines in a zstd frame. "-" is CSV on standard output, written
 * through. Any other file takes its name only at flow_writer_commit(); until then an old
 * file stays as it was. The writer owns itself and the sink's state; one thread.
 */
#ifndef SHIP_FLOW_WRITER_H
#define SHIP_FLOW_WRITER_H

#include "base/status.h"
#include "model/flow.h"

enum flow_format {
	FLOW_FORMAT_BY_ENDING,
	FLOW_FORMAT_CSV,
	FLOW_FORMAT_JSONL,
	FLOW_FORMAT_BATCH,
};

struct flow_writer_options {
	enum flow_format format; /* BY_ENDING unless the user chose another */
	/* What every source passes before it goes out (model/anonymize.h); NULL: as it is. */
	void (*map)(const void *state, const struct addr *in, struct addr *out);
	const void *map_state;
	uint64_t boot_id;  /* batch only: drawn when the sensor starts; 0 for files */
	uint64_t sequence; /* batch only: number of the first frame */
};

struct flow_writer;

/* Which format a path asks for. STATUS_USAGE with trouble where its ending says nothing. */
MUST_USE enum status flow_format_of(const char *path, enum flow_format *format, bool *zstd,
                                    struct trouble *t);

/* "csv", "jsonl", "batch"; STATUS_USAGE otherwise. */
MUST_USE enum status flow_format_parse(const char *name, enum flow_format *format);

/* Open path and fill *sink; options NULL: all defaults. The sink is valid until commit or
 * abandon. It hands back a full disk or a closed pipe as soon as it is known. */
MUST_USE enum status flow_writer_open(struct flow_writer **out, const char *path,
                                      const struct flow_writer_options *options,
                                      struct flow_sink *sink, struct trouble *t);

/* Finish the file and put it in place, then free. On failure the old file stays. */
MUST_USE enum status flow_writer_commit(struct flow_writer *w, struct trouble *t);

/* Throw away what was written and free. NULL is allowed. */
void flow_writer_abandon(struct flow_writer *w);

#endif
