/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/flock.h"

#include "base/hash.h"
#include "detect/robust.h"
#include "detect/rules.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FLOCK_FIRST = 1 << 10, COMBINATIONS = 12, WINDOW_PORTS = 4, FLOCK_PAIRS = 1 << 21 };

/* A source has this signature. */
struct pair {
	uint64_t key;
	uint32_t source;
	uint8_t pick[FLOCK_WINDOWS]; /* which of its windows' ports */
};

/* Pairs of one key. */
struct run {
	uint64_t key;
	size_t first, count;
	uint32_t ports[FLOCK_WINDOWS];
};

struct windows {
	uint32_t ports[FLOCK_WINDOWS][WINDOW_PORTS];
	unsigned counts[FLOCK_WINDOWS];
};

struct search {
	struct pair *pairs;
	size_t pair_count, pair_room;
	struct run *runs;
	size_t run_count;
};

enum status flock_init(struct flock *f)
{
	*f = (struct flock){.room = FLOCK_FIRST};
	f->sources = calloc(f->room, sizeof(*f->sources));
	f->index = calloc(f->room * 2, sizeof(*f->index));
	if (f->sources && f->index)
		return STATUS_OK;
	flock_clear(f);
	return STATUS_NO_MEMORY;
}

void flock_clear(struct flock *f)
{
	free(f->sources);
	free(f->index);
	*f = (struct flock){0};
}

static size_t slot_of(const struct flock *f, const struct addr *a)
{
	uint64_t high, low;
	size_t mask = f->room * 2 - 1, at;

	memcpy(&high, a->b, 8);
	memcpy(&low, a->b + 8, 8);
	at = hash_u64(high ^ hash_u64(low, 3), 5) & mask;
	while (f->index[at] && addr_compare(&f->sources[f->index[at] - 1].address, a) != 0)
		at = (at + 1) & mask;
	return at;
}

static void index_again(struct flock *f)
{
	memset(f->index, 0, f->room * 2 * sizeof(*f->index));
	for (size_t i = 0; i < f->count; i++)
		f->index[slot_of(f, &f->sources[i].address)] = (uint32_t)i + 1;
}

static enum status grow(struct flock *f)
{
	struct flock_source *sources = reallocarray(f->sources, f->room * 2, sizeof(*sources));
	uint32_t *index;

	if (!sources)
		return STATUS_NO_MEMORY;
	f->sources = sources;
	index = reallocarray(f->index, f->room * 4, sizeof(*index));
	if (!index)
		return STATUS_NO_MEMORY;
	f->index = index;
	f->room *= 2;
	index_again(f);
	return STATUS_OK;
}

/* The source of this address, made where it is new; NULL in *out: no room. */
static enum status take_source(struct flock *f, const struct addr *a, struct flock_source **out)
{
	size_t at = slot_of(f, a);

	*out = f->index[at] ? &f->sources[f->index[at] - 1] : NULL;
	if (*out)
		return STATUS_OK;
	if (f->count == FLOCK_SOURCES) {
		f->forgotten++;
		return STATUS_OK;
	}
	if (f->count == f->room) {
		enum status st = grow(f);

		if (st)
			return st;
		at = slot_of(f, a);
	}
	f->index[at] = (uint32_t)f->count + 1;
	*out = &f->sources[f->count++];
	**out = (struct flock_source){.address = *a, .marks = 0xff};
	return STATUS_OK;
}

static bool is_silent(const struct flock_source *s)
{
	for (unsigned i = 0; i < FLOCK_SLOTS; i++) {
		if (s->counts[i])
			return false;
	}
	return true;
}

/* The slot that is six back gives way; who was only there goes. */
static void turn(struct flock *f)
{
	size_t kept = 0;

	f->slot = (f->slot + 1) % FLOCK_SLOTS;
	for (size_t i = 0; i < f->count; i++) {
		f->sources[i].counts[f->slot] = 0;
		f->sources[i].packets[f->slot] = 0;
		if (!is_silent(&f->sources[i]))
			f->sources[kept++] = f->sources[i];
	}
	f->count = kept;
	index_again(f);
}

