/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A scenario: what traffic a generated capture holds, as read from a file (conf/ini.h;
 * noroshi-synth(1) lists the keys).
 *
 * A section is a campaign: senders of one type that do one thing. Every value has been
 * range-checked when scenario_read() hands it out. The scenario owns all; texts live as
 * long as it does.
 */
#ifndef SYNTH_SCENARIO_H
#define SYNTH_SCENARIO_H

#include "conf/ini.h"
#include "model/addr.h"
#include "model/kind.h"
#include "synth/targets.h"

#include <stdbool.h>
#include <stdint.h>

enum model_id {
#define MODEL(id, name, tool) MODEL_##id,
#include "synth/model.def"
#undef MODEL
	MODEL_COUNT
};

enum campaign_type {
#define TYPE(id, name, group, model, aim, ports, sources, hits_low, hits_high) TYPE_##id,
#include "synth/type.def"
#undef TYPE
	TYPE_COUNT
};

/* How targets are chosen. */
enum aim {
	AIM_RANDOM,    /* any address, with repetition */
	AIM_SWEEP,     /* each address once, in random order, then again */
	AIM_MATRIX,    /* `destinations` addresses times all ports, each pair once */
	AIM_CONFICKER, /* random, 2nd and 4th octet below 128 */
	AIM_TOGETHER,  /* random, but the port follows from the time for the whole group */
};

/* What a victim of a flood with forged sources answers. */
enum reply {
	REPLY_SYN_ACK,
	REPLY_RST,
	REPLY_UNREACHABLE,
	REPLY_TTL_EXCEEDED,
	REPLY_UDP,
	REPLY_ECHO
};

enum attacked { ATTACKED_TCP, ATTACKED_UDP, ATTACKED_ICMP };

enum {
	PORT_RANGES_MAX = 64,
	SENDERS_MAX = 2000000,
	CAMPAIGN_SENDERS_MAX = 1000000,
	VECTORS_MAX = 32,
};

struct span {
	uint64_t low, high;
};

struct port_range {
	uint16_t low, high;
	uint32_t weight;
};

struct port_list {
	struct port_range items[PORT_RANGES_MAX];
	uint32_t count;
	uint32_t ports;  /* in all ranges */
	uint32_t weight; /* sum */
};

struct campaign {
	const char *label;
	unsigned long line;
	int type;                  /* enum campaign_type */
	uint64_t start_ns, end_ns; /* from the scenario's start; end UINT64_MAX: all of it */
	uint64_t session_ns;       /* each sender is active that long; 0: all the time */
	double diurnal;            /* 0 to 1: how much less traffic at night */
	uint64_t peak_ns;          /* time of day with most traffic, UTC */
	uint64_t sources;
	struct prefix_set addresses; /* the senders by name */
	struct prefix_set from;      /* where senders are drawn; empty: all the Internet */
	struct span hits;            /* packets of a sender here, retransmissions not counted */
	double rate;                 /* packets/s of a sender Internet-wide, or at the victim */
	uint64_t interval_ns;        /* a packet of a sender here each */
	struct port_list ports;
	uint64_t destinations;
	int model; /* enum model_id */
	enum aim aim;
	const char *operator_name;
	uint32_t vectors; /* bits: places in the amplifier table */
	double alpha;     /* infections by one host per hour while nearly all are healthy */
	uint64_t population, initial;
	int reply;    /* enum reply */
	int attacked; /* enum attacked, for REPLY_UNREACHABLE and TTL_EXCEEDED */
	uint64_t retransmissions;
	bool patient;     /* retransmits as its stack does */
	bool probe_flags; /* nmap: NULL, FIN and XMAS probes instead of SYN */
};

struct scenario {
	struct ini *ini;
	const char *name;
	uint64_t start_ns, duration_ns, seed, snaplen;
	int format; /* 0 pcap, 1 pcapng */
	struct prefix_set telescope;
	struct targets space;
	struct campaign *campaigns;
	size_t campaign_count;
};

/* Read and check a file ("-": standard input). Nonzero seed_override and duration_override
 * stand above the file's. */
MUST_USE enum status scenario_read(struct scenario *s, const char *path,
                                   const uint64_t *seed_override, uint64_t duration_override_ns,
                                   struct trouble *t);
/* The same from an ini, which the scenario then owns. */
MUST_USE enum status scenario_of_ini(struct scenario *s, struct ini *ini,
                                     const uint64_t *seed_override, uint64_t duration_override_ns,
                                     struct trouble *t);
void scenario_clear(struct scenario *s);

const char *campaign_type_name(int type);
/* The sender's packets carry a forged source address. */
bool campaign_is_forged(const struct campaign *c);
/* The senders are infected machines. */
bool campaign_is_infected(const struct campaign *c);
enum tool model_tool(int model);

#endif
