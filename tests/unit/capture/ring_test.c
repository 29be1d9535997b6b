/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's ring on interfaces of an own network namespace: every packet once, on its source's
 * queue, and what is lost is counted. Like tap_open_live(), this makes threads of none. */
#include "capture/tap.h"

#include "tap.h"

#include "netns.h"

#include "base/clock.h"
#include "capture/ring.h"

#include <string.h>

enum { PORT = 9000, LINK_ETHERNET_NUMBER = 1, LINK_RAW_NUMBER = 101, UDP_HEADERS = 28 };

static struct tap *open_tap(const char *interface, unsigned queues, uint64_t bytes,
                            const char *filter)
{
	struct tap_options o = {
	        .interface = interface, .filter = filter, .queues = queues, .ring_bytes = bytes};
	struct trouble t = {0};
	struct tap *tap = NULL;

	if (tap_open_live(&tap, &o, &t)) {
		printf("# %s: %s\n", interface, t.text);
		exit(1);
	}
	return tap;
}

/* What came to a tap until nothing more came. */
struct seen {
	uint64_t packets, dropped, wrong;
	unsigned sources[256]; /* bit q: queue q saw 127.0.0.i */
	uint32_t vlan;
	struct record last;
};

static void note(struct seen *s, const struct record *r, unsigned queue)
{
	const uint8_t *ip = r->bytes + (r->link == LINK_ETHERNET_NUMBER ? 14 : 0);
	uint64_t now_ns = clock_wall_ns();

	s->packets++;
	s->wrong += r->captured > r->wire || r->time_ns > now_ns ||
	            now_ns - r->time_ns > UINT64_C(60000000000);
	s->sources[ip[15]] |= 1u << queue;
	s->last = *r;
	s->last.bytes = NULL;
}

static void read_more(struct tap *tap, struct seen *s)
{
	for (unsigned q = 0; q < tap_queues(tap); q++) {
		struct tap_batch batch;

		do {
			if (tap_next(tap, q, &batch, 150, NULL))
				s->wrong++;
			for (unsigned i = 0; i < batch.count; i++) {
				note(s, &batch.records[i], q);
				s->vlan = batch.vlan[i];
			}
		} while (batch.count > 0);
		s->dropped += tap_dropped(tap, q);
	}
}

static struct seen read_all(struct tap *tap)
{
	struct seen s = {0};

	read_more(tap, &s);
	return s;
}

static void send_from_all(unsigned rounds)
{
	int fd = netns_sender();

	for (unsigned i = 0; i < rounds; i++) {
		for (unsigned source = 1; source < 250; source++)
			netns_send(fd, (uint8_t)source, PORT, 10);
	}
	close(fd);
}

static void test_counts(unsigned queues)
{
	struct tap *tap = open_tap("lo", queues, 8u << 20, "udp");
	unsigned used = 0, alone = 0;
	struct seen s = {0};

	/* In parts: on a busy machine the kernel gives blocks out by time, and half-filled. */
	for (unsigned i = 0; i < 10; i++) {
		send_from_all(2);
		read_more(tap, &s);
	}
	CHECK_U64(s.packets, 20 * 249);
	CHECK_U64(s.dropped, 0);
	CHECK_U64(s.wrong, 0);
	CHECK_U64(s.last.link, LINK_ETHERNET_NUMBER);
	CHECK_U64(s.last.wire, 14 + UDP_HEADERS + 10);
	for (unsigned i = 1; i < 250; i++) {
		used |= s.sources[i];
		alone += (s.sources[i] & (s.sources[i] - 1)) == 0;
	}
	CHECK_U64(alone, 249);
	CHECK_U64(used, (1u << queues) - 1);
	CHECK(tap_is_watching(tap, 0));
	tap_close(tap);
}

static void test_overflow(void)
{
	struct tap *tap = open_tap("lo", 1, RING_BYTES_MIN, "udp");
	int fd = netns_sender();
	struct seen s, more;

	for (int i = 0; i < 5000; i++)
		netns_send(fd, 1, PORT, 1000);
	s = read_all(tap);
	CHECK(s.packets > 500 && s.dropped > 500);
	CHECK_U64(s.packets + s.dropped, 5000);
	netns_send(fd, 1, PORT, 1000);
	more = read_all(tap);
	CHECK(more.packets == 1 && more.dropped == 0);
	close(fd);
	tap_close(tap);
}

