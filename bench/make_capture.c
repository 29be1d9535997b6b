/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_make_capture OUT.pcap [PACKETS]: the benchmark's darknet capture, the same bytes
 * on every machine.
 *
 * Destinations lie uniformly in 198.18.0.0/16, 300 thousand sources send by Zipf (s = 1)
 * over one hour. Four fifths are SYNs of a mixture of tools, one fifth is backscatter,
 * UDP and ICMP. A source keeps its class and its habit of one to three ports. This is
 * load, not truth: labelled captures come from `noroshi synth`.
 */
#include "base/hash.h"
#include "base/outfile.h"
#include "base/prng.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	SOURCES = 300000,
	PORTS = 200,
	HABIT_MAX = 3,
	START_S = 1750000000,
	SPAN_S = 3600,
	FRAME_MAX = 128,
	PACKETS_DEFAULT = 20000000,
};

static const uint32_t net = 0xc6120000; /* 198.18.0.0/16, benchmark space of RFC 2544 */

enum class {
	CLASS_MIRAI,
	CLASS_ZMAP,
	CLASS_MASSCAN,
	CLASS_MSS_ONLY,
	CLASS_WINDOWS,
	CLASS_LINUX,
	CLASS_SYNACK,
	CLASS_RST,
	CLASS_UDP,
	CLASS_ICMP,
	CLASSES
};

/* Shares of the packets: the first six, SYNs, make four fifths. */
static const double class_share[CLASSES] = {
        [CLASS_MIRAI] = 0.16,    [CLASS_ZMAP] = 0.08,    [CLASS_MASSCAN] = 0.12,
        [CLASS_MSS_ONLY] = 0.16, [CLASS_WINDOWS] = 0.16, [CLASS_LINUX] = 0.12,
        [CLASS_SYNACK] = 0.07,   [CLASS_RST] = 0.03,     [CLASS_UDP] = 0.07,
        [CLASS_ICMP] = 0.03,
};

static const uint8_t options_mss[4] = {2, 4, 0x05, 0xb4};
static const uint8_t options_windows[12] = {2, 4, 0x05, 0xb4, 1, 3, 3, 8, 1, 1, 4, 2};
static const uint8_t options_linux[20] = {2,    4,    0x05, 0xb4, 4, 2, 8, 10, 0x12, 0x34,
                                          0x56, 0x78, 0,    0,    0, 0, 1, 3,  3,    7};

static const uint16_t known_ports[] = {
        23,    22,    80,    445, 3389, 8080, 443,  2323, 5555, 6379, 1433, 8443,  81,
        3306,  5900,  25,    21,  5060, 2222, 1023, 8081, 8888, 5432, 9200, 7547,  8000,
        37215, 52869, 60023, 110, 143,  993,  995,  139,  135,  53,   111,  27017, 2375,
};

struct source {
	uint32_t address;
	uint16_t habit[HABIT_MAX];
	uint8_t habits;
	uint8_t class;
	uint16_t port; /* source port of those that keep it */
	uint8_t ttl;
};

/* Draws 0..n-1 by weight in constant time (Walker 1977, Vose's construction). */
struct alias {
	uint32_t n;
	uint32_t *other;
	uint32_t *keep; /* keep the drawn one if 32 random bits are below */
};

struct frame {
	uint8_t bytes[FRAME_MAX];
	size_t size;
};

struct world {
	struct prng random;
	struct alias by_source;
	struct source *sources;
	uint16_t ports[PORTS];
};

static void *must_alloc(size_t count, size_t size)
{
	void *p = calloc(count, size);

	if (!p) {
		fputs("bench_make_capture: out of memory\n", stderr);
		exit(1);
	}
	return p;
}

