/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A thread that brings the spool's frames to the hub, the oldest first, one at a time over one
 * connection that is kept.
 *
 * A frame leaves the spool when the hub has acknowledged it or refuses it for good, and not
 * before. Provisional frames go ahead of all others and are dropped where the line is
 * slow or down. After a failure the next try comes later and later (ship/backoff.h), or when
 * the hub says. The certificate is renewed when a third of its life is left.
 *
 * The calls here belong to any thread and never wait for the line, but for sender_stop().
 * Options' texts are copied; spool and log stay the caller's. The program must ignore SIGPIPE.
 */
#ifndef SHIP_SENDER_H
#define SHIP_SENDER_H

#include "base/log.h"
#include "ship/enrol.h"
#include "ship/spool.h"

enum {
	SENDER_BACKOFF_MIN_MS = 1000,
	SENDER_BACKOFF_MAX_MS = 300000,
	SENDER_STALL_S = 30, /* a request on which nothing moves for so long has failed */
	SENDER_WHY_MAX = 256,
};

struct sender_options {
	const char *url; /* https://HOST:PORT */
	struct enrol_files files;
	struct spool *spool;
	const struct log *log;
	uint64_t bytes_per_second;               /* 0: no limit */
	bool live;                               /* take provisional frames */
	uint32_t backoff_min_ms, backoff_max_ms; /* 0: SENDER_BACKOFF_* */
	uint32_t stall_s;                        /* 0: SENDER_STALL_S */
};

struct sender_figures {
	uint64_t sent, repeats, sent_bytes; /* frames of the spool that the hub has */
	uint64_t refused;
	uint64_t live_sent, live_dropped;
	uint64_t failures;     /* tries in vain */
	uint64_t last_ack_s;   /* seconds since 1970; 0: none yet */
	int64_t clock_ahead_s; /* ours over the hub's at the last answer */
	uint64_t certificate_until_s;
	bool reached;             /* the last try came through */
	char why[SENDER_WHY_MAX]; /* if not: as a text for people */
};

struct sender;

/* STATUS_NO_MEMORY, or what is wrong with the files. */
MUST_USE enum status sender_start(struct sender **out, const struct sender_options *options,
                                  struct trouble *t);

/* The spool has something new. */
void sender_wake(struct sender *s);

/* A provisional frame; copied, or dropped. */
void sender_offer(struct sender *s, const uint8_t *frame, size_t n);

/* From the next request on. */
void sender_limit(struct sender *s, uint64_t bytes_per_second, bool live);

void sender_figures(struct sender *s, struct sender_figures *out);

/* Send what is left for at most drain_ms, as long as nothing fails; then end and free. */
void sender_stop(struct sender *s, uint32_t drain_ms);

#endif
