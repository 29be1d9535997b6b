/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rows of one bin as counts by series: everything, each port, each country on a port, each
 * source network.
 *
 * Sources are counted once each, in all and by panel, exactly up to DIGEST_EXACT and beyond by
 * sampling: every doubling halves the share of sources that are looked at (error about
 * 2.3 %). Memory is bounded: past DIGEST_CELLS series rows are counted in `forgotten`, past
 * the room for sources all series sample. Owns its memory; one thread. Nothing depends on the
 * order of rows until a series samples.
 */
#ifndef DETECT_DIGEST_H
#define DETECT_DIGEST_H

#include "base/status.h"
#include "detect/scene.h"
#include "model/flow.h"

#include <stddef.h>
#include <stdint.h>

enum {
	DIGEST_KEPT = 16,
	DIGEST_EXACT = 4096,
	DIGEST_CELLS = 1 << 17,
	DIGEST_SOURCES = 1 << 22, /* entries of the set, 8 bytes each */
	SERIES_TEXT_MAX = 64,
};

enum scope { SCOPE_ALL, SCOPE_PORT, SCOPE_COUNTRY, SCOPE_NETWORK, SCOPE_COUNT };

/* One series: scope << 56 | protocol << 48 | port << 32 | country or network. Never 0. */
uint64_t series_all(void);
uint64_t series_port(uint8_t proto, uint16_t port);
/* country: two capitals, as from geo_country(). */
uint64_t series_country(uint8_t proto, uint16_t port, const char country[3]);
/* The /16 (IPv4) or /32 (IPv6) around a source. */
uint64_t series_network(const struct addr *source);
enum scope series_scope(uint64_t key);
uint8_t series_proto(uint64_t key);
uint16_t series_port_number(uint64_t key);
/* "all", "23/tcp", "NL on 23/tcp", "192.0.0.0/16". */
void series_text(uint64_t key, char out[SERIES_TEXT_MAX]);

struct cell {
	uint64_t key;
	uint64_t packets, rows;
	uint64_t sensors;          /* bit (index of the sensor) mod 64 */
	uint32_t sources;          /* distinct, over all panels */
	uint32_t by_panel[PANELS]; /* distinct within each */
	uint8_t level[PANELS + 1]; /* how often counting was halved; the last: over all */
	uint8_t kept_count;
	uint32_t kept[DIGEST_KEPT]; /* the sources with the lowest hashes, ascending */
};

struct digest;

/* key: hashes sources; the same over restarts where they shall give the same events. */
MUST_USE enum status digest_new(struct digest **out, uint64_t key);

/* Make it ready for another bin; keeps the memory. */
void digest_reset(struct digest *d);

struct digest_from {
	unsigned panel;  /* 0 to PANELS - 1 */
	unsigned sensor; /* its index */
	bool alone;      /* one panel has sensors: counting by panel is counting */
};

/* Count a row; country NULL or "": not known. STATUS_NO_MEMORY. */
MUST_USE enum status digest_add(struct digest *d, const struct flow *row,
                                const struct digest_from *from, const char *country);

/* The series' counts, or NULL where nothing came. */
const struct cell *digest_find(const struct digest *d, uint64_t key);

/* All cells, in no order that means anything but the same for the same rows. */
const struct cell *digest_cells(const struct digest *d, size_t *count);

/* Rows that found no room in some series since digest_new(), and bins that sampled throughout. */
uint64_t digest_forgotten(const struct digest *d);
uint64_t digest_thinned(const struct digest *d);

void digest_free(struct digest *d);

#endif
