/* SPDX-License-Identifier: Apache-2.0 */
/* Where flow rows go, in a form that the file's ending or a name chooses: ship/flow_writer.h's, or
 * Parquet by the storer. One thread. */
#ifndef NOROSHI_FLOW_OUT_H
#define NOROSHI_FLOW_OUT_H

#include "ship/flow_writer.h"
#include "store/flow_parquet.h"

struct flow_out {
	struct flow_writer *writer;
	struct flow_parquet *parquet; /* one of the two */
};

/* format: csv, jsonl, batch or parquet; NULL: by the ending. options->format is not read.
 * STATUS_USAGE for another. flow_out_abandon() in any case. */
MUST_USE enum status flow_out_open(struct flow_out *out, const char *path, const char *format,
                                   const struct flow_writer_options *options,
                                   struct flow_sink *sink, struct trouble *t);
MUST_USE enum status flow_out_commit(struct flow_out *out, struct trouble *t);
void flow_out_abandon(struct flow_out *out);

#endif