enum status flock_add(struct flock *f, const struct roster *r)
{
	size_t count;
	const struct actor *actors = roster_actors(r, &count);

	turn(f);
	for (size_t i = 0; i < count; i++) {
		const struct actor *a = &actors[i];
		struct flock_source *s;
		enum status st = take_source(f, &a->address, &s);

		if (st)
			return st;
		if (!s)
			continue;
		s->sensors |= a->sensors;
		s->marks &= a->marks;
		s->print = a->print;
		s->packets[f->slot] = a->packets > UINT32_MAX ? UINT32_MAX : (uint32_t)a->packets;
		s->counts[f->slot] = a->many ? ACTOR_PORTS + 1 : a->port_count;
		memcpy(s->ports[f->slot], a->ports, sizeof(a->ports));
	}
	return STATUS_OK;
}

/* Ports of two slots; false: none, or too many to be told apart. */
static bool join_slots(const struct flock_source *s, unsigned newer, unsigned older,
                       uint32_t out[WINDOW_PORTS], unsigned *count)
{
	const unsigned both[2] = {newer, older};

	*count = 0;
	for (unsigned b = 0; b < 2; b++) {
		if (s->counts[both[b]] > ACTOR_PORTS)
			return false;
		for (unsigned i = 0; i < s->counts[both[b]]; i++) {
			uint32_t port = s->ports[both[b]][i];
			unsigned k = 0;

			while (k < *count && out[k] != port)
				k++;
			if (k < *count)
				continue;
			if (*count == WINDOW_PORTS)
				return false;
			out[(*count)++] = port;
		}
	}
	return *count > 0;
}

static bool windows_of(const struct flock *f, const struct flock_source *s, struct windows *w)
{
	unsigned combinations = 1;

	for (unsigned i = 0; i < FLOCK_WINDOWS; i++) {
		unsigned back = 2 * (FLOCK_WINDOWS - 1 - i);
		unsigned newer = (f->slot + FLOCK_SLOTS - back) % FLOCK_SLOTS;
		unsigned older = (newer + FLOCK_SLOTS - 1) % FLOCK_SLOTS;

		/* cppcheck-suppress uninitvar ; it fills them */
		if (!join_slots(s, newer, older, w->ports[i], &w->counts[i]))
			return false;
		combinations *= w->counts[i];
	}
	return combinations <= COMBINATIONS;
}

static uint64_t key_of(uint32_t a, uint32_t b, uint32_t c)
{
	return hash_u64((uint64_t)a << 32 | b, hash_u64(c, 11));
}

static enum status add_pair(struct search *s, const struct pair *p)
{
	if (s->pair_count == FLOCK_PAIRS)
		return STATUS_OK;
	if (s->pair_count == s->pair_room) {
		size_t room = s->pair_room ? s->pair_room * 2 : 4096;
		struct pair *pairs = reallocarray(s->pairs, room, sizeof(*pairs));

		if (!pairs)
			return STATUS_NO_MEMORY;
		s->pairs = pairs;
		s->pair_room = room;
	}
	s->pairs[s->pair_count++] = *p;
	return STATUS_OK;
}

static enum status add_pairs(struct search *s, const struct windows *w, uint32_t source)
{
	for (uint8_t a = 0; a < w->counts[0]; a++) {
		for (uint8_t b = 0; b < w->counts[1]; b++) {
			for (uint8_t c = 0; c < w->counts[2]; c++) {
				uint32_t x = w->ports[0][a], y = w->ports[1][b], z = w->ports[2][c];
				struct pair p = {key_of(x, y, z), source, {a, b, c}};
				enum status st;

				if (x == y && y == z)
					continue;
				st = add_pair(s, &p);
				if (st)
					return st;
			}
		}
	}
	return STATUS_OK;
}

