/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packets and random numbers for the unit tests of this room. Values; include after tap.h.
 */
#ifndef TESTS_UNIT_AGGREGATE_MADE_H
#define TESTS_UNIT_AGGREGATE_MADE_H

#include "aggregate/classify.h"
#include "aggregate/window.h"
#include "base/prng.h"
#include "model/packet.h"

#include <stdlib.h>

#define MADE_SECOND UINT64_C(1000000000)

/* A TCP SYN as a real stack sends it: no rule of a tool matches by its shape. */
__attribute__((unused)) static struct packet made_syn(uint32_t src, uint32_t dst, uint16_t sport,
                                                      uint16_t dport)
{
	return (struct packet){
	        .time_ns = UINT64_C(1700000000) * MADE_SECOND,
	        .src = addr_v4(src),
	        .dst = addr_v4(dst),
	        .src32 = src,
	        .dst32 = dst,
	        .src_port = sport,
	        .dst_port = dport,
	        .seq = 0x12345678,
	        .ip_id = 7,
	        .ip_len = 60,
	        .wire_len = 74,
	        .tcp_window = 29200,
	        .tcp_flags = TCP_SYN,
	        .tcp_options = OPTIONS_OTHER,
	        .options_hash = 77,
	        .proto = PROTO_TCP,
	        .ttl = 50,
	};
}

/* The answer of a victim: SYN+ACK from its port. */
__attribute__((unused)) static struct packet made_answer(uint32_t victim, uint32_t dst,
                                                         uint16_t port, uint64_t time_ns)
{
	struct packet p = made_syn(victim, dst, port, 40000);

	p.tcp_flags = TCP_SYN | TCP_ACK;
	p.time_ns = time_ns;
	return p;
}

__attribute__((unused)) static struct addr made_v6(uint32_t number)
{
	struct addr a = {{0x20, 0x01, 0x0d, 0xb8}};

	for (int i = 0; i < 4; i++)
		a.b[12 + i] = (uint8_t)(number >> (24 - 8 * i));
	return a;
}

/* Shuffle n values. */
__attribute__((unused)) static void made_shuffle(struct prng *r, uint32_t *values, uint32_t n)
{
	for (uint32_t i = n; i > 1; i--) {
		uint32_t k = prng_below(r, i), t = values[k];

		values[k] = values[i - 1];
		values[i - 1] = t;
	}
}

/* Count a packet into the row of a key, as the worker boils it down. */
__attribute__((unused)) static void made_add(struct window *w, uint64_t key, const struct packet *p,
                                             uint32_t offset_us, uint32_t destination)
{
	uint16_t peer = key_kind(key) == KIND_BACKSCATTER ? p->dst_port : p->src_port;
	struct sample s = {
	        .key = key,
	        .shape = (uint32_t)p->tcp_window << 16 | p->ip_len,
	        .options_hash = p->options_hash,
	        .destination = destination,
	        .offset_us = offset_us,
	        .seq = p->seq,
	        .constant = p->seq ^ p->src32 ^ (((uint32_t)p->src_port << 16) + p->dst_port),
	        .peer_id = (uint32_t)peer << 16 | p->ip_id,
	        .signs = classify_signs(p),
	        .ttl = p->ttl,
	        .tcp_flags = p->tcp_flags,
	};

	window_aim(w, &s);
	window_seek(w, &s);
	if (!window_add(w, &s))
		abort();
}

#endif
