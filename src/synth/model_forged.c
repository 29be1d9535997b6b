/* SPDX-License-Identifier: Apache-2.0 */
/* Packets with forged sources, and what their victims answer: backscatter (Moore et al.
 * 2001, "Inferring Internet denial-of-service activity"). */
#include "synth/model.h"

#include "base/hash.h"
#include "base/timefmt.h"
#include "model/packet.h"

#include <string.h>

static const uint8_t mss_1460[] = {2, 4, 0x05, 0xb4};

/* A flood by one program: one header for all sources and one path. */
static void flood_dress(struct sender *s)
{
	s->ttl = model_ttl(s, 255);
	s->window = (uint16_t)(512 + prng_below(&s->random, 65000));
}

static void random_dress(struct sender *s)
{
	s->ttl = 64;
}

static void forged_open(struct sender *s, struct shot *shot)
{
	shot->src_port = model_ephemeral(s);
	shot->seq = prng_u32(&s->random);
}

static void flood_write(struct sender *s, const struct shot *shot, struct frame *out)
{
	struct ip_fields ip = model_ip(s, shot, s->ip_id);
	struct tcp_fields tcp = {.seq = shot->seq,
	                         .src_port = shot->src_port,
	                         .dst_port = shot->dst_port,
	                         .window = s->window,
	                         .flags = TCP_SYN};

	frame_tcp(out, &ip, &tcp);
}

/* Nothing in common from packet to packet: half with an MSS option, half without. */
static void random_write(struct sender *s, const struct shot *shot, struct frame *out)
{
	uint64_t bits = prng_u64(&s->random);
	struct ip_fields ip = model_ip(s, shot, (uint16_t)bits);
	uint8_t options[] = {2, 4, (uint8_t)(2 + (bits >> 40) % 4), (uint8_t)(bits >> 48)};
	struct tcp_fields tcp = {.seq = shot->seq,
	                         .src_port = shot->src_port,
	                         .dst_port = shot->dst_port,
	                         .window = (uint16_t)(bits >> 16),
	                         .flags = TCP_SYN,
	                         .options = options,
	                         .options_length = bits >> 63 ? sizeof(options) : 0};

	ip.ttl = (uint8_t)(1 + (bits >> 32) % 255);
	frame_tcp(out, &ip, &tcp);
}

static void reply_dress(struct sender *s)
{
	static const uint8_t initial[] = {64, 64, 128, 255};
	static const uint16_t windows[] = {65160, 28960, 14480, 8192, 5792};

	s->ttl = model_ttl(s, initial[prng_below(&s->random, 4)]);
	s->window = windows[prng_below(&s->random, 5)];
	s->mss = (uint16_t)prng_below(&s->random, 2); /* Linux: DF and id 0 */
}

/* dst_port holds the attacked port: here it becomes the port that answers. */
static void reply_open(struct sender *s, struct shot *shot)
{
	static const uint8_t protocols[] = {PROTO_TCP, PROTO_UDP, PROTO_ICMP};

	shot->truth_port = shot->dst_port;
	shot->src_port = shot->dst_port;
	shot->dst_port = model_ephemeral(s);
	shot->seq = prng_u32(&s->random);
	switch (s->campaign->reply) {
	case REPLY_UNREACHABLE:
	case REPLY_TTL_EXCEEDED:
		shot->proto = protocols[s->campaign->attacked];
		break;
	case REPLY_UDP:
		shot->proto = PROTO_UDP;
		break;
	case REPLY_ECHO:
		shot->proto = PROTO_ICMP;
		shot->truth_port = 0;
		break;
	default:
		shot->proto = PROTO_TCP;
	}
}

static void write_tcp(const struct sender *s, const struct ip_fields *ip, const struct shot *shot,
                      struct frame *out)
{
	bool accepts = s->campaign->reply == REPLY_SYN_ACK;
	struct tcp_fields tcp = {
	        .seq = accepts ? shot->seq : 0,
	        .ack = hash_permute32(shot->seq, s->key),
	        .src_port = shot->src_port,
	        .dst_port = shot->dst_port,
	        .window = accepts ? s->window : 0,
	        .flags = accepts ? TCP_SYN | TCP_ACK : TCP_RST | TCP_ACK,
	        .options = mss_1460,
	        .options_length = accepts ? sizeof(mss_1460) : 0,
	};

	frame_tcp(out, ip, &tcp);
}