static int compare_pairs(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return (x->source > y->source) - (x->source < y->source);
}

static void name_ports(const struct flock *f, const struct pair *p, struct run *out)
{
	struct windows w;

	if (!windows_of(f, &f->sources[p->source], &w))
		return;
	for (unsigned k = 0; k < FLOCK_WINDOWS; k++)
		out->ports[k] = w.ports[k][p->pick[k]];
}

static enum status make_runs(struct search *s, const struct flock *f)
{
	s->runs = calloc(s->pair_count + 1, sizeof(*s->runs));
	if (!s->runs)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < s->pair_count; i++) {
		const struct pair *p = &s->pairs[i];
		struct run *last = s->run_count ? &s->runs[s->run_count - 1] : NULL;

		if (last && last->key == p->key) {
			last->count++;
			continue;
		}
		last = &s->runs[s->run_count++];
		*last = (struct run){.key = p->key, .first = i, .count = 1};
		name_ports(f, p, last);
	}
	return STATUS_OK;
}

static size_t count_of(const struct search *s, uint64_t key)
{
	size_t low = 0, high = s->run_count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (s->runs[middle].key < key)
			low = middle + 1;
		else
			high = middle;
	}
	return low < s->run_count && s->runs[low].key == key ? s->runs[low].count : 0;
}

