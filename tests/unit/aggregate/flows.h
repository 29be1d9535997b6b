/* SPDX-License-Identifier: Apache-2.0 */
/* A flow row whose padding is zero, so that rows compare as bytes. */
#ifndef TESTS_UNIT_AGGREGATE_FLOWS_H
#define TESTS_UNIT_AGGREGATE_FLOWS_H

#include "model/flow.h"

__attribute__((unused)) static void flow_plain(struct flow *to, const struct flow *f)
{
	memset(to, 0, sizeof(*to));
	to->source = f->source;
	to->proto = f->proto;
	to->kind = f->kind;
	to->marks = f->marks;
	to->tcp_flags = f->tcp_flags;
	to->port = f->port;
	to->peer_port = f->peer_port;
	to->signs = f->signs;
	to->ip_id = f->ip_id;
	to->ip_len = f->ip_len;
	to->tcp_window = f->tcp_window;
	to->options_hash = f->options_hash;
	to->ttl_min = f->ttl_min;
	to->ttl_max = f->ttl_max;
	to->unicorn = f->unicorn;
	to->unicorn_key = f->unicorn_key;
	to->packets = f->packets;
	to->bytes = f->bytes;
	to->first_us = f->first_us;
	to->last_us = f->last_us;
	to->destinations = f->destinations;
	to->exact = f->exact;
}

#endif
