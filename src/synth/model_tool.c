/* SPDX-License-Identifier: Apache-2.0 */
/* Scanning tools that build their SYNs themselves. Facts: 30-detection section 2 of the
 * design; the tools' published sources; Ghiette et al. 2016; Hiesgen et al. 2022. */
#include "synth/model.h"

#include "model/packet.h"

static const uint8_t mss_1460[] = {2, 4, 0x05, 0xb4};
/* ZMap 4.1 took over the option layout of Windows. */
static const uint8_t windows_options[] = {2, 4, 0x05, 0xb4, 1, 3, 3, 8, 1, 1, 4, 2};
static const uint8_t mss_556[] = {2, 4, 0x02, 0x2c};

struct syn {
	uint16_t id, window;
	uint8_t flags;
	const uint8_t *options;
	uint8_t options_length;
};

static void write_syn(const struct sender *s, const struct shot *shot, const struct syn *syn,
                      struct frame *out)
{
	struct ip_fields ip = model_ip(s, shot, syn->id);
	struct tcp_fields tcp = {
	        .seq = shot->seq,
	        .src_port = shot->src_port,
	        .dst_port = shot->dst_port,
	        .window = syn->window,
	        .flags = syn->flags,
	        .options = syn->options,
	        .options_length = syn->options_length,
	};

	frame_tcp(out, &ip, &tcp);
}

static uint16_t random16(struct sender *s)
{
	return (uint16_t)prng_u32(&s->random);
}

/* One source port and one path for all packets, a random sequence number for each. */
static void open_one_port(struct sender *s, struct shot *shot)
{
	shot->src_port = s->source_port;
	shot->seq = prng_u32(&s->random);
}

static void open_any_port(struct sender *s, struct shot *shot)
{
	shot->src_port = model_ephemeral(s);
	shot->seq = prng_u32(&s->random);
}

static void dress_64(struct sender *s)
{
	s->ttl = model_ttl(s, 64);
	s->source_port = model_ephemeral(s);
	s->window = random16(s);
}

static void dress_255(struct sender *s)
{
	s->ttl = model_ttl(s, 255);
	s->source_port = model_ephemeral(s);
	s->window = 1024;
}

/* Mirai's scanner.c: source port and window drawn once, seq is the target's address. */
static void mirai_open(struct sender *s, struct shot *shot)
{
	shot->src_port = s->source_port;
	shot->seq = addr_low32(&shot->dst);
}

static void mirai_write(struct sender *s, const struct shot *shot, struct frame *out)
{
	struct syn syn = {.id = random16(s), .window = s->window, .flags = TCP_SYN};

	write_syn(s, shot, &syn, out);
}

static void zmap_write(struct sender *s, const struct shot *shot, struct frame *out)
{
	struct syn syn = {.id = 54321, .window = 65535, .flags = TCP_SYN};

	write_syn(s, shot, &syn, out);
}

static void zmap_new_write(struct sender *s, const struct shot *shot, struct frame *out)
{
	struct syn syn = {.id = random16(s),
	                  .window = 65535,
	                  .flags = TCP_SYN,
	                  .options = windows_options,
	                  .options_length = sizeof(windows_options)};

	write_syn(s, shot, &syn, out);
}

static uint16_t masscan_id(const struct shot *shot)
{
	return (uint16_t)(addr_low32(&shot->dst) ^ shot->dst_port ^ shot->seq);
}

static void masscan_old_write(struct sender *s, const struct shot *shot, struct frame *out)
{
	struct syn syn = {.id = masscan_id(shot), .window = 1024, .flags = TCP_SYN};

	write_syn(s, shot, &syn, out);
}

static void masscan_write(struct sender *s, const struct shot *shot, struct frame *out)
{
	struct syn syn = {.id = masscan_id(shot),
	                  .window = 1024,
	                  .flags = TCP_SYN,
	                  .options = mss_1460,
	                  .options_length = sizeof(mss_1460)};

	write_syn(s, shot, &syn, out);
}

/* seq ^ src ^ ((sport << 16) + dport) is the session's constant. */
static void unicorn_open(struct sender *s, struct shot *shot)
{
	shot->src_port = model_ephemeral(s);
	shot->seq = s->key ^ addr_low32(&shot->src) ^
	            (((uint32_t)shot->src_port << 16) + shot->dst_port);
}

static void unicorn_write(struct sender *s, const struct shot *shot, struct frame *out)
{
	struct syn syn = {.id = random16(s),
	                  .window = 4128,
	                  .flags = TCP_SYN,
	                  .options = mss_556,
	                  .options_length = sizeof(mss_556)};

	write_syn(s, shot, &syn, out);
}

/* nmap draws an initial TTL of 37 to 59 for each probe; here the path takes some. */
static void nmap_dress(struct sender *s)
{
	dress_255(s);
	s->ttl = (uint8_t)(5 + prng_below(&s->random, 15));
}

static void nmap_write(struct sender *s, const struct shot *shot, struct frame *out)
{
	static const uint8_t stealth[] = {0, TCP_FIN, TCP_FIN | TCP_PSH | TCP_URG};
	struct sender there = *s;
	struct syn syn = {.id = random16(s), .window = 1024, .flags = TCP_SYN};

	if (s->campaign->probe_flags) {
		syn.flags = stealth[s->key % 3];
	} else {
		syn.options = mss_1460;
		syn.options_length = sizeof(mss_1460);
	}
	there.ttl = (uint8_t)(37 + prng_below(&s->random, 23) - s->ttl);
	write_syn(&there, shot, &syn, out);
}

/* nmap asks once more when nothing answers. */
static uint64_t nmap_wait(const struct sender *s, unsigned attempt)
{
	(void)s;
	return attempt == 1 ? UINT64_C(1000000000) : 0;
}

/* Hajime: window 14600, one half of the sequence number is zero. */
static void hajime_open(struct sender *s, struct shot *shot)
{
	shot->src_port = model_ephemeral(s);
	shot->seq = (uint32_t)(1 + prng_below(&s->random, 65535)) << (s->key % 2 ? 16 : 0);
}

static void hajime_write(struct sender *s, const struct shot *shot, struct frame *out)
{
	struct syn syn = {.id = random16(s), .window = 14600, .flags = TCP_SYN};

	write_syn(s, shot, &syn, out);
}

/* A home-made scanner: no options, TTL as large as it gets, nothing else to know it by. */
static void irregular_dress(struct sender *s)
{
	dress_255(s);
	s->window = (uint16_t)(2048 + prng_below(&s->random, 60000));
}

const struct model model_mirai = {dress_64, mirai_open, mirai_write, NULL};
const struct model model_zmap = {dress_255, open_any_port, zmap_write, NULL};
const struct model model_zmap_new = {dress_255, open_any_port, zmap_new_write, NULL};
const struct model model_masscan_old = {dress_255, open_one_port, masscan_old_write, NULL};
const struct model model_masscan = {dress_255, open_one_port, masscan_write, NULL};
const struct model model_unicorn = {dress_255, unicorn_open, unicorn_write, NULL};
const struct model model_nmap = {nmap_dress, open_one_port, nmap_write, nmap_wait};
const struct model model_hajime = {dress_64, hajime_open, hajime_write, NULL};
const struct model model_irregular = {irregular_dress, open_any_port, mirai_write, NULL};
