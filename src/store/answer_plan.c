/* SPDX-License-Identifier: Apache-2.0 */
#include "store/answer_plan.h"

#include <assert.h>
#include <string.h>

enum { LEVELS_MAX = 4, DAY = 1440, HOUR = 60 };

struct rollup {
	const char *name, *bucket;
	uint32_t minutes;
	const char *keys;
};

static const struct rollup rollups[] = {
#define ROLLUP(name, bucket, minutes, partition, keys, order) {#name, #bucket, minutes, keys},
#include "store/rollups.def"
#undef ROLLUP
};

enum { ROLLUPS = sizeof(rollups) / sizeof(rollups[0]) };

const char *plan_key_name(enum plan_key k)
{
	static const char *const names[] = {
	        [KEY_SENSOR] = "sensor",   [KEY_PROTO] = "proto",   [KEY_PORT] = "port",
	        [KEY_KIND] = "kind",       [KEY_TOOL] = "tool",     [KEY_COUNTRY] = "country",
	        [KEY_ASN] = "asn",         [KEY_SRC_HI] = "src_hi", [KEY_SRC_LO] = "src_lo",
	        [KEY_MEMBER] = "member_of"};

	assert((unsigned)k < KEY_COUNT_OF);
	return names[k];
}

unsigned plan_dimension_keys(enum query_dimension d, enum plan_key out[2])
{
	static const struct {
		enum plan_key keys[2];
		unsigned count;
	} keys[DIMENSION_COUNT_OF] = {
	        [DIMENSION_PORT] = {{KEY_PROTO, KEY_PORT}, 2},
	        [DIMENSION_PROTO] = {{KEY_PROTO}, 1},
	        [DIMENSION_KIND] = {{KEY_KIND}, 1},
	        [DIMENSION_TOOL] = {{KEY_TOOL}, 1},
	        [DIMENSION_COUNTRY] = {{KEY_COUNTRY}, 1},
	        [DIMENSION_NETWORK] = {{KEY_ASN}, 1},
	        [DIMENSION_SOURCE] = {{KEY_SRC_HI, KEY_SRC_LO}, 2},
	        [DIMENSION_SENSOR] = {{KEY_SENSOR}, 1},
	        [DIMENSION_MEMBER] = {{KEY_MEMBER}, 1},
	};

	memcpy(out, keys[d].keys, sizeof(keys[d].keys));
	return keys[d].count;
}

unsigned plan_filter_keys(const struct query *q)
{
	enum plan_key keys[2];
	unsigned bits = 0;

	for (unsigned i = 0; i < q->node_count; i++) {
		if (q->nodes[i].type != NODE_MATCH)
			continue;
		for (unsigned n =
		             plan_dimension_keys((enum query_dimension)q->nodes[i].dimension, keys);
		     n > 0; n--)
			bits |= 1u << keys[n - 1];
	}
	return bits;
}

/* The names in a rollup's list, "sensor, proto, kind", as bits. */
static unsigned rollup_keys(const struct rollup *r)
{
	unsigned bits = 1u << KEY_MEMBER;
	const char *at = r->keys;

	while (*at) {
		size_t n = strcspn(at, ", ");

		for (unsigned k = 0; k < KEY_COUNT_OF; k++) {
			const char *name = plan_key_name((enum plan_key)k);

			if (strlen(name) == n && memcmp(name, at, n) == 0)
				bits |= 1u << k;
		}
		at += n;
		at += strspn(at, ", ");
	}
	return bits;
}

/* The fewer columns, the fewer rows. */
static const struct rollup *best_family(const struct plan_wish *wish)
{
	const struct rollup *best = NULL;

	for (size_t i = 0; i < ROLLUPS && !wish->raw; i++) {
		unsigned keys = rollup_keys(&rollups[i]);

		if (wish->keys & ~keys)
			continue;
		if (!best || __builtin_popcount(keys) < __builtin_popcount(rollup_keys(best)))
			best = &rollups[i];
	}
	return best;
}

/* The tables of a family from the longest bucket to the shortest; the rows themselves where it
 * has no minutes. Only those whose buckets fit into the series'. */
static unsigned list_levels(const struct plan_wish *wish, struct plan_piece levels[LEVELS_MAX])
{
	const struct rollup *family = best_family(wish);
	uint32_t below = UINT32_MAX;
	unsigned count = 0;

	while (family && count < LEVELS_MAX - 1) {
		const struct rollup *next = NULL;

		for (size_t i = 0; i < ROLLUPS; i++) {
			const struct rollup *r = &rollups[i];

			if (strcmp(r->keys, family->keys) == 0 && r->minutes < below &&
			    (!next || r->minutes > next->minutes))
				next = r;
		}
		if (!next)
			break;
		below = next->minutes;
		if (wish->width % next->minutes == 0)
			levels[count++] = (struct plan_piece){.table = next->name,
			                                      .bucket = next->bucket,
			                                      .minutes = next->minutes};
	}
	if (count == 0 || levels[count - 1].minutes != 1)
		levels[count++] = (struct plan_piece){
		        .table = "flows", .bucket = "minute", .minutes = 1, .raw = true};
	return count;
}

