/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/ring.h"

#include "base/clock.h"
#include "base/timefmt.h"
#include "capture/ring_socket.h"

#include <assert.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	VLAN_BYTES = 4,
	VLAN_TPID = 0x8100,
	LOOK_AFTER_MS = 200,
	AHEAD = 4, /* frames; telescopes see nearly the same length all the time */
	CACHE_LINE = 64,
	/* of a frame's struct sockaddr_ll: TPACKET_ALIGN(), which is signed */
	ADDRESS_AT = (sizeof(struct tpacket3_hdr) + TPACKET_ALIGNMENT - 1) / TPACKET_ALIGNMENT *
	             TPACKET_ALIGNMENT,
};

struct ring_queue {
	int fd;
	struct ring_map map;
	uint32_t block;       /* the present one, or the next */
	bool holding;         /* the present block is ours */
	uint32_t left;        /* frames of it not handed out */
	const uint8_t *frame; /* the next of them */
	uint64_t dropped;
	int index; /* of the interface */
	bool up;
	uint64_t looked_ns; /* at the interface, steady */
};

struct ring {
	char interface[IF_NAMESIZE];
	uint32_t link;
	bool promiscuous;
	unsigned queues;
	int fds[TAP_QUEUES_MAX]; /* for the filter, which any thread may exchange */
	struct ring_queue queue[TAP_QUEUES_MAX];
};

static struct tpacket_block_desc *block_at(const struct ring_queue *q)
{
	return (void *)(q->map.bytes + (size_t)q->block * q->map.block_bytes);
}