/* Zipf with s = 1: the weight of rank i is 1 / (i + 1). */
static void alias_init_zipf(struct alias *a, uint32_t n)
{
	double *scaled = must_alloc(n, sizeof(*scaled)), total = 0;
	uint32_t *small = must_alloc(n, sizeof(*small)), *large = must_alloc(n, sizeof(*large));
	uint32_t smalls = 0, larges = 0;

	*a = (struct alias){n, must_alloc(n, sizeof(*a->other)), must_alloc(n, sizeof(*a->keep))};
	for (uint32_t i = 0; i < n; i++)
		total += 1.0 / (i + 1);
	for (uint32_t i = 0; i < n; i++) {
		scaled[i] = n / total / (i + 1);
		a->keep[i] = UINT32_MAX;
		a->other[i] = i;
		if (scaled[i] < 1)
			small[smalls++] = i;
		else
			large[larges++] = i;
	}
	while (smalls && larges) {
		uint32_t s = small[--smalls], l = large[larges - 1];

		a->keep[s] = (uint32_t)(scaled[s] * UINT32_MAX);
		a->other[s] = l;
		scaled[l] -= 1 - scaled[s];
		if (scaled[l] < 1) {
			larges--;
			small[smalls++] = l;
		}
	}
	free(scaled);
	free(small);
	free(large);
}

static void alias_clear(struct alias *a)
{
	free(a->other);
	free(a->keep);
}

static uint32_t alias_draw(const struct alias *a, struct prng *r)
{
	uint64_t bits = prng_u64(r);
	uint32_t i = (uint32_t)(((bits >> 32) * a->n) >> 32);

	return (uint32_t)bits < a->keep[i] ? i : a->other[i];
}

/* Neither reserved (RFC 6890) nor within the telescope. */
static bool address_is_public(uint32_t a)
{
	uint32_t top = a >> 24;

	return top != 0 && top != 10 && top != 127 && top < 224 && a >> 20 != 0xac1 &&
	       a >> 16 != 0xc0a8 && a >> 16 != 0xa9fe && a >> 17 != 0xc612u >> 1 &&
	       a >> 22 != 0x6440u >> 6;
}

/* The class that is furthest behind its share gets the next rank. */
static enum class class_next(double have[CLASSES], double *total, double weight) {
	unsigned best = 0; double worst = -1;

	*total += weight;
	for (unsigned c = 0; c < CLASSES; c++){double behind = class_share[c] * *total - have[c];

	                                       if (behind > worst){worst = behind; best = c;}
}
have[best] += weight;
return best;
}

static void ports_init(uint16_t ports[PORTS], struct prng *r)
{
	unsigned known = sizeof(known_ports) / sizeof(known_ports[0]);

	memcpy(ports, known_ports, sizeof(known_ports));
	for (unsigned i = known; i < PORTS; i++)
		ports[i] = (uint16_t)(1 + prng_below(r, 65535));
}

static void source_init(struct source *s, struct world *w, const struct alias *by_port)
{
	static const uint8_t start_ttl[3] = {64, 128, 255};
	struct prng *r = &w->random;

	s->habits = (uint8_t)(1 + prng_below(r, HABIT_MAX));
	for (unsigned i = 0; i < HABIT_MAX; i++)
		s->habit[i] = w->ports[alias_draw(by_port, r)];
	s->port = (uint16_t)(32768 + prng_below(r, 28000));
	s->ttl = (uint8_t)(start_ttl[prng_below(r, 3)] - 5 - prng_below(r, 20));
}

static void world_init(struct world *w)
{
	double have[CLASSES] = {0}, total = 0;
	struct alias by_port;
	uint32_t serial = 0;

	prng_init(&w->random, 20260101);
	ports_init(w->ports, &w->random);
	alias_init_zipf(&by_port, PORTS);
	alias_init_zipf(&w->by_source, SOURCES);
	w->sources = must_alloc(SOURCES, sizeof(*w->sources));
	for (uint32_t i = 0; i < SOURCES; i++) {
		struct source *s = &w->sources[i];

		do
			s->address = hash_permute32(serial++, 0x6e6f726f);
		while (!address_is_public(s->address));
		s->class = (uint8_t)class_next(have, &total, 1.0 / (i + 1));
		source_init(s, w, &by_port);
	}
	alias_clear(&by_port);
}

static void world_clear(struct world *w)
{
	alias_clear(&w->by_source);
	free(w->sources);
}

static void put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v);
}

