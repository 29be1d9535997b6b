/* SPDX-License-Identifier: Apache-2.0 */
/* bench_flows_alone FILE: flows and sources without the conclusions and the report, one thread. */
#include "aggregate/pipeline.h"

#include <inttypes.h>
#include <stdio.h>

#define TELESCOPE "198.18.0.0/16" /* of the benchmark's capture */

static enum status run(const char *path, struct pipeline_input *read, struct trouble *t)
{
	struct prefix_set monitored = {0};
	struct prefix net;
	struct pipeline_options options = {
	        .threads = 1, .memory = PIPELINE_MEMORY_DEFAULT, .monitored = &monitored};
	struct pipeline *pipeline = NULL;
	struct input *in = NULL;
	enum status st = prefix_parse(TELESCOPE, &net);

	if (!st)
		st = prefix_set_add(&monitored, net);
	prefix_set_seal(&monitored);
	if (!st)
		st = input_open(&in, path, &(struct input_options){.workers = 1}, t);
	if (!st)
		st = pipeline_new(&pipeline, &options);
	if (!st)
		st = pipeline_run(pipeline, in, read, t);
	if (!st)
		st = pipeline_finish(pipeline);
	pipeline_free(pipeline);
	input_close(in);
	prefix_set_clear(&monitored);
	return st;
}

int main(int argc, char **argv)
{
	struct pipeline_input read = {0};
	struct trouble t = {0};
	enum status st;

	if (argc != 2) {
		fprintf(stderr, "usage: bench_flows_alone FILE\n");
		return 2;
	}
	st = run(argv[1], &read, &t);
	printf("%" PRIu64 " packets, %" PRIu64 " bytes\n", read.packets, read.bytes);
	if (st)
		fprintf(stderr, "%s\n", status_text(st));
	return st != STATUS_OK;
}
