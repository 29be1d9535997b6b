/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Groups: sources that move in step over ports and time, however slowly (detect/flock.h), each
 * followed under one name while it is seen and when it comes back.
 *
 * A sighting belongs to the group with which it shares half of the smaller one's members; of two
 * such groups the larger goes on and the other is closed as merged into it. Members are those of
 * at least half of the sightings. Bounded: GROUPS_MAX groups, the longest silent gives way.
 */
#include "detect/detector.h"

#include "detect/digest.h"
#include "detect/flock.h"
#include "detect/rules.h"
#include "model/kind.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GROUPS_MAX = 256, GROUP_MEMBERS_MAX = 1 << 16, GROUP_PORTS = 8, GROUP_NAME_MAX = 24 };

struct member {
	struct addr address;
	uint32_t hits;
};

struct group {
	struct event event;
	char name[GROUP_NAME_MAX];
	struct member *members; /* sorted by address */
	size_t count;
	uint32_t ports[GROUP_PORTS];
	unsigned port_count;
	uint32_t sightings; /* of this event */
	uint32_t returns;
	uint64_t last_s;
	size_t told; /* members when it was last told */
	bool open;
};

struct groups {
	struct flock flock;
	struct group *items;
	size_t count;
	uint64_t forgotten;
};

static void group_close(void *state)
{
	struct groups *g = state;

	if (!g)
		return;
	for (size_t i = 0; i < g->count; i++)
		free(g->items[i].members);
	free(g->items);
	flock_clear(&g->flock);
	free(g);
}

static enum status group_open(void **state, const struct detect_settings *settings)
{
	struct groups *g = calloc(1, sizeof(*g));
	enum status st = g ? flock_init(&g->flock) : STATUS_NO_MEMORY;

	(void)settings;
	if (!st) {
		g->items = calloc(GROUPS_MAX, sizeof(*g->items));
		st = g->items ? STATUS_OK : STATUS_NO_MEMORY;
	}
	if (st) {
		group_close(g);
		g = NULL;
	}
	*state = g;
	return st;
}

static int compare_members(const void *a, const void *b)
{
	return addr_compare(&((const struct member *)a)->address,
	                    &((const struct member *)b)->address);
}

static struct member *find_member(const struct group *g, const struct addr *a)
{
	struct member key = {.address = *a};

	return g->count ? bsearch(&key, g->members, g->count, sizeof(key), compare_members) : NULL;
}

static size_t shared(const struct groups *all, const struct group *g, const struct sighting *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->count; i++)
		n += find_member(g, &all->flock.sources[s->members[i]].address) != NULL;
	return n;
}

static bool is_same(const struct group *g, const struct sighting *s, size_t common)
{
	size_t smaller = g->count < s->count ? g->count : s->count;

	return smaller && (double)common >= RULE_GROUP_SAME * (double)smaller;
}

static void add_port(struct group *g, uint32_t port)
{
	for (unsigned i = 0; i < g->port_count; i++) {
		if (g->ports[i] == port)
			return;
	}
	if (g->port_count < GROUP_PORTS)
		g->ports[g->port_count++] = port;
}

static enum status add_members(struct groups *all, struct group *g, const struct sighting *s)
{
	size_t before = g->count;
	struct member *members = reallocarray(g->members, g->count + s->count, sizeof(*members));

	if (!members)
		return STATUS_NO_MEMORY;
	g->members = members;
	for (size_t i = 0; i < s->count; i++) {
		const struct addr *a = &all->flock.sources[s->members[i]].address;
		struct member key = {.address = *a}, *m;

		m = before ? bsearch(&key, g->members, before, sizeof(key), compare_members) : NULL;
		if (m)
			m->hits++;
		else if (g->count < GROUP_MEMBERS_MAX)
			g->members[g->count++] = (struct member){*a, 1};
	}
	qsort(g->members, g->count, sizeof(*g->members), compare_members);
	for (unsigned i = 0; i < FLOCK_WINDOWS; i++)
		add_port(g, s->ports[i]);
	return STATUS_OK;
}

