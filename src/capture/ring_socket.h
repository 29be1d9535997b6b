/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sockets of ring.c, inside this room: opening, filters, fanout, the interface's state.
 * One thread, but for the filter, which any may exchange.
 */
#ifndef CAPTURE_RING_SOCKET_H
#define CAPTURE_RING_SOCKET_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ring_map {
	uint8_t *bytes;
	size_t size;
	uint32_t block_bytes, blocks;
};

/* A socket for no protocol, at a descriptor that a confined process can only read
 * (base/confine.h). -1: the trouble says why. */
int ring_socket_open(const char *interface, struct trouble *t);

/* The LINKTYPE_ number of an interface's packets; STATUS_UNSUPPORTED: not one for the ring. */
MUST_USE enum status ring_socket_link(int fd, const char *interface, uint32_t *link,
                                      struct trouble *t);

/* Make and map the ring: `bytes` or a little less. */
MUST_USE enum status ring_socket_map(int fd, const char *interface, uint64_t bytes,
                                     struct ring_map *map, struct trouble *t);

/* Nothing passes any more. */
MUST_USE enum status ring_socket_shut(int fd, const char *interface, struct trouble *t);

/* What the expression says passes; NULL: everything. Replaces the filter at once. */
MUST_USE enum status ring_socket_filter(const int *fds, size_t n, uint32_t link,
                                        const char *expression, struct trouble *t);

/* Begin to listen at the interface. */
MUST_USE enum status ring_socket_bind(int fd, const char *interface, int index, bool promiscuous,
                                      struct trouble *t);

/* Spread by source over n sockets that are bound. */
MUST_USE enum status ring_socket_spread(const int *fds, size_t n, const char *interface,
                                        struct trouble *t);

/* The interface's index, 0: it is not there; *up: packets can come. */
int ring_socket_index(int fd, const char *interface, bool *up);

/* Packets dropped since the last call. */
uint64_t ring_socket_dropped(int fd);

#endif
