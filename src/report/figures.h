/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What all forms of the report say in the same way: figures that follow from an analysis,
 * names of protocols and services, addresses through the map. Pure, any thread.
 */
#ifndef REPORT_FIGURES_H
#define REPORT_FIGURES_H

#include "report/report.h"

enum {
	KIND_ROWS_MAX = BEHAVIOUR_COUNT + KIND_COUNT,
	PROTO_TEXT_MAX = 8,
	PORT_TEXT_MAX = 24,
	NUMBER_TEXT_MAX = 40,
	RANGE_TEXT_MAX = 2 * NUMBER_TEXT_MAX + 8,
};

struct kind_row {
	const char *name;
	uint64_t packets;
};

/* Packets by kind, where a scan bears the name of what its source does. Rows with
 * packets, and backscatter always; they sum to analysed_packets(). Returns the count. */
unsigned kind_rows(const struct analysis *a, struct kind_row rows[KIND_ROWS_MAX]);

uint64_t analysed_packets(const struct analysis *a);
uint64_t skipped_packets(const struct analysis *a);

/* Seconds from the first to the last packet; 0 where there are none or time goes back. */
double span_seconds(const struct analysis *a);

/* False where nothing was read that bears a time. */
bool has_times(const struct analysis *a);

/* At most `max` indices of the attacks with the highest estimated rate, by start again.
 * Attacks without a rate come last. Returns how many. */
unsigned largest_attacks(const struct analysis *a, size_t picks[], unsigned max);

/* How many of the attacks were not withdrawn. */
size_t standing_attacks(const struct analysis *a);

/* "tcp", "udp", "icmp", "icmp6", or the number. */
void proto_text(uint8_t proto, char out[PROTO_TEXT_MAX]);

/* "23/tcp", "8/0 icmp" (type/code), "gre": what a person calls it. */
void port_text(uint8_t proto, uint16_t port, char out[PORT_TEXT_MAX]);

/* What usually answers there, or an empty text; tables in service.def. */
const char *service_name(uint8_t proto, uint16_t port);

/* "1,234,567". */
void count_text(uint64_t n, char out[NUMBER_TEXT_MAX]);

/* "1 packet", "1,234 packets". */
void plural_text(uint64_t n, const char *noun, char out[NUMBER_TEXT_MAX]);

/* Three significant digits with a unit of a thousand: "850", "12.3 k", "8.4 M"; "?" where
 * it is no number. */
void short_text(double n, char out[NUMBER_TEXT_MAX]);

/* "230 to 270 k", "900 to 1.2 k". */
void range_text(double low, double high, char out[RANGE_TEXT_MAX]);

/* "98.7 MB". */
void bytes_text(uint64_t n, char out[NUMBER_TEXT_MAX]);

/* The nearest whole number, clamped to what fits; 0 for what is no number. */
uint64_t whole(double n);

/* The address or prefix as it may go out. */
void address_out(const struct report_options *o, const struct addr *a, char out[ADDR_TEXT_MAX]);
void prefix_out(const struct report_options *o, const struct prefix *p, char out[PREFIX_TEXT_MAX]);

const char *report_version(const struct report_options *o);

#endif
