/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The batch format, version 1: flow rows as compressed columns. What a sensor ships to the
 * hub, and what `--flows FILE.batch` writes. An interface that stays: a change is a new
 * version, and a hub reads every version that a sensor in the field may send (docs/adr/0005).
 *
 * All integers are little-endian. A checksum is CRC-32C (RFC 3720 appendix B.4).
 *
 *   file     +----------------+-------+-------+ ...       a file is its header and frames;
 *            | file header 16 | frame | frame |           frames can be cut out and appended
 *            +----------------+-------+-------+ ...       as they are
 *
 *   file header      0  "NOROSHI" 1a
 *                    8  version u16 | 10  0 u16 | 12  checksum of bytes 0 to 11 u32
 *
 *   frame    +------------------+---------+---------+ ... one window, or a part of one
 *            | frame header 128 | section | section |
 *            +------------------+---------+---------+ ...
 *
 *   frame header     0  "NRFB"                    56  packets u64
 *                    4  header bytes u16 (128)    64  dropped u64
 *                    6  flags u16                 72  skipped u64
 *                    8  body bytes u32            80  late u64
 *                   12  rows here u32             88  rows of the whole window u64
 *                   16  plain bytes u32           96  monitored addresses f64
 *                   20  part u32, from 0         104  0, 16 bytes
 *                   24  boot id u64              120  checksum of the body u32
 *                   32  sequence u64             124  checksum of bytes 0 to 123 u32
 *                   40  window start, s u32
 *                   44  window span, s u32
 *                   48  sensor u32
 *                   52  sections u32
 *
 *   section          0  what u8: 1 rows, 2 sketches, 3 health | 1  storage u8: 0 stored, 1 zstd
 *                    2  0 u16 | 4  plain bytes u32 | 8  bytes here u32 | 12  the bytes
 *            plain:  streams one after the other: column u8, length u32, bytes
 *
 * The columns are in ship/batch_columns.def: number, name, and how its bytes are coded:
 *   plane      one byte of every value; a column of n planes has n numbers, lowest byte
 *              first, so that each byte of a number is compressed with its own kind
 *   varint     7 bits a byte, the lowest first, bit 7 set while more follow
 *   signed     the same after folding: 0, -1, 1, -2 are 0, 1, 2, 3
 * A plane, varint or signed column that would be all zero is left out. A reader passes
 * over columns and sections that it does not know. The health section stands in the last
 * part of a window that has such figures; its columns are numbered in ship/batch_health.def.
 *
 * A provisional frame holds the newest rows of a window that is still open: its span is that
 * of the flush, its sequence 0. The window's own frames follow and take its place.
 *
 * What a row's fields become:
 *   source     rows of one source follow each other: `run` holds rows - 1 of each source,
 *              `gap` its last 32 bits less those of the source before (modulo 2^32, from 0),
 *              which is the address where both are IPv4. A source that is not IPv4, stands in
 *              `far`: how many sources after the far one before (from -1), less 1, and its
 *              16 bytes. Its gap is 0 and the next gap starts from the last IPv4 one.
 *   class      proto | kind << 8 | marks << 16 | tcp flags << 24 | signs << 32
 *   print      ip_len | tcp_window << 16 | options_hash << 32
 *   port       as it is. These three go through a dictionary of the frame: the values in
 *              order of their first row, and for each row the number in that order.
 *   peer_port, ip_id, first_us, ttl_min as they are; `ttl_spread` is ttl_max - ttl_min
 *   length     last_us - first_us (modulo 2^32)
 *   packets    less 1;  bytes less packets * ip_len;  destinations less packets
 *   exact      less what it is as a rule: destinations up to FLOW_EXACT, else 0
 *   unicorn    less what it is as a rule: 1 for a TCP scan, else 0. Its key is random where one
 * packet stands alone, and then says nothing: it is kept where unicorn >= 2 or a neighbouring row
 * of the same source has the same, else it reads back as 0. `unicorn_key`: 0 for none, else 1 +
 * (key << 1 | 1 where the row before has the key too and left it out). sketch     1 list, 2
 * registers, 0 neither; xor what it is as a rule (1 where exact > 0, else 2 where destinations >
 * 0). Then the lists' values and the registers (0 to 64 each) of all rows that have them, in row
 * order.
 */
