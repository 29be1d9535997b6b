/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What records.c shares with the two formats, inside this room: records_pcap.c and
 * records_pcapng.c each open a capture whose magic number was recognised and hand out
 * batches from the stream.
 */
#ifndef CAPTURE_RECORDS_INNER_H
#define CAPTURE_RECORDS_INNER_H

#include "capture/records.h"
#include "capture/stream.h"

enum capture_format { FORMAT_UNKNOWN, FORMAT_PCAP, FORMAT_PCAPNG };

struct pcap_file {
	bool swapped;          /* the other byte order than little endian */
	uint32_t header_bytes; /* of a record: 16, or 24 in the Kuznetzov variant */
	uint32_t fraction_ns;  /* a unit of a record's fraction of a second: 1000 or 1 */
	uint32_t link;
};

/* A pcapng interface: its time unit is multiply / divide / 2^shift nanoseconds. */
struct pcapng_interface {
	uint32_t link, snaplen;
	uint64_t multiply, divide; /* divide 0: finer than any time that fits, which is then 0 */
	unsigned shift;
	int64_t offset_s;
};

struct pcapng_file {
	bool big_endian; /* the present section */
	struct pcapng_interface *interfaces;
	size_t interface_count, interface_room;
};

struct records {
	struct stream stream;
	enum capture_format format;
	bool over;
	uint64_t count, broken;
	unsigned pending; /* records of the present batch, not yet counted */
	enum status result;
	struct trouble trouble;
	struct pcap_file pcap;
	struct pcapng_file pcapng;
};

/* The number of the packet that is read now, from 1. */
uint64_t records_number(const struct records *r);

/* End the stream with a trouble at the packet after those handed out. What the input or memory
 * has to say goes first. Always false. */
bool records_stop(struct records *r, enum status st, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* The stream ended within a record. Always false. */
bool records_stop_cut(struct records *r);

/* False: not this format; nothing is consumed. True: recognised, perhaps stopped. */
bool pcap_open_file(struct records *r, const uint8_t magic[4]);
bool pcapng_open_file(struct records *r, const uint8_t magic[4]);

/* Fill a batch; 0 at the end or where it stopped. */
unsigned pcap_next(struct records *r, struct record out[RECORD_BATCH]);
unsigned pcapng_next(struct records *r, struct record out[RECORD_BATCH]);

#endif