static void ports_text(const struct group *g, char *out, size_t size)
{
	size_t at = 0;

	out[0] = 0;
	for (unsigned i = 0; i < g->port_count && at + 16 < size; i++) {
		char port[SERIES_TEXT_MAX];

		series_text(series_port((uint8_t)(g->ports[i] >> 16), (uint16_t)g->ports[i]), port);
		at += (size_t)snprintf(out + at, size - at, "%s%s", i ? ", " : "", port);
	}
}

static const char *tool_text(uint8_t marks)
{
	for (int m = 0; m < MARK_COUNT; m++) {
		if (marks >> m & 1)
			return mark_name((enum mark)m);
	}
	return "not known";
}

struct look {
	unsigned sensors;
	uint8_t marks;
	double packets; /* of a member in ten minutes */
	double same_print;
};

static struct look look_at(const struct flock *f, const struct sighting *s)
{
	struct look look = {.marks = 0xff};
	uint64_t sensors = 0, packets = 0;

	for (size_t i = 0; i < s->count; i++) {
		const struct flock_source *m = &f->sources[s->members[i]];

		sensors |= m->sensors;
		look.marks &= m->marks;
		look.same_print += m->print == f->sources[s->members[0]].print;
		for (unsigned k = 0; k < FLOCK_SLOTS; k++)
			packets += m->packets[k];
	}
	look.sensors = (unsigned)__builtin_popcountll(sensors);
	look.packets = (double)packets / FLOCK_WINDOWS / (double)s->count;
	look.same_print /= (double)s->count;
	return look;
}

static void describe(struct group *g, const struct flock *f, const struct sighting *s,
                     const struct scene *scene)
{
	struct look look = look_at(f, s);
	struct event *e = &g->event;
	char ports[EVENT_SUBJECT_MAX];
	bool alone = scene->coverage->sensors > 1 && look.sensors < 2;

	ports_text(g, ports, sizeof(ports));
	event_text(e, "campaign", g->name);
	event_text(e, "ports", ports);
	event_text(e, "tool", tool_text(look.marks));
	event_number(e, "packets_in_10_min", look.packets);
	event_number(e, "by_chance", s->by_chance);
	event_number(e, "sightings", g->sightings);
	event_number(e, "returns", g->returns);
	event_number(e, "sensors", look.sensors);
	event_number(e, "same_fingerprint", look.same_print);
	if (e->state == EVENT_PROVISIONAL && g->sightings > 1 && !alone)
		e->state = EVENT_CONFIRMED;
	event_forget_reasons(e);
	event_reason(e,
	             "%zu share three windows of ten minutes port by port; in any other order "
	             "%.0f do",
	             s->count, s->by_chance);
	event_reason(e, "seen in step %u times", g->sightings);
	if (alone)
		event_reason(e, "one of %u sensors alone saw it", scene->coverage->sensors);
	e->confidence = (e->state == EVENT_CONFIRMED ? 0.95 : 0.7) - (alone ? 0.3 : 0);
	snprintf(e->wrong_if, sizeof(e->wrong_if),
	         "one owner sends with many addresses, or the sources are forged by one sender");
}

/* Members of at least half of the sightings go out with the event. */
static enum status tell(struct group *g, const struct scene *scene, const struct event_sink *sink)
{
	struct addr *members = calloc(g->count ? g->count : 1, sizeof(*members));
	size_t n = 0;
	enum status st;
	char ports[EVENT_SUBJECT_MAX];

	if (!members)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < g->count && n < EVENT_MEMBERS_MAX; i++) {
		if (g->members[i].hits * 2 >= g->sightings)
			members[n++] = g->members[i].address;
	}
	ports_text(g, ports, sizeof(ports));
	snprintf(g->event.title, sizeof(g->event.title), "%zu sources move in step over %s%s", n,
	         ports, g->returns ? ", as before" : "");
	event_number(&g->event, "members", (double)n);
	g->event.members = members;
	g->event.member_count = n;
	g->told = n;
	st = detector_tell(&g->event, scene, sink);
	g->event.members = NULL;
	g->event.member_count = 0;
	free(members);
	return st;
}