/* How many share the same ports in the most common of their other orders. */
static double other_orders(const struct search *s, const struct run *r)
{
	static const uint8_t orders[5][FLOCK_WINDOWS] = {
	        {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
	size_t most = 0;

	for (unsigned i = 0; i < 5; i++) {
		uint64_t key = key_of(r->ports[orders[i][0]], r->ports[orders[i][1]],
		                      r->ports[orders[i][2]]);
		size_t n = key == r->key ? 0 : count_of(s, key);

		most = n > most ? n : most;
	}
	return (double)most;
}

static bool is_in_step(const struct search *s, const struct run *r, double *by_chance)
{
	double n = (double)r->count;

	if (r->count < RULE_GROUP_MEMBERS)
		return false;
	*by_chance = other_orders(s, r);
	return *by_chance <= RULE_GROUP_CHANCE * n &&
	       robust_nb_log_upper(n, fmax(*by_chance, 0.5), 1e9) < RULE_GROUP_LOG_P;
}

static int compare_runs(const void *a, const void *b)
{
	const struct run *x = a, *y = b;

	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return (x->key > y->key) - (x->key < y->key);
}

static int compare_sightings(const void *a, const void *b)
{
	const struct sighting *x = a, *y = b;

	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return memcmp(x->ports, y->ports, sizeof(x->ports));
}

/* The members that no larger sighting has; nothing where too few are left. */
static enum status take_run(const struct search *s, const struct run *r, double by_chance,
                            bool *taken, struct sighting *out)
{
	*out = (struct sighting){.by_chance = by_chance};
	memcpy(out->ports, r->ports, sizeof(out->ports));
	out->members = calloc(r->count, sizeof(*out->members));
	if (!out->members)
		return STATUS_NO_MEMORY;
	for (size_t i = r->first; i < r->first + r->count; i++) {
		if (!taken[s->pairs[i].source])
			out->members[out->count++] = s->pairs[i].source;
	}
	if (out->count < RULE_GROUP_MEMBERS) {
		free(out->members);
		*out = (struct sighting){0};
		return STATUS_OK;
	}
	for (size_t i = 0; i < out->count; i++)
		taken[out->members[i]] = true;
	return STATUS_OK;
}

static enum status pick_runs(const struct search *s, size_t sources, struct sighting **out,
                             size_t *count)
{
	bool *taken = calloc(sources + 1, sizeof(*taken));
	struct run *good = calloc(s->run_count + 1, sizeof(*good));
	size_t n = 0;
	enum status st = taken && good ? STATUS_OK : STATUS_NO_MEMORY;

	for (size_t i = 0; i < s->run_count && !st; i++) {
		double by_chance;

		if (is_in_step(s, &s->runs[i], &by_chance))
			good[n++] = s->runs[i];
	}
	if (!st && n) {
		qsort(good, n, sizeof(*good), compare_runs);
		*out = calloc(n, sizeof(**out));
		st = *out ? STATUS_OK : STATUS_NO_MEMORY;
	}
	for (size_t i = 0; i < n && !st; i++) {
		st = take_run(s, &good[i], other_orders(s, &good[i]), taken, &(*out)[*count]);
		*count += !st && (*out)[*count].count > 0;
	}
	if (*count)
		qsort(*out, *count, sizeof(**out), compare_sightings);
	free(taken);
	free(good);
	return st;
}

enum status flock_search(const struct flock *f, struct sighting **out, size_t *count)
{
	struct search s = {0};
	enum status st = STATUS_OK;

	*out = NULL;
	*count = 0;
	for (size_t i = 0; i < f->count && !st; i++) {
		struct windows w;

		if (windows_of(f, &f->sources[i], &w))
			st = add_pairs(&s, &w, (uint32_t)i);
	}
	if (!st && s.pair_count) {
		qsort(s.pairs, s.pair_count, sizeof(*s.pairs), compare_pairs);
		st = make_runs(&s, f);
	}
	if (!st && s.run_count)
		st = pick_runs(&s, f->count, out, count);
	if (st) {
		flock_free_sightings(*out, *count);
		*out = NULL;
		*count = 0;
	}
	free(s.pairs);
	free(s.runs);
	return st;
}

void flock_free_sightings(struct sighting *s, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(s[i].members);
	free(s);
}

void flock_save(const struct flock *f, struct keep *out)
{
	keep_u64(out, f->slot);
	keep_u64(out, f->forgotten);
	keep_u64(out, f->count);
	for (size_t i = 0; i < f->count; i++) {
		const struct flock_source *s = &f->sources[i];

		keep_addr(out, &s->address);
		keep_u64(out, s->sensors);
		keep_u64(out, (uint64_t)s->print << 8 | s->marks);
		for (unsigned k = 0; k < FLOCK_SLOTS; k++) {
			keep_u64(out, (uint64_t)s->packets[k] << 8 | s->counts[k]);
			for (unsigned p = 0; p < ACTOR_PORTS && p < s->counts[k]; p++)
				keep_u64(out, s->ports[k][p]);
		}
	}
}

static bool load_source(struct cursor *in, struct flock_source *s)
{
	uint64_t look;

	*s = (struct flock_source){0};
	keep_get_addr(in, &s->address);
	s->sensors = cursor_le64(in);
	look = cursor_le64(in);
	s->print = (uint32_t)(look >> 8);
	s->marks = (uint8_t)look;
	for (unsigned k = 0; k < FLOCK_SLOTS; k++) {
		uint64_t n = cursor_le64(in);

		s->packets[k] = (uint32_t)(n >> 8);
		s->counts[k] = (uint8_t)n;
		if (s->counts[k] > ACTOR_PORTS + 1)
			return false;
		for (unsigned p = 0; p < ACTOR_PORTS && p < s->counts[k]; p++)
			s->ports[k][p] = (uint32_t)cursor_le64(in);
	}
	return !in->failed;
}

enum status flock_load(struct flock *f, struct cursor *in)
{
	size_t count;

	f->slot = (unsigned)(cursor_le64(in) % FLOCK_SLOTS);
	f->forgotten = cursor_le64(in);
	count = keep_get_count(in, 32 + 8 * FLOCK_SLOTS);
	for (size_t i = 0; i < count; i++) {
		struct flock_source loaded, *s;
		enum status st;

		if (!load_source(in, &loaded))
			return STATUS_FORMAT;
		st = take_source(f, &loaded.address, &s);
		if (st)
			return st;
		if (s)
			*s = loaded;
	}
	return in->failed ? STATUS_FORMAT : STATUS_OK;
}
