/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a sensor's packets come from: an interface by the kernel's ring, or by libpcap where
 * that ring cannot be had, or a capture file that is replayed. Nothing is ever sent.
 *
 * A tap has queues, each for one thread: tap_next() and what asks for a queue belong to that
 * thread, the rest to the thread that opened the tap. Opening wants rights; afterwards none.
 */
#ifndef CAPTURE_TAP_H
#define CAPTURE_TAP_H

#include "base/status.h"
#include "capture/records.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { TAP_QUEUES_MAX = 16 };

/* Records with the VLAN tags that the kernel took off them: TPID << 16 | TCI, 0: none. The tag's
 * four bytes are in `wire`, not in `captured`. Valid until the queue's next call. */
struct tap_batch {
	struct record records[RECORD_BATCH];
	uint32_t vlan[RECORD_BATCH];
	unsigned count;
};

struct tap;

/* One constant table of functions a kind of tap (ring.c, tap_pcap.c, replay.c). */
struct tap_kind {
	enum status (*next)(void *state, unsigned queue, struct tap_batch *out, int wait_ms,
	                    struct trouble *t);
	uint64_t (*dropped)(void *state, unsigned queue);
	bool (*watching)(void *state, unsigned queue);
	uint64_t (*now_ns)(void *state);
	enum status (*filter)(void *state, const char *expression, struct trouble *t);
	void (*close)(void *state);
};

struct tap_options {
	const char *interface;
	const char *filter;  /* pcap-filter(7); NULL: everything */
	unsigned queues;     /* 1 to TAP_QUEUES_MAX: kinds that cannot share have one */
	uint64_t ring_bytes; /* for all queues; at least RING_BYTES_MIN */
	bool promiscuous;
};

/* A live interface. */
MUST_USE enum status tap_open_live(struct tap **out, const struct tap_options *o,
                                   struct trouble *t);

struct replay_options {
	double speed;            /* 1: as it was recorded; 0: as fast as it can be read */
	bool keep_times;         /* the packets' own; else they are as if sent from start_ns on */
	uint64_t start_ns;       /* 0: now */
	const atomic_bool *stop; /* ends the waiting for a pipe; may be NULL */
};

/* A capture file. The shifted times of a replay at speed N are N times as dense; at speed 0 they
 * keep their distances. */
MUST_USE enum status tap_open_replay(struct tap **out, const char *path,
                                     const struct replay_options *o, struct trouble *t);

unsigned tap_queues(const struct tap *tap);

/* Wait at most wait_ms for packets; *out may be empty. STATUS_END: no more will come. Any other
 * status: the tap is broken, the trouble says why. */
MUST_USE enum status tap_next(struct tap *tap, unsigned queue, struct tap_batch *out, int wait_ms,
                              struct trouble *t);

/* Packets that the kernel dropped for this queue since the last call. */
uint64_t tap_dropped(struct tap *tap, unsigned queue);

/* Whether a packet would be seen now: the interface is up and has a carrier. */
bool tap_is_watching(struct tap *tap, unsigned queue);

/* The time of what arrives now: the wall clock, or a replayed one. Any thread. */
uint64_t tap_now_ns(struct tap *tap);

/* Exchange the filter while packets come (NULL: everything); on failure the old one stays. Any
 * thread. STATUS_UNSUPPORTED for replays. */
MUST_USE enum status tap_filter(struct tap *tap, const char *expression, struct trouble *t);

void tap_close(struct tap *tap);

/* For the kinds: a tap around a state. Frees the state by the kind's close where it fails. */
MUST_USE enum status tap_new(struct tap **out, const struct tap_kind *kind, void *state,
                             unsigned queues, struct trouble *t);

/* An interface by libpcap, one queue. */
MUST_USE enum status tap_open_pcap(struct tap **out, const struct tap_options *o,
                                   struct trouble *t);

#endif