static enum status end(struct group *g, const struct scene *scene, const struct event_sink *sink)
{
	g->open = false;
	g->event.state = g->event.state == EVENT_PROVISIONAL ? EVENT_WITHDRAWN : EVENT_CLOSED;
	return tell(g, scene, sink);
}

static void begin(struct group *g, const struct scene *scene)
{
	char subject[EVENT_SUBJECT_MAX];

	ports_text(g, subject, sizeof(subject));
	event_init(&g->event, "group", "in step", subject,
	           scene->end_s - FLOCK_SLOTS * SLOT_SECONDS);
	g->event.noticed_s = scene->noted_s;
	g->open = true;
	g->sightings = 0;
	if (!g->name[0])
		snprintf(g->name, sizeof(g->name), "g-%08x", (unsigned)(g->event.id & 0xffffffff));
	else
		g->returns++;
	for (size_t i = 0; i < g->count; i++)
		g->members[i].hits = 0;
}

static struct group *free_group(struct groups *all)
{
	size_t oldest = 0;

	if (all->count < GROUPS_MAX) {
		all->items[all->count] = (struct group){0};
		return &all->items[all->count++];
	}
	for (size_t i = 1; i < all->count; i++) {
		if (all->items[i].last_s < all->items[oldest].last_s)
			oldest = i;
	}
	if (all->items[oldest].open) {
		all->forgotten++;
		return NULL;
	}
	free(all->items[oldest].members);
	all->items[oldest] = (struct group){0};
	return &all->items[oldest];
}

/* The group that it belongs to; of two the larger, and the other is merged into it. */
static enum status match(struct groups *all, const struct sighting *s, const struct scene *scene,
                         const struct event_sink *sink, struct group **out)
{
	enum status st = STATUS_OK;

	*out = NULL;
	for (size_t i = 0; i < all->count && !st; i++) {
		struct group *g = &all->items[i], *other = *out;

		if (!is_same(g, s, shared(all, g, s)))
			continue;
		*out = !other || g->count > other->count ? g : other;
		other = *out == g ? other : g;
		if (!other || !other->open || !(*out)->open)
			continue;
		event_text(&other->event, "merged_into", (*out)->name);
		st = end(other, scene, sink);
	}
	return st;
}

static enum status see(struct groups *all, const struct sighting *s, const struct scene *scene,
                       const struct event_sink *sink)
{
	struct group *g;
	bool is_new, was_provisional;
	enum status st = match(all, s, scene, sink, &g);

	if (!st && !g)
		g = free_group(all);
	if (st || !g)
		return st;
	for (unsigned i = 0; i < FLOCK_WINDOWS; i++)
		add_port(g, s->ports[i]);
	is_new = !g->open;
	if (is_new)
		begin(g, scene);
	/* A phase of the windows that cuts the bursts shows a part: it proves and disproves
	 * nothing. */
	if (!is_new && s->count * 2 < g->told)
		return STATUS_OK;
	st = add_members(all, g, s);
	if (st)
		return st;
	g->sightings++;
	g->last_s = scene->end_s;
	g->event.end_s = scene->end_s;
	was_provisional = g->event.state == EVENT_PROVISIONAL;
	describe(g, &all->flock, s, scene);
	if (is_new || (was_provisional && g->event.state != EVENT_PROVISIONAL) ||
	    s->count > g->told + g->told / 4)
		return tell(g, scene, sink);
	return STATUS_OK;
}

static enum status end_silent(struct groups *all, const struct scene *scene,
                              const struct event_sink *sink)
{
	size_t kept = 0;
	enum status st = STATUS_OK;

	for (size_t i = 0; i < all->count; i++) {
		struct group *g = &all->items[i];

		if (!st && g->open && g->last_s + RULE_GROUP_SILENT_S <= scene->end_s)
			st = end(g, scene, sink);
		if (!g->open && g->last_s + RULE_GROUP_MEMORY_S <= scene->end_s)
			free(g->members);
		else
			all->items[kept++] = *g;
	}
	all->count = kept;
	return st;
}

