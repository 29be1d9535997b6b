/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_flood INTERFACE RATE SECONDS: SYNs from many sources to 198.18.0.0/24, RATE a second
 * (0: as fast as can be), by a transmit ring past the queueing discipline. For a veth pair in a
 * namespace of the benchmark's own. Prints how many were sent and in how long.
 */
#include "base/clock.h"
#include "base/hash.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	FRAME_SLOT = 256,
	FRAMES = 4096,
	BLOCK_BYTES = 1 << 16,
	BATCH = 64,
	FRAME_BYTES = 54,
	SOURCES = 100000,
	IP_AT = 14,
	TCP_AT = 34,
	/* behind the header of a slot */
	DATA_AT = (sizeof(struct tpacket2_hdr) + TPACKET_ALIGNMENT - 1) / TPACKET_ALIGNMENT *
	          TPACKET_ALIGNMENT,
};

struct flood {
	int fd;
	uint8_t *ring;
	uint64_t sent;
};

static bool open_ring(struct flood *f, const char *interface)
{
	struct tpacket_req ring = {.tp_block_size = BLOCK_BYTES,
	                           .tp_block_nr = FRAME_SLOT * FRAMES / BLOCK_BYTES,
	                           .tp_frame_size = FRAME_SLOT,
	                           .tp_frame_nr = FRAMES};
	struct sockaddr_ll to = {.sll_family = AF_PACKET,
	                         .sll_protocol = htons(ETH_P_IP),
	                         .sll_ifindex = (int)if_nametoindex(interface)};
	int version = TPACKET_V2, yes = 1;
	void *map;

	f->fd = socket(AF_PACKET, SOCK_RAW, 0);
	if (f->fd < 0 || to.sll_ifindex == 0 ||
	    setsockopt(f->fd, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)) != 0 ||
	    setsockopt(f->fd, SOL_PACKET, PACKET_QDISC_BYPASS, &yes, sizeof(yes)) != 0 ||
	    setsockopt(f->fd, SOL_PACKET, PACKET_TX_RING, &ring, sizeof(ring)) != 0)
		return false;
	map = mmap(NULL, FRAME_SLOT * FRAMES, PROT_READ | PROT_WRITE, MAP_SHARED, f->fd, 0);
	f->ring = map;
	return map != MAP_FAILED && bind(f->fd, (struct sockaddr *)&to, sizeof(to)) == 0;
}

static void put_be32(uint8_t *p, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(value >> (24 - 8 * i));
}

static void prepare(struct flood *f)
{
	static const uint8_t frame[FRAME_BYTES] = {2,
	                                           0,
	                                           0,
	                                           0,
	                                           0,
	                                           1,
	                                           2,
	                                           0,
	                                           0,
	                                           0,
	                                           0,
	                                           2,
	                                           8,
	                                           0,
	                                           [IP_AT] = 0x45,
	                                           [IP_AT + 3] = 40,
	                                           [IP_AT + 8] = 50,
	                                           [IP_AT + 9] = 6,
	                                           [TCP_AT] = 0x80,
	                                           [TCP_AT + 3] = 23,
	                                           [TCP_AT + 12] = 0x50,
	                                           [TCP_AT + 13] = 2,
	                                           [TCP_AT + 14] = 4};

	for (size_t i = 0; i < FRAMES; i++)
		memcpy(f->ring + i * FRAME_SLOT + DATA_AT, frame, FRAME_BYTES);
}

/* Another source, destination and port; few sources send most. */
static void vary(uint8_t *frame, uint64_t number)
{
	uint64_t h = hash_u64(number, 7);
	uint64_t share = (h & 0xffffff) * (h >> 40) >> 24; /* product of two: skewed to 0 */

	put_be32(frame + IP_AT + 12, 0x2d000000u + (uint32_t)(share * SOURCES >> 24));
	put_be32(frame + IP_AT + 16, 0xc6120000u + (uint32_t)(h >> 24 & 0xff));
	put_be32(frame + TCP_AT + 4, (uint32_t)h);
	frame[TCP_AT + 3] = (uint8_t)(22 + (h >> 32 & 1));
}

static struct tpacket2_hdr *slot(const struct flood *f, uint64_t number)
{
	return (void *)(f->ring + number % FRAMES * FRAME_SLOT);
}

static bool kick(const struct flood *f)
{
	while (send(f->fd, NULL, 0, MSG_DONTWAIT) < 0) {
		if (errno != EINTR && errno != ENOBUFS && errno != EAGAIN)
			return false;
	}
	return true;
}

static bool send_batch(struct flood *f, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		struct tpacket2_hdr *h = slot(f, f->sent + i);

		while (__atomic_load_n(&h->tp_status, __ATOMIC_ACQUIRE) != TP_STATUS_AVAILABLE) {
			if (!kick(f))
				return false;
		}
		vary((uint8_t *)h + DATA_AT, f->sent + i);
		h->tp_len = FRAME_BYTES;
		__atomic_store_n(&h->tp_status, TP_STATUS_SEND_REQUEST, __ATOMIC_RELEASE);
	}
	f->sent += n;
	return kick(f);
}

/* Ahead of the rate: rest. */
static void keep_to(uint64_t begun_ns, uint64_t sent, double rate)
{
	uint64_t due_ns = begun_ns + (uint64_t)((double)sent / rate * 1e9);
	uint64_t now_ns = clock_steady_ns();

	if (due_ns > now_ns + 200000)
		usleep((useconds_t)((due_ns - now_ns) / 1000));
	while (clock_steady_ns() < due_ns)
		continue;
}

int main(int argc, char **argv)
{
	struct flood f = {0};
	double rate = argc == 4 ? atof(argv[2]) : 0, seconds = argc == 4 ? atof(argv[3]) : 0;
	unsigned batch = rate > 0 && rate < 100000 ? 1 : BATCH;
	uint64_t begun_ns;

	if (argc != 4 || !open_ring(&f, argv[1])) {
		fprintf(stderr, "bench_flood INTERFACE RATE SECONDS: %s\n", strerror(errno));
		return 1;
	}
	prepare(&f);
	begun_ns = clock_steady_ns();
	while ((double)(clock_steady_ns() - begun_ns) < seconds * 1e9) {
		if (!send_batch(&f, batch)) {
			fprintf(stderr, "bench_flood: %s\n", strerror(errno));
			return 1;
		}
		if (rate > 0)
			keep_to(begun_ns, f.sent, rate);
	}
	for (unsigned i = 0; i < FRAMES; i++) {
		while (__atomic_load_n(&slot(&f, i)->tp_status, __ATOMIC_ACQUIRE) !=
		       TP_STATUS_AVAILABLE) {
			if (!kick(&f))
				return 1;
		}
	}
	printf("{\"sent\":%" PRIu64 ",\"seconds\":%.3f}\n", f.sent,
	       (double)(clock_steady_ns() - begun_ns) / 1e9);
	return 0;
}
