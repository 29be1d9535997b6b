/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a capture file: recognised, unpacked, walked, every packet decoded, with whole
 * blocks and with blocks so small that everything straddles; both must see the same, but for
 * gzip and zstd streams that break: how much the libraries hand out before the break depends
 * on the room that they are given.
 */
#include "base/hash.h"
#include "parse/parse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every captured byte is looked at, so that a sanitizer sees where they lie. */
static uint64_t digest_record(const struct record *r)
{
	uint64_t digest = r->time_ns ^ r->wire;
	enum skip_reason skip;
	struct transport t;
	struct packet p;

	if (r->wire < r->captured)
		abort();
	for (uint32_t i = 0; i < r->captured; i++)
		digest = hash_u64(digest ^ r->bytes[i], i);
	if (!parse_network(r, &p, &t, &skip))
		return hash_u64(digest, (uint64_t)skip);
	parse_transport(&p, &t);
	for (uint32_t i = 0; i < p.payload_len; i++)
		digest = hash_u64(digest ^ p.payload[i], i);
	return hash_u64(digest, p.options_hash);
}

static uint64_t read_all(const char *path, size_t block_bytes)
{
	struct input_options o = {.workers = 1, .block_bytes = block_bytes};
	struct record batch[RECORD_BATCH];
	struct records *r = NULL;
	struct input *in = NULL;
	struct trouble t;
	uint64_t digest = 0;
	unsigned count;

	if (input_open(&in, path, &o, &t))
		return 0;
	if (records_new(&r, in, 0))
		abort();
	while (records_next(r, batch, &count) == STATUS_OK) {
		for (unsigned i = 0; i < count; i++)
			digest = hash_u64(digest ^ digest_record(&batch[i]), 1);
	}
	digest = hash_u64(digest ^ records_count(r), records_broken(r));
	digest ^= (uint64_t)records_result(r, &t);
	records_free(r);
	input_close(in);
	return digest;
}

static bool is_compressed(const uint8_t *data, size_t size)
{
	return size >= 4 && (memcmp(data, "\x1f\x8b", 2) == 0 || data[1] == 0xb5 ||
	                     memcmp(data + 1, "\x2a\x4d\x18", 3) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("capture", MFD_CLOEXEC);
	uint64_t whole, small;
	char path[64];

	if (fd < 0 || (size > 0 && write(fd, data, size) != (ssize_t)size))
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	whole = read_all(path, 0);
	small = read_all(path, 37);
	if (whole != small && !is_compressed(data, size))
		abort();
	close(fd);
	return 0;
}
