/* SPDX-License-Identifier: Apache-2.0 */
#include "synth/scenario.h"

#include "base/timefmt.h"
#include "conf/setting.h"
#include "synth/keys.h"
#include "synth/port_list.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

static const struct type_row {
	enum key_group group;
	enum model_id model;
	enum aim aim;
	const char *ports;
	uint64_t sources;
	struct span hits;
} types[] = {
#define TYPE(id, name, group, model, aim, ports, sources, hits_low, hits_high) \
	{KEYS_##group, MODEL_##model, AIM_##aim, ports, sources, {hits_low, hits_high}},
#include "synth/type.def"
#undef TYPE
};

static enum status bad(const struct scenario *s, const struct campaign *c, const char *text,
                       struct trouble *t)
{
	return trouble_set(t, STATUS_FORMAT, s->ini->path, c->line, "section %s: %s", c->label,
	                   text);
}

/* What the type does where the section says nothing. */
static void set_defaults(struct campaign *c, const struct type_row *row)
{
	enum status st = port_list_parse(row->ports, &c->ports);

	assert(st == STATUS_OK);
	c->end_ns = UINT64_MAX;
	c->sources = row->sources;
	c->model = (int)row->model;
	c->aim = row->aim;
	c->destinations = c->type == TYPE_BLOCK ? 256 : 1;
	c->peak_ns = 14 * 3600 * NS_PER_SECOND;
	c->population = 10000;
	c->initial = 10;
	c->alpha = 1.0;
	c->patient = c->type != TYPE_SLOW_GROUP;
	if (c->type == TYPE_BACKGROUND)
		c->session_ns = 2 * 3600 * NS_PER_SECOND;
}

/* How much traffic: one of hits, rate and interval, or the type's default. */
static enum status check_volume(const struct scenario *s, struct campaign *c,
                                const struct type_row *row, struct trouble *t)
{
	int given = (c->hits.high > 0) + (c->rate > 0) + (c->interval_ns > 0);

	if (given > 1)
		return bad(s, c, "give one of hits (packets), rate and interval", t);
	if (given == 1)
		return STATUS_OK;
	switch (row->group) {
	case KEYS_GROWTH:
		c->rate = 100;
		break;
	case KEYS_REPLY:
		c->rate = 50000;
		break;
	case KEYS_FORGED:
		c->hits = (struct span){10000, 10000};
		break;
	case KEYS_GROUP:
		c->interval_ns = 600 * NS_PER_SECOND;
		break;
	default:
		c->hits = row->hits;
		if (c->hits.high == 0)
			c->interval_ns = 60 * NS_PER_SECOND;
	}
	return STATUS_OK;
}

static bool has_v4_senders(const struct campaign *c)
{
	const struct prefix_set *named = c->addresses.count ? &c->addresses : &c->from;

	for (size_t i = 0; i < named->count; i++) {
		if (named->items[i].length < 96 || !addr_is_v4(&named->items[i].base))
			return false;
	}
	return c->type != TYPE_IPV6;
}

static enum status check_family(const struct scenario *s, struct campaign *c, struct trouble *t)
{
	bool v4 = has_v4_senders(c);

	if (v4 && s->space.v4_size == 0)
		return bad(s, c, "the telescope has no IPv4 prefix", t);
	if (!v4 && s->space.v6_count == 0)
		return bad(s, c, "the telescope has no IPv6 prefix", t);
	if (!v4 && prefix_set_size_v4(c->addresses.count ? &c->addresses : &c->from) > 0)
		return bad(s, c, "IPv4 and IPv6 senders need a section each", t);
	if (!v4 && c->model != MODEL_PLAIN && c->model != MODEL_UDP && c->model != MODEL_PING &&
	    c->model != MODEL_REPLY)
		return bad(s, c, "this type has no IPv6 form", t);
	if (!v4 && c->rate > 0)
		return bad(s, c, "no rate finds an IPv6 telescope: give hits or an interval", t);
	return STATUS_OK;
}

static bool answers_by_udp(const struct port_list *ports)
{
	static const uint16_t services[] = {53, 123, 137, 161};
	bool all = true;

	for (uint32_t i = 0; i < ports->count; i++) {
		bool one = false;

		for (size_t j = 0; j < sizeof(services) / sizeof(services[0]); j++)
			one |= ports->items[i].low == services[j] &&
			       ports->items[i].high == services[j];
		all &= one;
	}
	return all;
}

static enum status check_campaign(const struct scenario *s, struct campaign *c, struct trouble *t)
{
	const struct type_row *row = &types[c->type];

	if (check_volume(s, c, row, t))
		return STATUS_FORMAT;
	if (c->end_ns == UINT64_MAX || c->end_ns > s->duration_ns)
		c->end_ns = s->duration_ns;
	if (c->addresses.count)
		c->sources = c->addresses.count;
	if (row->group == KEYS_GROWTH) {
		if (c->initial > c->population)
			return bad(s, c, "more initial hosts than population", t);
		c->sources = c->population;
	}
	if (c->reply == REPLY_UDP && c->type == TYPE_BACKSCATTER && !answers_by_udp(&c->ports))
		return bad(s, c, "reply = udp needs ports among 53, 123, 137, 161", t);
	return check_family(s, c, t);
}

static enum status read_campaign(struct scenario *s, const struct ini_section *section,
                                 struct campaign *c, struct trouble *t)
{
	const struct ini_key *type = ini_find(s->ini, section, "type");
	struct setting_table tables[KEY_TABLES_MAX];
	size_t count;
	enum status st;

	*c = (struct campaign){.label = section->name, .line = section->line};
	if (!type)
		return bad(s, c, "has no type", t);
	for (c->type = 0; c->type < TYPE_COUNT; c->type++) {
		if (strcmp(campaign_type_name(c->type), type->value) == 0)
			break;
	}
	if (c->type == TYPE_COUNT)
		return trouble_set(t, STATUS_FORMAT, s->ini->path, type->line,
		                   "type = %.60s is not a type; see noroshi-synth(1)", type->value);
	set_defaults(c, &types[c->type]);
	count = keys_of_group(types[c->type].group, tables);
	st = settings_fill(s->ini, section, tables, count, c, t);
	return st ? st : check_campaign(s, c, t);
}

static enum status read_global(struct scenario *s, struct trouble *t)
{
	struct setting_table table = keys_global();
	const struct ini_section *global = &s->ini->sections[0];
	enum status st;

	s->name = "unnamed";
	s->snaplen = 65535;
	s->duration_ns = 3600 * NS_PER_SECOND;
	st = time_parse("2026-01-01T00:00:00Z", &s->start_ns);
	assert(st == STATUS_OK);
	st = settings_fill(s->ini, global, &table, 1, s, t);
	if (st)
		return st;
	if (s->telescope.count == 0)
		return trouble_set(t, STATUS_FORMAT, s->ini->path, 0,
		                   "no telescope: give telescope = PREFIX, ...");
	st = targets_init(&s->space, &s->telescope);
	if (st)
		return trouble_set(t, st, s->ini->path, 0,
		                   "the telescope is larger than %d IPv4 addresses or %d prefixes",
		                   (int)TARGETS_V4_MAX, (int)TARGETS_PREFIXES_MAX);
	return STATUS_OK;
}

static enum status read_campaigns(struct scenario *s, struct trouble *t)
{
	uint64_t senders = 0;

	s->campaigns = calloc(s->ini->section_count, sizeof(*s->campaigns));
	if (!s->campaigns)
		return trouble_set(t, STATUS_NO_MEMORY, s->ini->path, 0, "out of memory");
	for (size_t i = 1; i < s->ini->section_count; i++) {
		struct campaign *c = &s->campaigns[s->campaign_count++];
		enum status st = read_campaign(s, &s->ini->sections[i], c, t);

		if (st)
			return st;
		senders += c->sources;
	}
	if (senders > SENDERS_MAX)
		return trouble_set(t, STATUS_LIMIT, s->ini->path, 0, "more than %d senders in all",
		                   (int)SENDERS_MAX);
	if (s->campaign_count == 0)
		return trouble_set(t, STATUS_FORMAT, s->ini->path, 0, "no section: no traffic");
	return STATUS_OK;
}

enum status scenario_of_ini(struct scenario *s, struct ini *ini, const uint64_t *seed_override,
                            uint64_t duration_override_ns, struct trouble *t)
{
	enum status st;

	*s = (struct scenario){.ini = ini};
	st = read_global(s, t);
	if (st)
		goto out;
	if (seed_override)
		s->seed = *seed_override;
	if (duration_override_ns)
		s->duration_ns = duration_override_ns;
	if ((s->start_ns + s->duration_ns) / NS_PER_SECOND > UINT32_MAX) {
		st = trouble_set(t, STATUS_FORMAT, ini->path, 0,
		                 "ends after 2106-02-07, past what capture files can tell");
		goto out;
	}
	st = read_campaigns(s, t);
out:
	if (st)
		scenario_clear(s);
	return st;
}

enum status scenario_read(struct scenario *s, const char *path, const uint64_t *seed_override,
                          uint64_t duration_override_ns, struct trouble *t)
{
	struct ini *ini;
	enum status st = ini_read(&ini, path, t);

	*s = (struct scenario){0};
	return st ? st : scenario_of_ini(s, ini, seed_override, duration_override_ns, t);
}

void scenario_clear(struct scenario *s)
{
	for (size_t i = 0; i < s->campaign_count; i++) {
		prefix_set_clear(&s->campaigns[i].addresses);
		prefix_set_clear(&s->campaigns[i].from);
	}
	free(s->campaigns);
	prefix_set_clear(&s->telescope);
	targets_clear(&s->space);
	ini_free(s->ini);
	*s = (struct scenario){0};
}

const char *campaign_type_name(int type)
{
	static const char *const names[] = {
#define TYPE(id, name, group, model, aim, ports, sources, hits_low, hits_high) name,
#include "synth/type.def"
#undef TYPE
	};

	assert(type >= 0 && type < TYPE_COUNT);
	return names[type];
}

bool campaign_is_forged(const struct campaign *c)
{
	return types[c->type].group == KEYS_FORGED;
}

bool campaign_is_infected(const struct campaign *c)
{
	switch (c->model) {
	case MODEL_MIRAI:
	case MODEL_HAJIME:
	case MODEL_CONFICKER:
	case MODEL_SLAMMER:
	case MODEL_WITTY:
		return true;
	default:
		return c->type == TYPE_BOTNET || c->type == TYPE_WINDOWS_WORM ||
		       c->type == TYPE_GROWTH || c->type == TYPE_SLOW_GROUP;
	}
}

enum tool model_tool(int model)
{
	static const enum tool tools[] = {
#define MODEL(id, name, tool) TOOL_##tool,
#include "synth/model.def"
#undef MODEL
	};

	assert(model >= 0 && model < MODEL_COUNT);
	return tools[model];
}
