/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All that one analysis found: the facts that aggregate/ collected, the verdicts that
 * detect/ drew from them, and the names that enrich/ added, for report/ to print.
 *
 * Plain data. `struct analysis` owns its arrays (analysis_clear() frees them). Times are
 * nanoseconds since 1970, rates are packets per second.
 */
#ifndef MODEL_ANALYSIS_H
#define MODEL_ANALYSIS_H

#include "model/addr.h"
#include "model/kind.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	SOURCE_PORTS = 10, /* ports kept in a source's report */
	SPOOF_REASONS = 8,
	SERIES_BINS = 512, /* most bins in the series of an analysis */
	PORT_BINS = 48,    /* most columns in the port heat map */
	FRESH_MAX = 100,   /* most new ports */
	OPERATOR_TEXT_MAX = 64,
	ASN_TEXT_MAX = 64,
};

/* Series classes: kinds for charts. */
enum series {
	SERIES_SCAN_TCP,
	SERIES_SCAN_UDP,
	SERIES_SCAN_ICMP,
	SERIES_BACKSCATTER,
	SERIES_OTHER,
	SERIES_COUNT
};

struct source_port {
	uint8_t proto;
	uint8_t kind; /* enum packet_kind */
	uint16_t port;
	uint64_t packets;
};

/* The facts about one source over the whole capture. */
struct source {
	struct addr address;
	uint64_t packets, bytes; /* bytes: IP lengths */
	uint64_t first_ns, last_ns;
	uint64_t kinds[KIND_COUNT];
	uint64_t syns;              /* TCP SYN scans among kinds[KIND_SCAN] */
	uint64_t marks[MARK_COUNT]; /* packets that match each rule */
	uint64_t payload_port;      /* proto * 65536 + port of the PAYLOAD matches */
	uint64_t unicorn;           /* packets that keep the unicorn constant */
	double destinations;
	bool destinations_exact;
	double syn445_destinations; /* distinct targets on TCP 445 (conficker) */
	uint64_t ports;             /* distinct (proto, port, kind) */
	struct source_port
	        top_ports[SOURCE_PORTS]; /* by packets, descending, then proto, port, kind */
	unsigned top_port_count;
	uint8_t ttl_min, ttl_max;
	uint16_t signs; /* enum sign, all rows */
	uint16_t ip_id, ip_len, tcp_window;
	uint32_t options_hash;
	uint32_t sharers; /* other sources with the same IP id, length, window, options; see
	                     detect/spoof.h */
};

struct verdict {
	enum behaviour behaviour;
	enum tool tool;
	double tool_p; /* chance that the matches are luck; NAN: no chance model */
	uint64_t tool_packets;
	bool internet_wide; /* Durumeric et al. 2014 */
	bool aggressive;    /* Anand et al. 2023: reaches >= 10 % of the dark addresses */
	double spoof_score; /* 0 to 1 */
	const char *spoof_reasons[SPOOF_REASONS]; /* static texts */
	unsigned spoof_reason_count;
};

/* A source as reported: facts, verdict, names. */
struct source_report {
	struct source facts;
	struct verdict verdict;
	char known[OPERATOR_TEXT_MAX]; /* operator of a listed research scanner, or empty */
	char country[3];               /* ISO 3166-1 alpha-2, or empty */
	uint32_t asn;                  /* 0: not known */
	char asn_name[ASN_TEXT_MAX];
};

struct port_report {
	uint8_t proto;
	uint8_t kind; /* enum packet_kind */
	uint16_t port;
	uint64_t packets, sources;
	uint64_t bins[PORT_BINS]; /* packets over time; see analysis.port_bin_* */
};

/* A port that nobody asked for in the first part of the capture; see detect/fresh.h. */
struct fresh_port {
	uint8_t proto;
	uint16_t port;
	uint64_t since_ns; /* begin of the column of its first packet; see analysis.port_bin_* */
	uint64_t packets, sources;
};

enum attack_state { ATTACK_PROVISIONAL, ATTACK_CONFIRMED, ATTACK_WITHDRAWN, ATTACK_CLOSED };

struct attack {
	struct addr victim;
	uint8_t proto;
	uint16_t port; /* the commonest service port under attack; 0: none known */
	uint64_t start_ns, end_ns;
	uint64_t packets;
	double destinations;              /* monitored addresses that got answers */
	uint64_t highest_minute;          /* most packets in a 60 s window sliding by 10 s */
	double rate, rate_low, rate_high; /* estimated at the victim, 95 % interval */
	const char *rule;                 /* static text: "telescope" or "rsdos" */
	enum attack_state state;
	char country[3];
	uint32_t asn;
	char asn_name[ASN_TEXT_MAX];
};

struct series_bin {
	uint64_t packets[SERIES_COUNT];
	double sources[SERIES_COUNT]; /* mean distinct sources a minute */
	double sources_all;
};

struct file_report {
	char *path;
	uint64_t packets, bytes;
	bool truncated;
};

struct analysis {
	/* input */
	struct file_report *files;
	size_t file_count;
	uint64_t packets, bytes; /* records read; bytes on the wire */
	uint64_t first_ns, last_ns;
	uint64_t skipped[SKIP_COUNT];
	uint64_t late;    /* packets that went back in time within a window */
	uint64_t dropped; /* lost by the kernel in a live capture */
	bool truncated;   /* an input ended in the middle */
	bool partial;     /* stopped by a signal */

	/* telescope */
	struct prefix_set telescope;
	bool inferred;
	double addresses; /* monitored IPv4 addresses, or IPv6 where there is no IPv4 */

	uint64_t kinds[KIND_COUNT];           /* packets by packet kind */
	uint64_t behaviours[BEHAVIOUR_COUNT]; /* packets of kind scan, by what their source does */
	uint64_t behaviour_sources[BEHAVIOUR_COUNT];
	struct port_report *ports; /* by packets, descending */
	size_t port_count;
	struct fresh_port *fresh; /* by sources, descending, then port */
	size_t fresh_count;       /* at most FRESH_MAX */
	struct {
		uint64_t sources, packets;
	} tools[TOOL_COUNT];
	struct source_report *sources; /* the top ones, by packets, descending */
	size_t source_count;
	uint64_t sources_total; /* estimated (within 1 % or so) once sources were folded */
	struct {
		uint64_t sources, packets; /* folded away to stay within the memory budget */
		uint64_t ports, vectors;
	} folded;
	struct attack *attacks; /* by start */
	size_t attack_count;
	double smallest_victim_pps; /* at 30 packets a minute here */
	double seconds_to_see_10pps_95;

	/* series */
	uint64_t series_start_ns;
	uint64_t series_bin_ns;
	size_t series_count;
	struct series_bin *series;
	uint64_t port_bin_start_ns, port_bin_ns;
	size_t port_bin_count;

	/* names */
	uint64_t geo_built_ns, asn_built_ns; /* 0: none given */
	char **warnings;
	size_t warning_count;
};

void analysis_clear(struct analysis *a);

/* Append a warning, printf style; the same text is kept once. At most 100 are kept. */
MUST_USE enum status analysis_warn(struct analysis *a, const char *fmt, ...) PRINTF_LIKE(2, 3);

const char *attack_state_name(enum attack_state state);
const char *series_name(enum series s);

#endif