/* Internet checksum (RFC 1071) of n bytes on top of `sum`. */
static uint16_t checksum(const uint8_t *p, size_t n, uint32_t sum)
{
	for (size_t i = 0; i + 1 < n; i += 2)
		sum += (uint32_t)p[i] << 8 | p[i + 1];
	if (n & 1)
		sum += (uint32_t)p[n - 1] << 8;
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t) ~((sum & 0xffff) + (sum >> 16));
}

/* Ethernet and IPv4 around `size` bytes that stand at offset 34 already; `check_at` is where
 * the transport's checksum belongs. */
static void frame_finish(struct frame *f, const struct source *s, uint32_t dst, uint32_t ip_id,
                         unsigned proto, size_t size, size_t check_at)
{
	static const uint8_t link[14] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0};
	uint8_t *ip = f->bytes + 14, *transport = ip + 20;
	uint32_t pseudo = proto == 1 ? 0
	                             : (s->address >> 16) + (s->address & 0xffff) + (dst >> 16) +
	                                       (dst & 0xffff) + proto + (uint32_t)size;

	memcpy(f->bytes, link, sizeof(link));
	put32(ip, 0x45000000 | (uint32_t)(20 + size));
	put32(ip + 4, ip_id << 16 | (proto == 6 ? 0x4000 : 0));
	put32(ip + 8, (uint32_t)s->ttl << 24 | proto << 16);
	put32(ip + 12, s->address);
	put32(ip + 16, dst);
	put16(ip + 10, checksum(ip, 20, 0));
	put16(transport + check_at, 0);
	put16(transport + check_at, checksum(transport, size, pseudo));
	f->size = 34 + size;
}

struct tcp_fields {
	uint32_t sport, dport, seq, ack, ip_id, flags, window;
	const uint8_t *options;
	size_t options_size;
};

static void frame_tcp(struct frame *f, const struct source *s, uint32_t dst,
                      const struct tcp_fields *t)
{
	uint8_t *p = f->bytes + 34;
	size_t size = 20 + t->options_size;

	put32(p, t->sport << 16 | t->dport);
	put32(p + 4, t->seq);
	put32(p + 8, t->ack);
	put32(p + 12, (uint32_t)(size / 4) << 28 | t->flags << 16 | t->window);
	put32(p + 16, 0);
	if (t->options_size)
		memcpy(p + 20, t->options, t->options_size);
	frame_finish(f, s, dst, t->ip_id, 6, size, 16);
}

static void syn_options(struct tcp_fields *t, const uint8_t *options, size_t size, uint32_t window)
{
	t->options = options;
	t->options_size = size;
	t->window = window;
}

/* What each tool writes into a SYN (30-detection section 2), from the published rules. */
static void frame_syn(struct frame *f, const struct source *s, uint32_t dst, struct prng *r)
{
	uint64_t bits = prng_u64(r);
	struct tcp_fields t = {
	        .sport = s->port,
	        .dport = s->habit[(bits & 0xff) % s->habits],
	        .seq = (uint32_t)(bits >> 32),
	        .ip_id = (uint32_t)(bits >> 8) & 0xffff,
	        .flags = 2,
	};

	switch (s->class) {
	case CLASS_MIRAI:
		t.seq = dst;
		t.window = (uint32_t)(bits >> 40) & 0xffff;
		break;
	case CLASS_ZMAP:
		t.ip_id = 54321;
		t.window = 65535;
		break;
	case CLASS_MASSCAN:
		t.ip_id = (dst ^ t.dport ^ t.seq) & 0xffff;
		t.window = 1024;
		break;
	case CLASS_MSS_ONLY:
		syn_options(&t, options_mss, sizeof(options_mss), 64240);
		break;
	case CLASS_WINDOWS:
		syn_options(&t, options_windows, sizeof(options_windows), 8192);
		t.sport = 49152 + ((uint32_t)(bits >> 24) & 0x3fff);
		break;
	default:
		syn_options(&t, options_linux, sizeof(options_linux), 29200);
		t.sport = 32768 + ((uint32_t)(bits >> 24) & 0x3fff);
	}
	frame_tcp(f, s, dst, &t);
}