static void test_filters(void)
{
	struct tap_options o = {.interface = "lo", .queues = 1, .ring_bytes = RING_BYTES_MIN};
	struct tap *tap = open_tap("lo", 2, 2 * RING_BYTES_MIN, "udp port 1");
	struct trouble t = {0};

	send_from_all(1);
	CHECK_U64(read_all(tap).packets, 0);
	CHECK(tap_filter(tap, "udp port 9000", &t) == STATUS_OK);
	send_from_all(1);
	CHECK_U64(read_all(tap).packets, 249);
	CHECK(tap_filter(tap, "no such word", &t) == STATUS_USAGE &&
	      strstr(t.text, "no such word"));
	CHECK(tap_filter(tap, "vlan 5 and udp", &t) == STATUS_USAGE && strstr(t.text, "VLAN"));
	send_from_all(1);
	CHECK_U64(read_all(tap).packets, 249);
	CHECK(tap_filter(tap, NULL, &t) == STATUS_OK);
	send_from_all(1);
	CHECK_U64(read_all(tap).packets, 2 * 249); /* and the ICMP errors */
	tap_close(tap);
	o.filter = "no such word";
	CHECK(tap_open_live(&tap, &o, &t) == STATUS_USAGE);
	o = (struct tap_options){.interface = "nothing0", .queues = 1, .ring_bytes = 1u << 20};
	CHECK(tap_open_live(&tap, &o, &t) == STATUS_NOT_FOUND);
	CHECK_STR(t.file, "nothing0");
	o.interface = "a-name-that-no-interface-can-have";
	CHECK(tap_open_live(&tap, &o, &t) == STATUS_NOT_FOUND);
}

/* Until the tap says so, or long enough. */
static bool waits_for(struct tap *tap, bool watching)
{
	for (int i = 0; i < 100 && tap_is_watching(tap, 0) != watching; i++) {
		struct tap_batch batch;

		if (tap_next(tap, 0, &batch, 50, NULL))
			return false;
	}
	return tap_is_watching(tap, 0) == watching;
}

static void test_down_and_up(void)
{
	struct tap *tap;

	netns_set_up("lo", false);
	tap = open_tap("lo", 1, RING_BYTES_MIN, "udp");
	CHECK(!tap_is_watching(tap, 0));
	netns_set_up("lo", true);
	CHECK(waits_for(tap, true));
	send_from_all(1);
	CHECK_U64(read_all(tap).packets, 249);
	netns_set_up("lo", false);
	CHECK(waits_for(tap, false));
	netns_set_up("lo", true);
	CHECK(waits_for(tap, true));
	send_from_all(1);
	CHECK_U64(read_all(tap).packets, 249);
	tap_close(tap);
}

/* The tag lies in the metadata; it counts in the length, and comes along. */
static void test_vlan(void)
{
	struct tap *tap = open_tap("lo", 3, 3 * RING_BYTES_MIN, NULL);
	uint8_t frame[64] = {[12] = 0x81, 0x00, 0x20, 0x05, 0x08, 0x00, 0x45};
	struct sockaddr_ll to = {
	        .sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex("lo"), .sll_halen = 6};
	int fd = socket(AF_PACKET, SOCK_RAW, 0);
	struct seen s;

	CHECK(sendto(fd, frame, sizeof(frame), 0, (struct sockaddr *)&to, sizeof(to)) == 64);
	s = read_all(tap);
	CHECK_U64(s.packets, 1);
	CHECK_U64(s.vlan, 0x81002005);
	CHECK_U64(s.last.captured, 60);
	CHECK_U64(s.last.wire, 64);
	close(fd);
	tap_close(tap);
}

