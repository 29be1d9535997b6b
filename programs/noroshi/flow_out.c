/* SPDX-License-Identifier: Apache-2.0 */
#include "flow_out.h"

#include "hub_place.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum status open_parquet(struct flow_out *out, const char *path,
                                const struct flow_writer_options *o, struct flow_sink *sink,
                                struct trouble *t)
{
	const char *named = getenv("NOROSHI_STORER");
	char storer[PATH_MAX];
	enum status st;

	if (named && *named)
		snprintf(storer, sizeof(storer), "%s", named);
	else
		hub_place_storer(storer);
	st = flow_parquet_open(&out->parquet, path,
	                       &(struct flow_parquet_options){
	                               .storer = storer, .map = o->map, .map_state = o->map_state},
	                       sink, t);
	if (st == STATUS_NOT_FOUND && t && strcmp(t->file, storer) == 0)
		trouble_set(t, st, path, 0,
		            "Parquet is written by noroshi-storer, and there is none at %.300s",
		            storer);
	return st;
}

enum status flow_out_open(struct flow_out *out, const char *path, const char *format,
                          const struct flow_writer_options *options, struct flow_sink *sink,
                          struct trouble *t)
{
	struct flow_writer_options o = *options;

	*out = (struct flow_out){0};
	if (format ? strcmp(format, "parquet") == 0 : flow_parquet_is_meant(path))
		return open_parquet(out, path, options, sink, t);
	if (format && flow_format_parse(format, &o.format))
		return trouble_set(t, STATUS_USAGE, NULL, 0,
		                   "--format: '%s' is none of csv, jsonl, batch, parquet", format);
	return flow_writer_open(&out->writer, path, &o, sink, t);
}

enum status flow_out_commit(struct flow_out *out, struct trouble *t)
{
	enum status st = STATUS_OK;

	if (out->parquet)
		st = flow_parquet_commit(out->parquet, t);
	else if (out->writer)
		st = flow_writer_commit(out->writer, t);
	*out = (struct flow_out){0};
	return st;
}

void flow_out_abandon(struct flow_out *out)
{
	flow_parquet_abandon(out->parquet);
	flow_writer_abandon(out->writer);
	*out = (struct flow_out){0};
}
