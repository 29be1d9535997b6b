/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Read a capture to its end and keep what was seen, for the unit tests of this room.
 */
#ifndef TESTS_UNIT_CAPTURE_READING_H
#define TESTS_UNIT_CAPTURE_READING_H

#include "base/hash.h"
#include "capture/records.h"

#include "tap.h"

#include "bytes.h"

struct reading {
	enum status opened, result;
	uint64_t count, broken;
	uint64_t digest; /* over times, lengths, links and bytes, in order */
	struct record last;
	struct trouble trouble;
};

__attribute__((unused)) static uint64_t digest_record(uint64_t digest, const struct record *r)
{
	digest = hash_mix(digest ^ r->time_ns, 0x9e3779b97f4a7c15u);
	digest = hash_mix(digest ^ ((uint64_t)r->captured << 32 | r->wire), 0x9e3779b97f4a7c15u);
	digest = hash_mix(digest ^ r->link, 0x9e3779b97f4a7c15u);
	for (uint32_t i = 0; i < r->captured; i++)
		digest = (digest ^ r->bytes[i]) * 0x100000001b3u;
	return digest;
}

__attribute__((unused)) static void read_as_worker(struct reading *out, struct input *in,
                                                   unsigned worker)
{
	struct record batch[RECORD_BATCH];
	struct records *r = NULL;
	unsigned count;

	if (records_new(&r, in, worker) != STATUS_OK)
		abort();
	while (records_next(r, batch, &count) == STATUS_OK) {
		for (unsigned i = 0; i < count; i++)
			out->digest = digest_record(out->digest, &batch[i]);
		out->last = batch[count - 1];
		out->last.bytes = NULL;
	}
	out->count = records_count(r);
	out->broken = records_broken(r);
	out->result = records_result(r, &out->trouble);
	records_free(r);
}

__attribute__((unused)) static struct reading read_path(const char *path, size_t block_bytes)
{
	struct input_options o = {.workers = 1, .block_bytes = block_bytes};
	struct reading out = {0};
	struct input *in = NULL;

	out.opened = input_open(&in, path, &o, &out.trouble);
	if (!out.opened)
		read_as_worker(&out, in, 0);
	input_close(in);
	return out;
}

__attribute__((unused)) static struct reading read_bytes(const struct bytes *b, size_t block_bytes)
{
	char path[64];
	struct reading out;

	bytes_save(b, path);
	out = read_path(path, block_bytes);
	unlink(path);
	return out;
}

#endif