/* The packet that the victim got, as far as an ICMP error quotes it: the IP header and 8
 * bytes (RFC 792). */
static size_t quote(const struct sender *s, const struct shot *shot, struct frame *inner)
{
	struct ip_fields ip = {.src = shot->dst,
	                       .dst = shot->src,
	                       .id = (uint16_t)shot->seq,
	                       .ttl = s->campaign->reply == REPLY_TTL_EXCEEDED ? 1 : s->ttl};
	struct tcp_fields tcp = {.seq = shot->seq,
	                         .src_port = shot->dst_port,
	                         .dst_port = shot->src_port,
	                         .window = 512,
	                         .flags = TCP_SYN};
	struct icmp_fields icmp = {addr_is_v4(&ip.src) ? 8 : 128, 0, shot->seq};

	if (shot->proto == PROTO_TCP)
		frame_tcp(inner, &ip, &tcp);
	else if (shot->proto == PROTO_UDP)
		frame_udp(inner, &ip, shot->dst_port, shot->src_port, NULL, 0);
	else
		frame_icmp(inner, &ip, &icmp, NULL, 0);
	return (addr_is_v4(&ip.src) ? 20 : 40) + 8;
}

static void write_error(const struct sender *s, const struct ip_fields *ip, const struct shot *shot,
                        struct frame *out)
{
	bool v4 = addr_is_v4(&ip->src), expired = s->campaign->reply == REPLY_TTL_EXCEEDED;
	struct icmp_fields icmp = {0};
	struct frame inner;
	size_t n = quote(s, shot, &inner);

	/* port unreachable for UDP, host unreachable else (RFC 792, RFC 4443) */
	icmp.type = (uint8_t)(expired ? (v4 ? 11 : 3) : (v4 ? 3 : 1));
	if (!expired)
		icmp.code = shot->proto == PROTO_UDP ? (v4 ? 3 : 4) : (v4 ? 1 : 3);
	frame_icmp(out, ip, &icmp, inner.bytes + ETHERNET_BYTES, n);
}

/* An answer: DNS where the port says so (a refusal to a forged query), else some bytes. */
static void write_answer(const struct ip_fields *ip, const struct shot *shot, struct frame *out)
{
	static const uint8_t dns[] = {0, 0,   0x81, 0x85, 0,   1,   0,   0,   0,   0,
	                              0, 0,   7,    'e',  'x', 'a', 'm', 'p', 'l', 'e',
	                              3, 'c', 'o',  'm',  0,   0,   255, 0,   1};
	uint8_t payload[48] = {0x24, 1, 0, 0xe9};
	size_t n = sizeof(payload);

	if (shot->src_port == 53) {
		n = sizeof(dns);
		memcpy(payload, dns, n);
		payload[0] = (uint8_t)(shot->seq >> 8);
		payload[1] = (uint8_t)shot->seq;
	}
	frame_udp(out, ip, shot->src_port, shot->dst_port, payload, n);
}

static void reply_write(struct sender *s, const struct shot *shot, struct frame *out)
{
	static const uint8_t zeros[32];
	struct ip_fields ip = model_ip(s, shot, s->mss ? 0 : s->ip_id++);
	struct icmp_fields echo = {addr_is_v4(&ip.src) ? 0 : 129, 0, shot->seq};

	ip.dont_fragment = s->mss;
	switch (s->campaign->reply) {
	case REPLY_UNREACHABLE:
	case REPLY_TTL_EXCEEDED:
		write_error(s, &ip, shot, out);
		break;
	case REPLY_UDP:
		write_answer(&ip, shot, out);
		break;
	case REPLY_ECHO:
		frame_icmp(out, &ip, &echo, zeros, sizeof(zeros));
		break;
	default:
		write_tcp(s, &ip, shot, out);
	}
}

/* A server asks again for the missing ACK after 1, 2, 4, 8 and 16 s. */
static uint64_t reply_wait(const struct sender *s, unsigned attempt)
{
	if (s->campaign->reply != REPLY_SYN_ACK || attempt > s->campaign->retransmissions)
		return 0;
	return NS_PER_SECOND << (attempt - 1);
}

const struct model model_flood = {flood_dress, forged_open, flood_write, NULL};
const struct model model_random_syn = {random_dress, forged_open, random_write, NULL};
const struct model model_reply = {reply_dress, reply_open, reply_write, reply_wait};
