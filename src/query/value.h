/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One value of a dimension as text, in both directions: "23/tcp", "mirai", "JP", "AS64500".
 * The same texts stand in queries and in answers. Pure, any thread.
 */
#ifndef QUERY_VALUE_H
#define QUERY_VALUE_H

#include "query/query.h"

enum { VALUE_TEXT_MAX = 128 };

/* STATUS_FORMAT where it is no value of that dimension. */
MUST_USE enum status value_parse(enum query_dimension d, const char *text, struct query_value *out);

/* What value_parse() takes, for messages: "a port such as 23/tcp, ...". */
const char *value_expected(enum query_dimension d);

void value_print(enum query_dimension d, const struct query_value *v, char out[VALUE_TEXT_MAX]);

/* True for a range of ports or addresses, which is asked for by `in`. */
bool value_is_range(enum query_dimension d, const struct query_value *v);

/* One port, as rows have it: "23/tcp", "8.0/icmp", "proto 47". */
void value_port_text(uint8_t proto, uint16_t port, char out[VALUE_TEXT_MAX]);

/* "tcp", or the number. */
void value_proto_text(uint8_t proto, char out[VALUE_TEXT_MAX]);

/* "mirai", "stateless-irregular": a tool's name without spaces. */
void value_tool_text(unsigned tool, char out[VALUE_TEXT_MAX]);

/* "JP", "unknown". */
void value_country_text(uint32_t country, char out[VALUE_TEXT_MAX]);

/* "AS64500", "unknown". */
void value_network_text(uint32_t number, char out[VALUE_TEXT_MAX]);

/* A whole number without a sign in [low, high]. */
MUST_USE enum status value_number(const char *text, uint64_t low, uint64_t high, uint64_t *out);

#endif
