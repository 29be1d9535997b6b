/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An interface by libpcap (source_live.c), for kinds that the ring does not take. One thread, no
 * VLAN tags apart: libpcap puts them back. Whether the interface is up is not known; an
 * interface that goes away ends the tap.
 */
#include "base/clock.h"
#include "base/cursor.h"
#include "base/timefmt.h"
#include "capture/source.h"
#include "capture/tap.h"

#include <stdio.h>
#include <stdlib.h>

enum { ROOM_BYTES = 1 << 20, FILE_HEADER_BYTES = 24, RECORD_HEADER_BYTES = 16, LINK_AT = 20 };

struct pcap_tap {
	struct source source;
	uint8_t *room;
	size_t size, at; /* bytes in the room; handed out */
	bool begun;      /* the stream's header was read */
	uint32_t link;
	uint64_t dropped; /* told so far */
};

/* Our own source wrote this, whole records and in nanoseconds. */
static void read_records(struct pcap_tap *p, struct tap_batch *out)
{
	while (p->at < p->size && out->count < RECORD_BATCH) {
		const uint8_t *h = p->room + p->at;
		uint32_t captured = bytes_le32(h + 8), wire = bytes_le32(h + 12);

		out->vlan[out->count] = 0;
		out->records[out->count++] = (struct record){
		        .time_ns = bytes_le32(h) * NS_PER_SECOND + bytes_le32(h + 4),
		        .bytes = h + RECORD_HEADER_BYTES,
		        .captured = captured,
		        .wire = wire < captured ? captured : wire,
		        .link = p->link,
		};
		p->at += RECORD_HEADER_BYTES + captured;
	}
}

static enum status pcap_tap_next(void *state, unsigned queue, struct tap_batch *out, int wait_ms,
                                 struct trouble *t)
{
	struct pcap_tap *p = state;
	enum status st;

	(void)queue;
	(void)wait_ms; /* the source waits 100 ms at most */
	if (p->at == p->size) {
		st = p->source.kind->fill(p->source.state, 0, p->room, ROOM_BYTES, &p->size, t);
		p->at = 0;
		if (st)
			return st;
	}
	if (!p->begun && p->size >= FILE_HEADER_BYTES) {
		p->link = bytes_le32(p->room + LINK_AT);
		p->at = FILE_HEADER_BYTES;
		p->begun = true;
	}
	read_records(p, out);
	return STATUS_OK;
}

static uint64_t pcap_tap_dropped(void *state, unsigned queue)
{
	struct pcap_tap *p = state;
	uint64_t total = p->source.kind->dropped(p->source.state);
	uint64_t since = total > p->dropped ? total - p->dropped : 0;

	(void)queue;
	p->dropped = total;
	return since;
}

static bool pcap_tap_watching(void *state, unsigned queue)
{
	(void)state;
	(void)queue;
	return true;
}

static uint64_t pcap_tap_now_ns(void *state)
{
	(void)state;
	return clock_wall_ns();
}

static enum status pcap_tap_filter(void *state, const char *expression, struct trouble *t)
{
	(void)state;
	(void)expression;
	return trouble_set(t, STATUS_UNSUPPORTED, NULL, 0,
	                   "this kind of interface keeps its filter until the next start");
}

static void pcap_tap_close(void *state)
{
	struct pcap_tap *p = state;

	if (p->source.kind)
		p->source.kind->close(p->source.state);
	free(p->room);
	free(p);
}

static const struct tap_kind pcap_tap = {
        .next = pcap_tap_next,
        .dropped = pcap_tap_dropped,
        .watching = pcap_tap_watching,
        .now_ns = pcap_tap_now_ns,
        .filter = pcap_tap_filter,
        .close = pcap_tap_close,
};

enum status tap_open_pcap(struct tap **out, const struct tap_options *o, struct trouble *t)
{
	struct pcap_tap *p = calloc(1, sizeof(*p));
	enum status st = STATUS_NO_MEMORY;

	*out = NULL;
	if (p)
		p->room = malloc(ROOM_BYTES);
	if (!p || !p->room)
		(void)trouble_set(t, st, o->interface, 0, "out of memory");
	else
		st = source_live(&p->source, o->interface, o->filter, t);
	if (st) {
		if (p)
			pcap_tap_close(p);
		return st;
	}
	return tap_new(out, &pcap_tap, p, 1, t);
}
