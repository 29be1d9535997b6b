/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A live interface by the kernel's memory-mapped ring (packet(7), TPACKET_V3): no copy, no
 * system call for a packet.
 *
 * One socket and ring a queue. With several, the kernel spreads packets by a hash of the source
 * address (PACKET_FANOUT_CBPF), so that all rows of a source are one thread's; what is
 * neither IPv4 nor IPv6 below at most one VLAN tag goes to queue 0. The sockets are opened for no
 * protocol, and take no foreign packet before filter and fanout are in force; outgoing packets
 * are passed over. Kernel timestamps. VLAN tags that the hardware or the kernel took off come
 * along in the batch. Ethernet, loopback and raw IP interfaces; others: STATUS_UNSUPPORTED.
 *
 * An interface that goes down and comes up again is read on; one that is taken away and comes
 * back under its name too, with one queue (a socket in a fanout group cannot be bound again:
 * STATUS_IO). Meanwhile tap_is_watching() says no. Needs CAP_NET_RAW to open, nothing later.
 */
#ifndef CAPTURE_RING_H
#define CAPTURE_RING_H

#include "capture/tap.h"

#define RING_BYTES_MIN UINT64_C(1048576) /* 1 MiB a queue */
#define RING_BYTES_DEFAULT \
	UINT64_C(33554432) /* 32 MiB: a quarter of a second of a million packets */
#define RING_BYTES_MAX UINT64_C(4294967296)

MUST_USE enum status tap_open_ring(struct tap **out, const struct tap_options *o,
                                   struct trouble *t);

#endif
