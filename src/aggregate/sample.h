/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a decoded packet to what its row needs: the rules that the pipeline and the meter share.
 *
 * Inlined, so that a packet that is kept in registers stays there. Pure, any thread.
 */
#ifndef AGGREGATE_SAMPLE_H
#define AGGREGATE_SAMPLE_H

#include "aggregate/classify.h"
#include "aggregate/window.h"

/* The port in the key: the service, so a victim's answers make one row; see model/flow.h. */
static inline uint16_t sample_service(const struct packet *p, enum packet_kind kind)
{
	switch (p->proto) {
	case PROTO_TCP:
	case PROTO_UDP:
		return kind == KIND_BACKSCATTER ? p->src_port : p->dst_port;
	case PROTO_ICMP:
	case PROTO_ICMPV6:
		return (uint16_t)(p->icmp_type << 8 | p->icmp_code);
	default:
		return p->proto;
	}
}

/* All but marks and signs, which sample_judge() adds. source: the IPv4 address, or
 * window_v6_number(). The options are those of options_hash. */
static CLASSIFY_INLINE void sample_fill(struct sample *s, const struct packet *p,
                                        enum packet_kind kind, uint32_t source,
                                        uint32_t destination, uint64_t window_start_ns)
{
	uint16_t peer = kind == KIND_BACKSCATTER ? p->dst_port : p->src_port;

	s->key = row_key(source, sample_service(p, kind), p->v6, proto_class(p->proto), kind, 0);
	s->destination = destination;
	s->offset_us = p->time_ns < window_start_ns
	                       ? 0
	                       : (uint32_t)((p->time_ns - window_start_ns) / 1000);
	s->seq = p->seq;
	s->constant = p->seq ^ p->src32 ^ (((uint32_t)p->src_port << 16) + p->dst_port);
	s->peer_id = (uint32_t)peer << 16 | p->ip_id;
	s->shape = (uint32_t)p->tcp_window << 16 | p->ip_len;
	s->signs = 0;
	s->ttl = p->ttl;
	s->tcp_flags = p->tcp_flags;
	s->options_hash = p->options_hash;
	s->options = NULL;
}

static CLASSIFY_INLINE void sample_judge(struct sample *s, const struct packet *p,
                                         enum packet_kind kind)
{
	s->key |= classify_marks(p, kind);
	s->signs = classify_signs(p);
}

#endif
