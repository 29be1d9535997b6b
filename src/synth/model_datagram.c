/* SPDX-License-Identifier: Apache-2.0 */
/* UDP and ICMP senders: worms, amplifier searches, pings, plain datagrams. The worms'
 * payloads carry only the marks by which they are known, none of their code. */
#include "synth/model.h"

#include "model/packet.h"
#include "synth/amplifier.h"

#include <string.h>

enum { SLAMMER_BYTES = 376, WITTY_LEAST = 768, WITTY_SPREAD = 512, WITTY_PORT = 4000 };

static void dress_datagram(struct sender *s)
{
	static const uint8_t initial[] = {64, 64, 128, 255};

	s->ttl = model_ttl(s, initial[prng_below(&s->random, 4)]);
	s->source_port = model_ephemeral(s);
}

static void dress_windows(struct sender *s)
{
	s->ttl = model_ttl(s, 128);
	s->source_port = model_ephemeral(s);
}

static void open_datagram(struct sender *s, struct shot *shot)
{
	shot->proto = PROTO_UDP;
	shot->src_port = s->source_port;
}

static void write_udp(struct sender *s, const struct shot *shot, struct frame *out,
                      const void *payload, size_t n)
{
	struct ip_fields ip = model_ip(s, shot, s->ip_id++);

	frame_udp(out, &ip, shot->src_port, shot->dst_port, payload, n);
}

/* The same few bytes each time, as a lone client of something would send. */
static void udp_write(struct sender *s, const struct shot *shot, struct frame *out)
{
	static const char sip[] = "OPTIONS sip:100@1.1.1.1 SIP/2.0\r\nCSeq: 1 OPTIONS\r\n\r\n";
	uint8_t payload[40];
	uint32_t word = s->key;

	if (shot->dst_port == 5060) {
		write_udp(s, shot, out, sip, sizeof(sip) - 1);
		return;
	}
	for (size_t i = 0; i < sizeof(payload); i++) {
		word = word * 1664525u + 1013904223u;
		payload[i] = (uint8_t)(word >> 24);
	}
	write_udp(s, shot, out, payload, 8 + s->key % 32);
}

/* Moore et al. 2003, "Inside the Slammer worm": UDP 1434, 376 bytes, the first is 4. */
static void slammer_write(struct sender *s, const struct shot *shot, struct frame *out)
{
	uint8_t payload[SLAMMER_BYTES] = {4};

	memset(payload + 1, 1, 96);
	write_udp(s, shot, out, payload, sizeof(payload));
}

/* Shannon and Moore 2004, "The spread of the Witty worm": from UDP 4000 to any port, 768 to
 * 1279 bytes, a looks-like-ICQ header, and the text that gave the name. */
static void witty_open(struct sender *s, struct shot *shot)
{
	shot->proto = PROTO_UDP;
	shot->src_port = WITTY_PORT;
	shot->seq = prng_below(&s->random, WITTY_SPREAD);
}

static void witty_write(struct sender *s, const struct shot *shot, struct frame *out)
{
	static const uint8_t header[] = {5, 0, 0, 0, 0, 0, 0, 0x12, 2, 0, 0, 0};
	static const char text[] = ")      insert witty message here.     (";
	uint8_t payload[WITTY_LEAST + WITTY_SPREAD] = {0};

	memcpy(payload, header, sizeof(header));
	memcpy(payload + 80, text, sizeof(text) - 1);
	write_udp(s, shot, out, payload, WITTY_LEAST + shot->seq);
}

/* Each sender asks for one vector, as booter operators' lists are made. */
static void amplifier_open(struct sender *s, struct shot *shot)
{
	const struct amplifier *vector = amplifier_draw(s->campaign->vectors, s->key);

	open_datagram(s, shot);
	shot->dst_port = vector->port;
	shot->truth_port = vector->port;
}

static void amplifier_write(struct sender *s, const struct shot *shot, struct frame *out)
{
	const struct amplifier *vector = amplifier_draw(s->campaign->vectors, s->key);

	write_udp(s, shot, out, vector->payload, vector->length);
}

static void ping_open(struct sender *s, struct shot *shot)
{
	bool v4 = addr_is_v4(&shot->src);

	shot->proto = v4 ? PROTO_ICMP : PROTO_ICMPV6;
	shot->dst_port = 0;
	shot->truth_port = (uint16_t)((v4 ? 8 : 128) << 8);
	shot->seq = (uint32_t)s->source_port << 16 | (uint16_t)s->sent;
}

static void ping_write(struct sender *s, const struct shot *shot, struct frame *out)
{
	struct ip_fields ip = model_ip(s, shot, s->ip_id++);
	struct icmp_fields icmp = {(uint8_t)(shot->truth_port >> 8), 0, shot->seq};
	uint8_t payload[56];

	for (size_t i = 0; i < sizeof(payload); i++)
		payload[i] = (uint8_t)i;
	frame_icmp(out, &ip, &icmp, payload, s->key % 2 ? 32 : 56);
}

const struct model model_udp = {dress_datagram, open_datagram, udp_write, NULL};
const struct model model_slammer = {dress_windows, open_datagram, slammer_write, NULL};
const struct model model_witty = {dress_windows, witty_open, witty_write, NULL};
const struct model model_amplifier = {dress_datagram, amplifier_open, amplifier_write, NULL};
const struct model model_ping = {dress_datagram, ping_open, ping_write, NULL};
