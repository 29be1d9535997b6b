/* SPDX-License-Identifier: Apache-2.0 */
/* What the tests of the spool and the sender share: frames of windows, and a folder. */
#ifndef TESTS_SPOOL_FRAMES_H
#define TESTS_SPOOL_FRAMES_H

#include "batch_rows.h"
#include "ship/spool.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* One window of `rows` rows as one frame; its packets into *packets. The caller frees bytes. */
static inline struct frames make_window(uint64_t boot, uint64_t sequence, uint32_t start_s,
                                        uint32_t rows, uint64_t *packets)
{
	struct frames f = {0};
	struct batch_encode_options options = {.emit = append_frame,
	                                       .state = &f,
	                                       .boot_id = boot,
	                                       .sequence = sequence,
	                                       .rows_max = rows ? rows : 1};
	struct window_health health = {.uptime_s = start_s, .version = "0.1"};
	struct window_header window = {
	        .start_s = start_s, .span_s = 60, .sensor = 7, .rows = rows, .health = &health};
	struct flow *row = calloc(rows + 1, sizeof(*row));
	struct batch_encoder *e;
	struct flow_sink sink;
	struct prng r;

	prng_init(&r, sequence);
	for (uint32_t i = 0; i < rows; i++) {
		draw_tame(&r, &row[i]);
		window.packets += row[i].packets;
	}
	if (batch_encoder_new(&e, &options, &sink) || sink.begin(sink.state, &window))
		abort();
	for (uint32_t i = 0; i < rows; i++) {
		if (sink.row(sink.state, &row[i]))
			abort();
	}
	if (sink.end(sink.state) || f.count != 1)
		abort();
	batch_encoder_free(e);
	free(row);
	if (packets)
		*packets = window.packets;
	return f;
}

struct folder {
	char path[64];
	char spool[96];
};

static inline struct folder make_folder(void)
{
	struct folder f;

	snprintf(f.path, sizeof(f.path), "/tmp/noroshi-spool-XXXXXX");
	if (!mkdtemp(f.path))
		abort();
	snprintf(f.spool, sizeof(f.spool), "%s/spool", f.path);
	return f;
}

static inline void empty_folder(const char *path)
{
	char name[PATH_MAX];
	DIR *list = opendir(path);
	struct dirent *entry;

	while (list && (entry = readdir(list))) {
		snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		unlink(name);
	}
	if (list)
		closedir(list);
}

static inline void remove_folder(const struct folder *f)
{
	empty_folder(f->spool);
	rmdir(f->spool);
	empty_folder(f->path);
	rmdir(f->path);
}

#endif
