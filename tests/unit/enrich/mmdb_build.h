/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes a tiny MaxMind-format file (MaxMind DB file format specification 2.0): an IPv6 tree
 * of 24-bit records, IPv4 under ::/96. Enough for tests, with no check of its own bounds but
 * asserts.
 */
#ifndef TESTS_MMDB_BUILD_H
#define TESTS_MMDB_BUILD_H

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { MMDB_NODES = 2000, MMDB_DATA = 4096, MMDB_ENTRY = 1 << 20 };

struct mmdb {
	uint32_t nodes[MMDB_NODES][2]; /* 0: nothing; from MMDB_ENTRY up: data at that offset */
	uint32_t node_count;
	uint8_t data[MMDB_DATA];
	size_t used;
};

static inline void mmdb_byte(struct mmdb *m, unsigned value)
{
	assert(m->used < MMDB_DATA);
	m->data[m->used++] = (uint8_t)value;
}

static inline void mmdb_map(struct mmdb *m, unsigned pairs)
{
	mmdb_byte(m, 7 << 5 | pairs);
}

static inline void mmdb_text(struct mmdb *m, const char *text)
{
	size_t n = strlen(text);

	assert(n < 285);
	mmdb_byte(m, 2 << 5 | (n < 29 ? (unsigned)n : 29));
	if (n >= 29)
		mmdb_byte(m, (unsigned)n - 29);
	for (size_t i = 0; i < n; i++)
		mmdb_byte(m, (unsigned char)text[i]);
}

/* type 5 (16 bits), 6 (32 bits) or 9 (64 bits) */
static inline void mmdb_number(struct mmdb *m, int type, uint64_t value, int bytes)
{
	if (type < 8) {
		mmdb_byte(m, (unsigned)type << 5 | (unsigned)bytes);
	} else {
		mmdb_byte(m, (unsigned)bytes);
		mmdb_byte(m, (unsigned)type - 7);
	}
	for (int i = bytes - 1; i >= 0; i--)
		mmdb_byte(m, value >> 8 * i & 0xff);
}

/* The data that is written next belongs to this prefix. */
static inline void mmdb_prefix(struct mmdb *m, const uint8_t address[16], unsigned length)
{
	uint32_t node = 0;

	m->node_count = m->node_count ? m->node_count : 1;
	for (unsigned i = 0; i < length; i++) {
		uint32_t *next = &m->nodes[node][address[i / 8] >> (7 - i % 8) & 1];

		if (i == length - 1) {
			*next = MMDB_ENTRY + (uint32_t)m->used;
		} else if (*next == 0) {
			assert(m->node_count < MMDB_NODES);
			*next = m->node_count++;
		}
		node = *next;
	}
}

static inline void mmdb_v4(struct mmdb *m, unsigned a, unsigned b, unsigned c, unsigned d,
                           unsigned length)
{
	uint8_t address[16] = {
	        [12] = (uint8_t)a, [13] = (uint8_t)b, [14] = (uint8_t)c, [15] = (uint8_t)d};

	mmdb_prefix(m, address, 96 + length);
}

static inline void mmdb_pair(struct mmdb *m, const char *key, const char *value)
{
	mmdb_text(m, key);
	mmdb_text(m, value);
}

static inline void mmdb_metadata(struct mmdb *m, uint64_t built)
{
	mmdb_map(m, 9);
	mmdb_text(m, "binary_format_major_version");
	mmdb_number(m, 5, 2, 2);
	mmdb_text(m, "binary_format_minor_version");
	mmdb_number(m, 5, 0, 2);
	mmdb_text(m, "build_epoch");
	mmdb_number(m, 9, built, 8);
	mmdb_pair(m, "database_type", "Test");
	mmdb_text(m, "description");
	mmdb_map(m, 0);
	mmdb_text(m, "ip_version");
	mmdb_number(m, 5, 6, 2);
	mmdb_text(m, "languages");
	mmdb_byte(m, 0); /* an empty array */
	mmdb_byte(m, 4);
	mmdb_text(m, "node_count");
	mmdb_number(m, 6, m->node_count, 4);
	mmdb_text(m, "record_size");
	mmdb_number(m, 5, 24, 2);
}

/* The whole file into out; returns its length. */
static inline size_t mmdb_finish(struct mmdb *m, uint64_t built, uint8_t *out, size_t room)
{
	static const char mark[] = "\xab\xcd\xefMaxMind.com";
	size_t at = 0, data = m->used;

	assert(room >= m->node_count * 6u + 16 + MMDB_DATA + sizeof(mark));
	for (uint32_t i = 0; i < m->node_count; i++) {
		for (int side = 0; side < 2; side++) {
			uint32_t to = m->nodes[i][side], record = m->node_count;

			if (to >= MMDB_ENTRY)
				record = to - MMDB_ENTRY + m->node_count + 16;
			else if (to)
				record = to;
			out[at++] = (uint8_t)(record >> 16);
			out[at++] = (uint8_t)(record >> 8);
			out[at++] = (uint8_t)record;
		}
	}
	memset(out + at, 0, 16);
	at += 16;
	memcpy(out + at, m->data, data);
	at += data;
	memcpy(out + at, mark, sizeof(mark) - 1);
	at += sizeof(mark) - 1;
	mmdb_metadata(m, built);
	memcpy(out + at, m->data + data, m->used - data);
	return at + m->used - data;
}

#endif