/* What was handed out is done with: the kernel may fill the block again. */
static void release_block(struct ring_queue *q)
{
	struct tpacket_hdr_v1 *h = &block_at(q)->hdr.bh1;

	__atomic_store_n(&h->block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
	q->block = (q->block + 1) % q->map.blocks;
	q->holding = false;
}

static bool take_block(struct ring_queue *q)
{
	struct tpacket_block_desc *b = block_at(q);

	if (!(__atomic_load_n(&b->hdr.bh1.block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER))
		return false;
	q->holding = true;
	q->left = b->hdr.bh1.num_pkts;
	q->frame = (const uint8_t *)b + b->hdr.bh1.offset_to_first_pkt;
	q->dropped += ring_socket_dropped(q->fd);
	return true;
}

static bool is_outgoing(const uint8_t *frame)
{
	struct sockaddr_ll from;

	memcpy(&from, frame + ADDRESS_AT, sizeof(from));
	return from.sll_pkttype == PACKET_OUTGOING;
}

static uint32_t vlan_of(const struct tpacket3_hdr *h)
{
	uint32_t tpid = h->tp_status & TP_STATUS_VLAN_TPID_VALID ? h->hv1.tp_vlan_tpid : VLAN_TPID;

	return h->tp_status & TP_STATUS_VLAN_VALID ? tpid << 16 | (h->hv1.tp_vlan_tci & 0xffff) : 0;
}

static void read_frames(const struct ring *r, struct ring_queue *q, struct tap_batch *out)
{
	while (q->left > 0 && out->count < RECORD_BATCH) {
		const struct tpacket3_hdr *h = (const void *)q->frame;
		struct record *to = &out->records[out->count];
		uint32_t vlan = vlan_of(h);

		/* filled by another processor: ask early for what stands behind the next header */
		__builtin_prefetch(q->frame + h->tp_next_offset * AHEAD);
		__builtin_prefetch(q->frame + h->tp_next_offset * AHEAD + CACHE_LINE);
		if (!is_outgoing(q->frame)) {
			*to = (struct record){
			        .time_ns = h->tp_sec * NS_PER_SECOND + h->tp_nsec,
			        .bytes = q->frame + h->tp_mac,
			        .captured = h->tp_snaplen,
			        .wire = h->tp_len + (vlan ? VLAN_BYTES : 0u),
			        .link = r->link,
			};
			out->vlan[out->count++] = vlan;
		}
		q->frame += h->tp_next_offset;
		q->left--;
	}
}

/* Another interface under the old name: only a socket without a group can be bound to it. */
static enum status follow_interface(const struct ring *r, struct ring_queue *q, int index,
                                    struct trouble *t)
{
	enum status st;

	if (index == 0 || index == q->index)
		return STATUS_OK;
	if (r->queues > 1)
		return trouble_set(t, STATUS_IO, r->interface, 0,
		                   "the interface was taken away and made anew; start again");
	st = ring_socket_bind(q->fd, r->interface, index, r->promiscuous, t);
	if (!st)
		q->index = index;
	return st;
}

/* Nothing comes: is the interface the reason? */
static enum status look_at_interface(const struct ring *r, struct ring_queue *q, struct trouble *t)
{
	uint64_t now_ns = clock_steady_ns();
	int error = 0, index;
	socklen_t size = sizeof(error);

	if (q->looked_ns && now_ns - q->looked_ns < LOOK_AFTER_MS * UINT64_C(1000000))
		return STATUS_OK;
	q->looked_ns = now_ns;
	(void)getsockopt(q->fd, SOL_SOCKET, SO_ERROR, &error, &size); /* ENETDOWN; resets it */
	index = ring_socket_index(q->fd, r->interface, &q->up);
	if (error == ENETDOWN)
		q->up = false; /* it was down, however short: the next look tells more */
	return follow_interface(r, q, index, t);
}

/* Also where the poll returns at once because the interface went down. */
static enum status wait_for_block(const struct ring *r, struct ring_queue *q, int wait_ms,
                                  struct trouble *t)
{
	struct pollfd p = {.fd = q->fd, .events = POLLIN | POLLERR};

	if (poll(&p, 1, wait_ms) == 1 && !(p.revents & POLLERR))
		return STATUS_OK;
	if (p.revents & POLLERR)
		q->looked_ns = 0;
	q->dropped += ring_socket_dropped(q->fd);
	return look_at_interface(r, q, t);
}

static enum status ring_next(void *state, unsigned queue, struct tap_batch *out, int wait_ms,
                             struct trouble *t)
{
	struct ring *r = state;
	struct ring_queue *q = &r->queue[queue];
	enum status st = STATUS_OK;

	if (q->holding && q->left == 0)
		release_block(q);
	if (!q->holding && !take_block(q)) {
		st = wait_for_block(r, q, wait_ms, t);
		if (st || !take_block(q))
			return st;
	}
	read_frames(r, q, out);
	/* Packets prove nothing: they may have come before the interface went down. */
	return q->up ? STATUS_OK : look_at_interface(r, q, t);
}

static uint64_t ring_dropped(void *state, unsigned queue)
{
	struct ring_queue *q = &((struct ring *)state)->queue[queue];
	uint64_t dropped = q->dropped;

	q->dropped = 0;
	return dropped;
}

static bool ring_watching(void *state, unsigned queue)
{
	return ((struct ring *)state)->queue[queue].up;
}

static uint64_t ring_now_ns(void *state)
{
	(void)state;
	return clock_wall_ns();
}

static enum status ring_filter(void *state, const char *expression, struct trouble *t)
{
	const struct ring *r = state;

	return ring_socket_filter(r->fds, r->queues, r->link, expression, t);
}

static void ring_close(void *state)
{
	struct ring *r = state;

	for (unsigned i = 0; i < r->queues; i++) {
		if (r->queue[i].map.bytes)
			munmap(r->queue[i].map.bytes, r->queue[i].map.size);
		if (r->queue[i].fd >= 0)
			close(r->queue[i].fd);
	}
	free(r);
}

static const struct tap_kind ring = {
        .next = ring_next,
        .dropped = ring_dropped,
        .watching = ring_watching,
        .now_ns = ring_now_ns,
        .filter = ring_filter,
        .close = ring_close,
};

/* A queue that listens, but lets nothing in yet. */
static enum status open_queue(struct ring *r, unsigned number, uint64_t bytes, struct trouble *t)
{
	struct ring_queue *q = &r->queue[number];
	enum status st;

	q->fd = r->fds[number] = ring_socket_open(r->interface, t);
	if (q->fd < 0)
		return t ? t->status : STATUS_IO;
	st = ring_socket_link(q->fd, r->interface, &r->link, t);
	if (!st)
		st = ring_socket_map(q->fd, r->interface, bytes, &q->map, t);
	if (!st)
		st = ring_socket_shut(q->fd, r->interface, t);
	if (st)
		return st;
	q->index = ring_socket_index(q->fd, r->interface, &q->up);
	return ring_socket_bind(q->fd, r->interface, q->index, r->promiscuous, t);
}

static enum status open_all(struct ring *r, const struct tap_options *o, struct trouble *t)
{
	enum status st = STATUS_OK;

	assert(r->queues >= 1);
	for (unsigned i = 0; i < r->queues && !st; i++)
		st = open_queue(r, i, o->ring_bytes / r->queues, t);
	if (!st && r->queues > 1)
		st = ring_socket_spread(r->fds, r->queues, r->interface, t);
	return st ? st : ring_socket_filter(r->fds, r->queues, r->link, o->filter, t);
}

enum status tap_open_ring(struct tap **out, const struct tap_options *o, struct trouble *t)
{
	struct ring *r = calloc(1, sizeof(*r));
	enum status st;

	*out = NULL;
	if (!r)
		return trouble_set(t, STATUS_NO_MEMORY, o->interface, 0, "out of memory");
	for (unsigned i = 0; i < o->queues; i++)
		r->queue[i].fd = -1;
	r->queues = o->queues;
	r->promiscuous = o->promiscuous;
	snprintf(r->interface, sizeof(r->interface), "%s", o->interface);
	st = strlen(o->interface) < sizeof(r->interface)
	             ? open_all(r, o, t)
	             : trouble_set(t, STATUS_NOT_FOUND, o->interface, 0, "no such interface");
	if (st) {
		ring_close(r);
		return st;
	}
	return tap_new(out, &ring, r, r->queues, t);
}