static void add_piece(struct answer_plan *plan, const struct plan_piece *level, uint32_t from,
                      uint32_t to, bool own_only)
{
	struct plan_piece *p = &plan->pieces[plan->count];

	assert(plan->count < PLAN_PIECES_MAX);
	*p = *level;
	p->from = from;
	p->to = to;
	p->own_only = own_only;
	plan->count++;
}

static uint32_t round_up(uint32_t n, uint32_t unit)
{
	uint32_t rest = n % unit;

	return rest ? n - rest + unit : n;
}

static void cover(struct answer_plan *plan, const struct plan_piece *levels, unsigned count,
                  uint32_t from, uint32_t to, bool own_only)
{
	uint32_t left[LEVELS_MAX] = {0}, right[LEVELS_MAX] = {0};
	uint32_t start = from, end = to;

	if (from >= to)
		return;
	/* From the shortest up: what a longer bucket covers is cut out of the middle. */
	for (unsigned i = count; i-- > 0;) {
		left[i] = start;
		right[i] = end;
		if (i == 0)
			break;
		if (round_up(start, levels[i - 1].minutes) >=
		    end / levels[i - 1].minutes * levels[i - 1].minutes) {
			add_piece(plan, &levels[i], start, end, own_only);
			return;
		}
		start = round_up(start, levels[i - 1].minutes);
		end = end / levels[i - 1].minutes * levels[i - 1].minutes;
		if (left[i] < start)
			add_piece(plan, &levels[i], left[i], start, own_only);
		if (end < right[i])
			add_piece(plan, &levels[i], end, right[i], own_only);
	}
	add_piece(plan, &levels[0], start, end, own_only);
}

/* The first minute, on a day's border, that a table kept for so many days surely has. */
static uint32_t kept_from(uint64_t now_s, uint32_t days)
{
	uint64_t today = now_s / 86400;

	return days == 0 || days > today ? 0 : (uint32_t)((today - days + 1) * DAY);
}

static uint32_t kept_days(const struct observations_keep *keep, const struct plan_piece *level)
{
	if (level->raw)
		return keep->rows;
	return level->minutes == DAY    ? keep->days
	       : level->minutes == HOUR ? keep->hours
	                                : keep->minutes;
}

/* Where the finest table is gone, begin where the next one's buckets do; and leave
 * out levels that have nothing of the period. */
static unsigned drop_gone(const struct answer_scope *s, const struct plan_piece *levels,
                          unsigned count, uint32_t *from, uint32_t *to)
{
	const struct observations_keep *keep = &s->request->keep;

	for (unsigned i = count; i-- > 1;) {
		uint32_t kept = kept_from(s->request->now_s, kept_days(keep, &levels[i]));

		if (*from >= kept)
			break;
		*from -= *from % levels[i - 1].minutes;
		if (*to <= kept) {
			*to = round_up(*to, levels[i - 1].minutes);
			count = i;
		}
	}
	return count;
}

static void cover_others(struct answer_plan *plan, const struct answer_scope *s,
                         const struct plan_piece *levels, unsigned count)
{
	uint32_t from = round_up(plan->from, s->grain), to = plan->to / s->grain * s->grain;

	if (s->all || s->others.count == 0) {
		cover(plan, levels, count, plan->from, plan->to, !s->all);
	} else if (from >= to) {
		cover(plan, levels, count, plan->from, plan->to, true);
	} else {
		cover(plan, levels, count, plan->from, from, true);
		cover(plan, levels, count, from, to, false);
		cover(plan, levels, count, to, plan->to, true);
	}
}

static void add_live(struct answer_plan *plan, const struct answer_scope *s,
                     const struct plan_wish *wish)
{
	static const struct plan_piece live = {
	        .table = "live", .bucket = "minute", .minutes = 1, .raw = true, .live = true};
	uint32_t now = (uint32_t)(s->request->now_s / 60);
	uint32_t from = now > OBSERVATIONS_LIVE_MINUTES ? now - OBSERVATIONS_LIVE_MINUTES : 0;

	if (from < plan->from)
		from = plan->from;
	/* The others' newest minutes are never a whole grain. */
	if (wish->live && from < plan->to)
		add_piece(plan, &live, from, plan->to, !s->all);
}

void answer_plan_make(struct answer_plan *plan, const struct answer_scope *s,
                      const struct plan_wish *wish)
{
	struct plan_piece levels[LEVELS_MAX];
	unsigned count = list_levels(wish, levels);

	*plan = (struct answer_plan){.from = wish->from, .to = wish->to};
	count = drop_gone(s, levels, count, &plan->from, &plan->to);
	cover_others(plan, s, levels, count);
	add_live(plan, s, wish);
	for (size_t i = 0; i < plan->count; i++)
		plan->states |= !plan->pieces[i].raw;
}