static void frame_answer(struct frame *f, const struct source *s, uint32_t dst, struct prng *r)
{
	uint64_t bits = prng_u64(r);
	struct tcp_fields t = {
	        .sport = s->habit[0],
	        .dport = 1024 + ((uint32_t)bits & 0x7fff),
	        .seq = (uint32_t)(bits >> 32),
	        .ack = (uint32_t)(bits >> 16),
	        .flags = s->class == CLASS_RST ? 0x14 : 0x12,
	        .window = s->class == CLASS_RST ? 0 : 65535,
	};

	if (s->class == CLASS_SYNACK)
		syn_options(&t, options_mss, sizeof(options_mss), 65535);
	frame_tcp(f, s, dst, &t);
}

static void frame_udp(struct frame *f, const struct source *s, uint32_t dst, struct prng *r)
{
	uint8_t *p = f->bytes + 34;
	size_t payload = 4 + s->habit[0] % 24;

	put32(p, (uint32_t)s->port << 16 | s->habit[prng_below(r, s->habits)]);
	put16(p + 4, (uint32_t)(8 + payload));
	memset(p + 8, s->habit[0] & 0xff, payload);
	frame_finish(f, s, dst, prng_u32(r) & 0xffff, 17, 8 + payload, 6);
}

static void frame_echo(struct frame *f, const struct source *s, uint32_t dst, struct prng *r)
{
	uint8_t *p = f->bytes + 34;

	put32(p, 0x08000000);
	put32(p + 4, (uint32_t)s->port << 16 | (prng_u32(r) & 0xffff));
	memset(p + 8, 0x61, 8);
	frame_finish(f, s, dst, prng_u32(r) & 0xffff, 1, 16, 2);
}

static void frame_make(struct frame *f, struct world *w)
{
	const struct source *s = &w->sources[alias_draw(&w->by_source, &w->random)];
	uint32_t dst = net | (prng_u32(&w->random) & 0xffff);

	if (s->class == CLASS_ICMP)
		frame_echo(f, s, dst, &w->random);
	else if (s->class == CLASS_UDP)
		frame_udp(f, s, dst, &w->random);
	else if (s->class >= CLASS_SYNACK)
		frame_answer(f, s, dst, &w->random);
	else
		frame_syn(f, s, dst, &w->random);
}

/* Times rise: packet i falls at random into the i-th of `packets` equal slots of the hour. */
static void capture_write(struct outfile *out, struct world *w, uint64_t packets)
{
	const uint32_t file_header[6] = {0xa1b2c3d4, 4u << 16 | 2, 0, 0, 65535, 1};
	double slot_us = SPAN_S * 1e6 / (double)packets;

	outfile_write(out, file_header, sizeof(file_header));
	for (uint64_t i = 0; i < packets; i++) {
		uint64_t us = (uint64_t)(((double)i + prng_unit(&w->random)) * slot_us);
		struct frame f;

		frame_make(&f, w);
		assert(f.size <= FRAME_MAX);
		uint32_t head[4] = {START_S + (uint32_t)(us / 1000000), (uint32_t)(us % 1000000),
		                    (uint32_t)f.size, (uint32_t)f.size};

		outfile_write(out, head, sizeof(head));
		outfile_write(out, f.bytes, f.size);
	}
}

static uint64_t packets_argument(const char *text)
{
	char *end = NULL;
	unsigned long long n;

	errno = 0;
	n = strtoull(text, &end, 10);
	if (errno || end == text || *end || n < 1 || n > 4000000000u) {
		fprintf(stderr, "bench_make_capture: '%s' is not a number of packets\n", text);
		exit(2);
	}
	return n;
}

int main(int argc, char **argv)
{
	struct outfile *out = NULL;
	struct trouble t = {0};
	struct world w;
	uint64_t packets;

	if (argc < 2 || argc > 3) {
		fputs("usage: bench_make_capture OUT.pcap [PACKETS]\n", stderr);
		return 2;
	}
	packets = argc > 2 ? packets_argument(argv[2]) : PACKETS_DEFAULT;
	world_init(&w);
	if (outfile_open(&out, argv[1], &t))
		goto failed;
	capture_write(out, &w, packets);
	if (outfile_commit(out, &t))
		goto failed;
	world_clear(&w);
	return 0;
failed:
	fprintf(stderr, "bench_make_capture: %s: %s\n", argv[1], t.text);
	world_clear(&w);
	return 1;
}
