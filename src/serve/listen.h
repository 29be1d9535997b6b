/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Listening sockets from texts: "192.0.2.1:8443", "[2001:db8::1]:8443", "[::]:0" (both families)
 * or the path of a Unix socket ("/run/noroshi/http.sock"). The descriptor is the caller's; it is
 * close-on-exec and non-blocking. Any thread.
 */
#ifndef SERVE_LISTEN_H
#define SERVE_LISTEN_H

#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

/* STATUS_USAGE: no such address; STATUS_CONFLICT: somebody else listens there. A Unix socket that
 * nobody listens on is replaced; it gets mode 0660. */
MUST_USE enum status listen_open(int *fd, const char *where, struct trouble *t);

/* The port that a socket listens on; 0 for a Unix socket. */
uint16_t listen_port(int fd);

/* A numeric loopback address or a Unix socket: nobody on the net can reach it. */
bool listen_is_local(const char *where);

#endif
