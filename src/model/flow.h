/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The flow row: what one source did to one port of one sensor in one window.
 *
 * It carries no destination address (30-detection section 9). Distinct destinations
 * are counted from values hashed with a key that stays at the sensor: exactly up to
 * FLOW_EXACT, by a HyperLogLog of FLOW_REGISTERS registers beyond, which merge by maximum.
 * For backscatter `port` is the service that answers (the packet's source port) and
 * `peer_port` the other side; for everything else `port` is the destination port. For ICMP
 * `port` is type * 256 + code; for other protocols 0. See docs/adr/0004-rows-first.md.
 * Pointers are valid during the call that hands the row out.
 */
#ifndef MODEL_FLOW_H
#define MODEL_FLOW_H

#include "model/addr.h"
#include "model/health.h"
#include "model/kind.h"

#include <stdint.h>

enum {
	FLOW_EXACT = 16,
	FLOW_REGISTERS = 1024,
};

struct flow {
	struct addr source;
	uint8_t proto;     /* IANA number */
	uint8_t kind;      /* enum packet_kind */
	uint8_t marks;     /* MARK_BIT(...): every packet of the row matches exactly these rules */
	uint8_t tcp_flags; /* all flags seen */
	uint16_t port;
	uint16_t peer_port; /* the other port if constant, else 0 */
	uint16_t signs;     /* enum sign */
	uint16_t ip_id;     /* of the first packet; SIGN_IP_ID_VARIES if others differ */
	uint16_t ip_len;    /* with window and options the fingerprint of the first packet;
	                       SIGN_FINGERPRINT_VARIES if others differ */
	uint16_t tcp_window;
	uint32_t options_hash;
	uint8_t ttl_min, ttl_max;
	uint16_t unicorn;        /* packets that keep seq ^ src ^ (sport << 16) + dport constant */
	uint32_t unicorn_key;    /* that constant */
	uint64_t packets, bytes; /* bytes: IP total lengths */
	uint32_t first_us, last_us; /* offsets from the window's start, microseconds */
	uint32_t destinations;      /* distinct monitored addresses: exact or estimated */
	uint8_t exact; /* destinations if counted exactly (list holds them), 0 if estimated */
	const uint32_t *list;     /* `exact` hashed destinations, or NULL */
	const uint8_t *registers; /* FLOW_REGISTERS bytes, or NULL */
};

/* What belongs to the whole window; honest figures travel with the rows. */
struct window_header {
	uint32_t start_s; /* seconds since 1970 */
	uint32_t span_s;
	uint32_t sensor;  /* number given by the hub; 0 for files */
	uint64_t packets; /* counted into this window */
	uint64_t dropped; /* by the kernel or by us, as far as known */
	uint64_t skipped; /* records that were no packets for us */
	uint64_t late;    /* packets older than the window, counted into it */
	uint64_t rows;
	double addresses;                   /* monitored; 0: not known */
	const struct window_health *health; /* NULL: none, as for files; valid during the call */
};

/*
 * Who takes closed windows: begin, then every row in (source, proto, port, kind, marks)
 * order, then end. All calls of one sink come from one thread. A status other than OK
 * stops the calls and reaches whoever runs the pipeline.
 */
struct flow_sink {
	void *state;
	enum status (*begin)(void *state, const struct window_header *header);
	enum status (*row)(void *state, const struct flow *row);
	enum status (*end)(void *state);
};

#endif