#ifndef SHIP_BATCH_H
#define SHIP_BATCH_H

#include "model/flow.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BATCH_FILE_MAGIC  "NOROSHI\x1a"
#define BATCH_FRAME_MAGIC "NRFB"

enum {
	BATCH_VERSION = 1,
	BATCH_FILE_HEADER_BYTES = 16,
	BATCH_FRAME_HEADER_BYTES = 128,
	BATCH_SECTION_HEADER_BYTES = 12,
	BATCH_STREAM_HEADER_BYTES = 5,
	BATCH_ROWS_MAX = 65536,     /* in one frame; a longer window is split */
	BATCH_SKETCH_MAX = 4 << 20, /* bytes of sketches in one frame; the same */
	BATCH_BODY_MAX = 16 << 20,  /* bytes of all sections, packed, and again plain */
	BATCH_SECTIONS_MAX = 256,
	BATCH_REGISTER_MAX = 64,
};

enum batch_flag {
	BATCH_LAST_PART = 1 << 0,
	BATCH_SORTED = 1 << 1, /* by (source, proto, port, kind, marks); anonymised rows are not */
	BATCH_PROVISIONAL = 1 << 2,
	BATCH_ROWS_LOST = 1 << 3, /* the spool had no room for them: none are here */
};

enum batch_section {
	BATCH_SECTION_ROWS = 1,
	BATCH_SECTION_SKETCHES = 2,
	BATCH_SECTION_HEALTH = 3,
};
enum batch_storage { BATCH_STORED = 0, BATCH_ZSTD = 1 };
enum batch_sketch { BATCH_SKETCH_NONE, BATCH_SKETCH_LIST, BATCH_SKETCH_REGISTERS };

enum batch_column {
#define COLUMN(number, id, planes, bytes) BATCH_##id = (number),
#include "ship/batch_columns.def"
#undef COLUMN
	BATCH_COLUMNS = 64, /* numbers are below */
};

/* A frame's header. */
struct batch_frame {
	struct window_header window; /* its counters are those of the whole window;
	                                batch_frame_get() sets no health: that is in the body */
	uint64_t boot_id, sequence;
	uint32_t part;
	uint32_t rows; /* in this frame */
	uint16_t flags;
	uint32_t body_bytes, plain_bytes, sections;
	uint32_t body_checksum;
};

void batch_file_header_put(uint8_t out[BATCH_FILE_HEADER_BYTES]);

/* STATUS_FORMAT: not a batch file or damaged; STATUS_UNSUPPORTED: of another version. */
MUST_USE enum status batch_file_header_get(const uint8_t in[BATCH_FILE_HEADER_BYTES]);

void batch_frame_put(const struct batch_frame *f, uint8_t out[BATCH_FRAME_HEADER_BYTES]);

/* STATUS_FORMAT: damaged, or past a stated maximum. */
MUST_USE enum status batch_frame_get(struct batch_frame *f,
                                     const uint8_t in[BATCH_FRAME_HEADER_BYTES]);

uint32_t batch_checksum(const void *bytes, size_t n);

/* What `exact`, `unicorn` and `sketch` are as a rule. */
static inline uint8_t batch_usual_exact(uint32_t destinations)
{
	return destinations <= FLOW_EXACT ? (uint8_t)destinations : 0;
}

static inline uint16_t batch_usual_unicorn(uint8_t proto, uint8_t kind)
{
	return proto == 6 && kind == KIND_SCAN;
}

static inline uint8_t batch_usual_sketch(uint8_t exact, uint32_t destinations)
{
	return exact          ? BATCH_SKETCH_LIST
	       : destinations ? BATCH_SKETCH_REGISTERS
	                      : BATCH_SKETCH_NONE;
}

static inline uint64_t batch_fold(uint64_t difference)
{
	return difference << 1 ^ (0 - (difference >> 63));
}

static inline uint64_t batch_unfold(uint64_t folded)
{
	return folded >> 1 ^ (0 - (folded & 1));
}

#endif
