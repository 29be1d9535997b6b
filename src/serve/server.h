/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hub's HTTP server: sensors bring their windows, people and programs ask.
 *
 * serve_start() opens the sockets and starts threads; serve_stop() takes no more requests, finishes
 * those it has and ends the threads. Whatever the options point to must live until then. TLS is
 * 1.2 or 1.3 with a certificate asked of the client, never demanded: routes that need one say so
 * (401). Everything that a stranger can make grow has a bound in the options. Requests that wait
 * for the disk or the store wait in threads of their own (serve/lane.h), sensors' apart from
 * readers', so that a slow question delays no sensor. docs/adr/0011-http.md. One thread calls start
 * and stop.
 */
#ifndef SERVE_SERVER_H
#define SERVE_SERVER_H

#include "base/log.h"
#include "base/metrics.h"
#include "base/status.h"
#include "intake/intake.h"
#include "query/viewer.h"
#include "store/observations.h"

#include <stdint.h>

struct engine_options;
struct pki_authority;
struct serve;

/* Takes a frame: intake_submit(), or a test's. */
typedef enum intake_verdict serve_submit(struct intake *in, uint32_t sensor, const uint8_t *frame,
                                         size_t n, struct intake_answer *answer);

struct serve_options {
	/* Where (serve/listen.h). Either may be NULL, not both. `plain` is without TLS and must be
	 * a loopback address or a Unix socket. */
	const char *listen, *plain;
	const char *key, *certificate; /* PEM files for `listen`; the certificate with its chain */
	const struct pki_authority *authority; /* signs sensors; issues too */
	uint32_t certificate_days;             /* of sensors; 0: PKI_SENSOR_DAYS */

	const char *control;                /* path of the control data; opened twice */
	struct intake *intake;              /* handed to submit */
	serve_submit *submit;               /* NULL: batches get 503 */
	const struct engine_options *store; /* NULL: questions get 503 */
	struct sharing others;              /* what viewers see of sensors that are not theirs */
	struct observations_keep keep;      /* what the store keeps, for periods that are longer */
	const char *folder;                 /* for long answers on their way; NULL: /tmp */

	/* Bounds; 0: the default in brackets. */
	unsigned connections_max;  /* [1024] in all, */
	unsigned address_max;      /* [256] from one address */
	unsigned threads;          /* [2] that read and write sockets */
	unsigned sensor_threads;   /* [16] that wait for the disk */
	unsigned reader_threads;   /* [4] that wait for the store; one engine connection each */
	uint64_t body_bytes_max;   /* [256 MiB] promised to bodies at once */
	uint64_t answer_bytes_max; /* [1 GiB] of one answer to a question */
	unsigned header_seconds;   /* [20] for the handshake and a first request's header */
	unsigned idle_seconds;     /* [150] for the next request and its header */
	unsigned body_seconds;     /* [30] for a body, and one more for each 16 KiB */
	unsigned answer_seconds;   /* [600] for taking an answer */
	bool metrics_local;        /* /metrics from loopback and `plain` without a token */

	struct metrics *metrics; /* may be NULL */
	const struct log *log;   /* may be NULL */
};

MUST_USE enum status serve_start(struct serve **out, const struct serve_options *options,
                                 struct trouble *t);

/* The port of `listen`, of `plain`; 0 where there is none. */
uint16_t serve_port(const struct serve *s);
uint16_t serve_plain_port(const struct serve *s);

void serve_stop(struct serve *s); /* NULL is allowed */

#endif