/* A frame on the wire of lo: IPv4 or IPv6 from a numbered source, below `tags` VLAN tags. */
static void send_frame(int fd, bool v6, uint8_t source, unsigned tags)
{
	struct sockaddr_ll to = {
	        .sll_family = AF_PACKET, .sll_ifindex = (int)if_nametoindex("lo"), .sll_halen = 6};
	uint8_t frame[14 + 2 * 4 + 40] = {0};
	uint8_t *at = frame + 12;

	for (unsigned i = 0; i < tags; i++) {
		at[0] = 0x81;
		at[3] = (uint8_t)(5 + i);
		at += 4;
	}
	at[0] = v6 ? 0x86 : 0x08;
	at[1] = v6 ? 0xdd : 0x00;
	at += 2;
	at[0] = v6 ? 0x60 : 0x45;
	at[v6 ? 8 + 13 : 12] = 9;
	at[v6 ? 8 + 15 : 15] = source;
	if (sendto(fd, frame, sizeof(frame), 0, (struct sockaddr *)&to, sizeof(to)) < 0)
		abort();
}

/* Sources of `kind` frames by the queue that saw them; queues used. */
static unsigned queues_of(struct tap *tap, unsigned seen[256])
{
	unsigned used = 0;

	memset(seen, 0, 256 * sizeof(*seen));
	for (unsigned q = 0; q < tap_queues(tap); q++) {
		struct tap_batch batch;

		do {
			CHECK(tap_next(tap, q, &batch, 150, NULL) == STATUS_OK);
			for (unsigned i = 0; i < batch.count; i++) {
				const uint8_t *at = batch.records[i].bytes + 14;

				at += at[-2] == 0x81 ? 4 : 0; /* the tag that the kernel left */
				seen[at[at[0] == 0x60 ? 8 + 15 : 15]] |= 1u << q;
				used |= 1u << q;
			}
		} while (batch.count > 0);
	}
	return used;
}

/* A source's packets come to one queue, whatever stands in front of them. */
static void test_spread(void)
{
	struct tap *tap = open_tap("lo", 4, 4 * RING_BYTES_MIN, NULL);
	int fd = socket(AF_PACKET, SOCK_RAW, 0);

	for (int v6 = 0; v6 <= 1; v6++) {
		unsigned plain[256], tagged[256], alone = 0, same = 0;

		for (unsigned i = 1; i < 200; i++)
			send_frame(fd, v6, (uint8_t)i, 0);
		CHECK_U64(queues_of(tap, plain), 15);
		for (unsigned i = 1; i < 200; i++) {
			send_frame(fd, v6, (uint8_t)i, 1);
			send_frame(fd, v6, (uint8_t)i, 2);
		}
		CHECK_U64(queues_of(tap, tagged), 15);
		for (unsigned i = 1; i < 200; i++) {
			alone += plain[i] && (plain[i] & (plain[i] - 1)) == 0;
			same += plain[i] == tagged[i];
		}
		CHECK_U64(alone, 199);
		CHECK_U64(same, 199);
	}
	close(fd);
	tap_close(tap);
}

static void put_ip(int tun, uint8_t last)
{
	uint8_t ip[28] = {
	        0x45, [3] = 28, [8] = 9, [9] = 17, [12] = 45, [15] = last, [16] = 198, 18, 0, 1};

	if (write(tun, ip, sizeof(ip)) != sizeof(ip))
		abort();
}

/* Raw IP; and the interface is taken away and made anew under its name. */
static void test_tun(void)
{
	int tun = netns_tun("tun7");
	struct tap *tap;
	struct seen s;

	if (tun < 0) {
		printf("# no tun interface: not tested\n");
		return;
	}
	tap = open_tap("tun7", 1, RING_BYTES_MIN, "net 198.18.0.0/16");
	put_ip(tun, 3);
	s = read_all(tap);
	CHECK_U64(s.packets, 1);
	CHECK_U64(s.last.link, LINK_RAW_NUMBER);
	CHECK_U64(s.last.wire, 28);
	close(tun);
	CHECK(waits_for(tap, false));
	tun = netns_tun("tun7");
	CHECK(waits_for(tap, true));
	put_ip(tun, 4);
	put_ip(tun, 5);
	CHECK_U64(read_all(tap).packets, 2);
	close(tun);
	tap_close(tap);
}

int main(void)
{
	netns_enter();
	test_down_and_up();
	test_counts(1);
	test_counts(4);
	test_overflow();
	test_filters();
	test_vlan();
	test_spread();
	test_tun();
	return tap_done();
}
