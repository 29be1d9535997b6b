/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ClickHouse's HTTP verbs on a listening socket: GET /ping; GET or POST / with the statement in
 * `query=`, in the body, or in both, settings as the other parameters, `default_format`,
 * `database`. GET may only read. Each connection has a thread of its own, FRONT_CONNECTIONS_MAX at
 * once, and each request a session of the library. Errors are status 400 or 500 with
 * X-ClickHouse-Exception-Code and the message.
 */
#ifndef STORER_FRONT_H
#define STORER_FRONT_H

#include "base/log.h"
#include "base/status.h"

#include "library.h"

enum {
	FRONT_CONNECTIONS_MAX = 64,
	FRONT_HEAD_MAX = 256 << 10, /* bytes of address and headers of a request */
	FRONT_SQL_MAX = 1 << 20,    /* bytes of a statement */
	FRONT_IDLE_SECONDS = 600,
};

struct front;

/* Takes over the listener. */
MUST_USE enum status front_open(struct front **out, struct library *l, int listener,
                                const struct log *log, struct trouble *t);

/* No new requests from here on; reads are ended, writes finish. Waits up to `seconds`, then
 * closes every connection. NULL is allowed. */
void front_close(struct front *f, unsigned seconds);

#endif
