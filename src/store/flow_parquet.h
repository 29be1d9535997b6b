/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flow rows as a Parquet file, written by the storer's engine.
 *
 * A storer runs for as long as the file is made, with its data in a directory beside the target
 * ("TARGET.XXXXXX", which goes away with it). Rows go in as the lines of ship/flow_text.h, so that
 * columns and values are those of the CSV; times are timestamps and numbers numbers. The file
 * takes its name when it is whole; until then an old one stays as it was. The writer owns
 * itself and the sink's state; one thread.
 */
#ifndef STORE_FLOW_PARQUET_H
#define STORE_FLOW_PARQUET_H

#include "base/status.h"
#include "model/flow.h"

#include <stdbool.h>

struct flow_parquet;

struct flow_parquet_options {
	const char *storer; /* path of noroshi-storer */
	/* What every source passes before it goes out (model/anonymize.h); NULL: as it is. */
	void (*map)(const void *state, const struct addr *in, struct addr *out);
	const void *map_state;
};

/* Does the path end in .parquet? */
bool flow_parquet_is_meant(const char *path);

/* Start the storer and fill *sink, which is valid until commit or abandon. STATUS_USAGE: standard
 * output, or something that is no regular file. STATUS_NOT_FOUND: no storer. */
MUST_USE enum status flow_parquet_open(struct flow_parquet **out, const char *path,
                                       const struct flow_parquet_options *options,
                                       struct flow_sink *sink, struct trouble *t);

/* Write the file and put it in place, then free. On failure the old file stays. What made the
 * sink fail is told here, too. */
MUST_USE enum status flow_parquet_commit(struct flow_parquet *p, struct trouble *t);

/* Throw away what was written and free. NULL is allowed. */
void flow_parquet_abandon(struct flow_parquet *p);

#endif
