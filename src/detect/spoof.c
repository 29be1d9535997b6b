/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/spoof.h"

#include "base/hash.h"
#include "model/bogon.h"
#include "detect/rules.h"

#include <math.h>
#include <stdlib.h>

enum { CENSUS_ROWS = 3, CENSUS_WIDTH = 1 << 16, CELL_MAX = 1 << 24 };

/* Sums, so that the order of adding does not matter. */
struct cell {
	uint32_t count;       /* at most CELL_MAX, or ttl_sum would overflow */
	uint32_t ttl_sum;     /* of the sources' lowest TTL */
	uint64_t ttl_squares; /* likewise */
};

struct spoof_census {
	uint64_t sources;
	struct cell cells[CENSUS_ROWS][CENSUS_WIDTH];
};

/* What the census knows about a source's fingerprint. */
struct shared {
	uint32_t others;
	bool same_ttl;
};

struct spoof_census *spoof_census_new(void)
{
	return calloc(1, sizeof(struct spoof_census));
}

void spoof_census_free(struct spoof_census *c)
{
	free(c);
}

static bool mostly_scans(const struct source *s)
{
	return 2 * (s->kinds[KIND_SCAN] + s->kinds[KIND_STEALTH]) >= s->packets;
}

/* Every ZMap before 4.1 sends this pair (section 2): sharing it is no sign of forgery. */
static bool is_zmap(const struct source *s)
{
	return s->ip_id == 54321 && s->tcp_window == 65535;
}

static bool is_counted(const struct source *s)
{
	return s->packets > 0 && s->packets <= RULE_FEW_PACKETS && s->ip_id != 0 && !is_zmap(s) &&
	       mostly_scans(s);
}

static uint64_t fingerprint(const struct source *s)
{
	uint64_t numbers = (uint64_t)s->ip_id << 32 | (uint64_t)s->ip_len << 16 | s->tcp_window;

	return hash_u64(numbers, hash_u64(s->options_hash, 1));
}

/* The rows take different bits of one 64-bit hash. */
static unsigned cell_of(uint64_t print, unsigned row)
{
	return (unsigned)(print >> (row * 16)) % CENSUS_WIDTH;
}

static void cell_add(struct cell *cell, uint32_t ttl)
{
	if (cell->count == CELL_MAX)
		return;
	cell->count++;
	cell->ttl_sum += ttl;
	cell->ttl_squares += ttl * ttl;
}

static double ttl_variance(const struct cell *cell)
{
	double mean;

	if (cell->count == 0)
		return 0;
	mean = (double)cell->ttl_sum / cell->count;
	return (double)cell->ttl_squares / cell->count - mean * mean;
}

void spoof_census_add(struct spoof_census *c, const struct source *s)
{
	uint64_t print;

	if (!is_counted(s))
		return;
	print = fingerprint(s);
	c->sources++;
	for (unsigned row = 0; row < CENSUS_ROWS; row++)
		cell_add(&c->cells[row][cell_of(print, row)], s->ttl_min);
}

/* The row with the fewest strangers in the cell is the one to believe. */
static struct shared census_look(const struct spoof_census *c, const struct source *s)
{
	uint64_t print = fingerprint(s);
	const struct cell *least = &c->cells[0][cell_of(print, 0)];

	for (unsigned row = 1; row < CENSUS_ROWS; row++) {
		const struct cell *cell = &c->cells[row][cell_of(print, row)];

		if (cell->count < least->count)
			least = cell;
	}
	return (struct shared){least->count ? least->count - 1 : 0,
	                       ttl_variance(least) < RULE_SAME_TTL_VARIANCE};
}

uint32_t spoof_census_sharers(const struct spoof_census *c, const struct source *s)
{
	return is_counted(s) ? census_look(c, s).others : 0;
}

/* The chance that every sign so far is innocent. */
struct tally {
	struct verdict *verdict;
	double innocent;
};

static void weigh(struct tally *t, bool holds, double weight, const char *reason)
{
	if (!holds)
		return;
	t->innocent *= 1 - weight;
	if (t->verdict->spoof_reason_count < SPOOF_REASONS)
		t->verdict->spoof_reasons[t->verdict->spoof_reason_count++] = reason;
}

static void weigh_own_signs(struct tally *t, const struct source *s, bool private_telescope)
{
	bool bogon = (s->signs & SIGN_BOGON_SOURCE) || bogon_is(&s->address);
	bool at_home = private_telescope && bogon_is_private(&s->address);

	weigh(t, bogon && !at_home, RULE_SPOOF_BOGON,
	      "source in space that the Internet does not route (RFC 6890)");
	weigh(t, s->signs & SIGN_SELF, RULE_SPOOF_SELF, "source equals destination");
	if (!mostly_scans(s))
		return;
	weigh(t, s->signs & SIGN_RESERVED_BITS, RULE_SPOOF_RESERVED, "reserved bits are set");
	weigh(t, s->ttl_max >= s->ttl_min + RULE_TTL_SPREAD, RULE_SPOOF_TTL, "TTL varies");
	weigh(t, s->signs & SIGN_PORT_ZERO, RULE_SPOOF_PORT_ZERO, "a port is 0");
	weigh(t, s->signs & SIGN_ODD_SOURCE, RULE_SPOOF_ODD_SOURCE, "source ends in .0 or .255");
}

/* More sharers than habit and the 2^16 values of the IP id explain. */
static void weigh_sharers(struct tally *t, const struct spoof_census *c, const struct source *s)
{
	double expected = (double)c->sources / CENSUS_WIDTH;
	struct shared shared;

	if (!is_counted(s))
		return;
	shared = census_look(c, s);
	if (shared.others < RULE_SHARERS || shared.others < RULE_SHARERS_EXCESS * expected)
		return;
	weigh(t, true, RULE_SPOOF_SHARED, "many sources share IP id, length, window and options");
	weigh(t, shared.same_ttl, RULE_SPOOF_SAME_TTL,
	      "these have the same TTL, whatever their path");
}

void spoof_judge(const struct spoof_census *c, const struct source *s, bool private_telescope,
                 struct verdict *v)
{
	struct tally t = {v, 1};

	v->spoof_reason_count = 0;
	weigh_own_signs(&t, s, private_telescope);
	if (s->packets <= 1)
		t.innocent = fmax(t.innocent, 1 - RULE_SPOOF_ONE_PACKET);
	if (c)
		weigh_sharers(&t, c, s);
	v->spoof_score = 1 - t.innocent;
}