static enum status group_watch(void *state, const struct scene *scene,
                               const struct event_sink *sink)
{
	struct groups *all = state;
	struct sighting *sightings;
	size_t count;
	enum status st = flock_add(&all->flock, scene->roster);

	if (st || scene->coverage->usable == 0)
		return st;
	st = flock_search(&all->flock, &sightings, &count);
	for (size_t i = 0; i < count && !st; i++)
		st = see(all, &sightings[i], scene, sink);
	flock_free_sightings(sightings, count);
	return st ? st : end_silent(all, scene, sink);
}

static void group_save(const void *state, struct keep *out)
{
	const struct groups *all = state;

	flock_save(&all->flock, out);
	keep_u64(out, all->forgotten);
	keep_u64(out, all->count);
	for (size_t i = 0; i < all->count; i++) {
		const struct group *g = &all->items[i];

		keep_event(out, &g->event);
		keep_bytes(out, g->name, sizeof(g->name));
		keep_u64(out, g->open);
		keep_u64(out, g->sightings);
		keep_u64(out, g->returns);
		keep_u64(out, g->last_s);
		keep_u64(out, g->told);
		keep_u64(out, g->port_count);
		for (unsigned k = 0; k < g->port_count; k++)
			keep_u64(out, g->ports[k]);
		keep_u64(out, g->count);
		for (size_t k = 0; k < g->count; k++) {
			keep_addr(out, &g->members[k].address);
			keep_u64(out, g->members[k].hits);
		}
	}
}

static enum status load_members(struct group *g, struct cursor *in)
{
	size_t count = keep_get_count(in, 24);

	if (count > GROUP_MEMBERS_MAX)
		return STATUS_FORMAT;
	g->members = calloc(count ? count : 1, sizeof(*g->members));
	if (!g->members)
		return STATUS_NO_MEMORY;
	for (; g->count < count; g->count++) {
		keep_get_addr(in, &g->members[g->count].address);
		g->members[g->count].hits = (uint32_t)cursor_le64(in);
	}
	return STATUS_OK;
}

static enum status load_group(struct group *g, struct cursor *in)
{
	const uint8_t *name;

	keep_get_event(in, &g->event);
	name = cursor_take(in, sizeof(g->name));
	if (!name || name[sizeof(g->name) - 1])
		return STATUS_FORMAT;
	memcpy(g->name, name, sizeof(g->name));
	g->open = cursor_le64(in);
	g->sightings = (uint32_t)cursor_le64(in);
	g->returns = (uint32_t)cursor_le64(in);
	g->last_s = cursor_le64(in);
	g->told = cursor_le64(in);
	g->port_count = (unsigned)keep_get_count(in, 8);
	if (g->port_count > GROUP_PORTS) {
		g->port_count = 0;
		return STATUS_FORMAT;
	}
	for (unsigned k = 0; k < g->port_count; k++)
		g->ports[k] = (uint32_t)cursor_le64(in);
	return load_members(g, in);
}

static enum status group_load(void *state, struct cursor *in)
{
	struct groups *all = state;
	enum status st = flock_load(&all->flock, in);
	size_t count;

	all->forgotten = cursor_le64(in);
	count = keep_get_count(in, 64);
	if (count > GROUPS_MAX)
		return STATUS_FORMAT;
	while (!st && all->count < count)
		st = load_group(&all->items[all->count++], in);
	return st ? st : in->failed ? STATUS_FORMAT : STATUS_OK;
}

static uint64_t group_forgotten(const void *state)
{
	const struct groups *all = state;

	return all->forgotten + all->flock.forgotten;
}

const struct detector detector_group = {
        .name = "group",
        .help = "sources that move in step over ports and time, however slowly",
        .period_s = SLOT_SECONDS,
        .open = group_open,
        .watch = group_watch,
        .close = group_close,
        .save = group_save,
        .load = group_load,
        .forgotten = group_forgotten,
};
