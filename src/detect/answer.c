/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/answer.h"

#include "base/timefmt.h"
#include "model/packet.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void answer_clear(struct answer *a)
{
	for (size_t i = 0; i < a->campaign_count; i++)
		free(a->campaigns[i].networks);
	for (size_t i = 0; i < a->group_count; i++)
		free(a->groups[i].members);
	for (size_t i = 0; i < a->worm_count; i++)
		free(a->worms[i].curve);
	free(a->campaigns);
	free(a->groups);
	free(a->worms);
	*a = (struct answer){0};
}

static uint64_t time_of(const json_t *object, const char *key)
{
	const char *text = json_string_value(json_object_get(object, key));
	uint64_t ns = 0;

	if (!text || time_parse(text, &ns))
		return 0;
	return ns / NS_PER_SECOND;
}

static void copy_text(const json_t *object, const char *key, char out[ANSWER_LABEL_MAX])
{
	const char *text = json_string_value(json_object_get(object, key));

	snprintf(out, ANSWER_LABEL_MAX, "%s", text ? text : "");
}

static uint64_t count_of(const json_t *object, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(object, key));

	return n < 0 ? 0 : (uint64_t)n;
}

static uint8_t proto_of(const json_t *port)
{
	const char *name = json_string_value(json_object_get(port, "proto"));

	if (!name)
		return 0;
	return strcmp(name, "tcp") == 0    ? PROTO_TCP
	       : strcmp(name, "udp") == 0  ? PROTO_UDP
	       : strcmp(name, "icmp") == 0 ? PROTO_ICMP
	                                   : PROTO_ICMPV6;
}

/* An array of `count` things of `size` bytes, zeroed; one at least, so that NULL is no memory. */
static void *room_for(size_t count, size_t size)
{
	return calloc(count ? count : 1, size);
}

static enum status read_campaigns(struct answer *a, const json_t *list)
{
	a->campaigns = room_for(json_array_size(list), sizeof(*a->campaigns));
	if (!a->campaigns)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *item = json_array_get(list, i);
		struct answer_campaign *c = &a->campaigns[a->campaign_count++];

		copy_text(item, "label", c->label);
		copy_text(item, "type", c->type);
		c->spoofed = json_is_true(json_object_get(item, "spoofed"));
		c->first_s = time_of(item, "first");
		c->last_s = time_of(item, "last");
		c->sources = count_of(item, "sources");
	}
	return STATUS_OK;
}

static void add_port(struct answer_campaign *c, uint32_t port)
{
	for (size_t i = 0; i < c->port_count && i < ANSWER_PORTS_MAX; i++) {
		if (c->ports[i] == port)
			return;
	}
	if (c->port_count < ANSWER_PORTS_MAX)
		c->ports[c->port_count] = port;
	c->port_count++;
}

static enum status add_source(struct answer_campaign *c, const json_t *source)
{
	const json_t *ports = json_object_get(source, "ports");
	const char *text = json_string_value(json_object_get(source, "address"));
	struct addr address;

	for (size_t i = 0; i < json_array_size(ports); i++) {
		const json_t *port = json_array_get(ports, i);

		add_port(c, (uint32_t)proto_of(port) << 16 | (uint32_t)count_of(port, "port"));
	}
	if (!text || addr_parse(text, &address) || !addr_is_v4(&address))
		return STATUS_OK;
	if ((c->network_count & (c->network_count - 1)) == 0) {
		size_t room = c->network_count ? c->network_count * 2 : 1;
		uint32_t *networks = reallocarray(c->networks, room, sizeof(*networks));

		if (!networks)
			return STATUS_NO_MEMORY;
		c->networks = networks;
	}
	c->networks[c->network_count++] = addr_low32(&address) >> 16;
	return STATUS_OK;
}

static int compare_u32(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static enum status read_sources(struct answer *a, const json_t *list)
{
	struct answer_campaign *c = a->campaigns;

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *item = json_array_get(list, i);
		char label[ANSWER_LABEL_MAX];
		enum status st;

		copy_text(item, "label", label);
		for (size_t k = 0; k < a->campaign_count && strcmp(c->label, label) != 0; k++)
			c = &a->campaigns[k];
		if (a->campaign_count == 0 || strcmp(c->label, label) != 0)
			continue;
		st = add_source(c, item);
		if (st)
			return st;
	}
	for (size_t k = 0; k < a->campaign_count; k++) {
		if (a->campaigns[k].network_count)
			qsort(a->campaigns[k].networks, a->campaigns[k].network_count,
			      sizeof(uint32_t), compare_u32);
	}
	return STATUS_OK;
}

static int compare_addr(const void *a, const void *b)
{
	return addr_compare(a, b);
}

static enum status read_groups(struct answer *a, const json_t *list)
{
	a->groups = room_for(json_array_size(list), sizeof(*a->groups));
	if (!a->groups)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *item = json_array_get(list, i);
		const json_t *members = json_object_get(item, "members");
		struct answer_group *g = &a->groups[a->group_count++];

		copy_text(item, "label", g->label);
		g->start_s = time_of(item, "start");
		g->end_s = time_of(item, "end");
		g->members = room_for(json_array_size(members), sizeof(*g->members));
		if (!g->members)
			return STATUS_NO_MEMORY;
		for (size_t k = 0; k < json_array_size(members); k++) {
			const char *text = json_string_value(json_array_get(members, k));

			if (text && !addr_parse(text, &g->members[g->count]))
				g->count++;
		}
		qsort(g->members, g->count, sizeof(*g->members), compare_addr);
	}
	return STATUS_OK;
}

static enum status read_worms(struct answer *a, const json_t *list)
{
	a->worms = room_for(json_array_size(list), sizeof(*a->worms));
	if (!a->worms)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *item = json_array_get(list, i);
		const json_t *curve = json_object_get(item, "curve");
		struct answer_worm *w = &a->worms[a->worm_count++];

		copy_text(item, "label", w->label);
		w->population = (double)count_of(item, "population");
		w->curve = room_for(json_array_size(curve), sizeof(*w->curve));
		if (!w->curve)
			return STATUS_NO_MEMORY;
		for (size_t k = 0; k < json_array_size(curve); k++) {
			const json_t *point = json_array_get(curve, k);

			w->curve[w->count++] = (struct answer_point){
			        .time_s = time_of(point, "time"),
			        .infected = (double)count_of(point, "infected"),
			        .seen = (double)count_of(point, "seen")};
		}
	}
	return STATUS_OK;
}

enum status answer_read(struct answer *a, const char *path, struct trouble *t)
{
	json_error_t error;
	json_t *root = json_load_file(path, 0, &error);
	enum status st;

	*a = (struct answer){0};
	if (!root)
		return trouble_set(t, STATUS_FORMAT, path,
		                   error.line > 0 ? (unsigned long)error.line : 0, "%s",
		                   error.text);
	a->start_s = time_of(root, "start");
	a->end_s = time_of(root, "end");
	st = read_campaigns(a, json_object_get(root, "campaigns"));
	if (!st)
		st = read_sources(a, json_object_get(root, "sources"));
	if (!st)
		st = read_groups(a, json_object_get(root, "groups"));
	if (!st)
		st = read_worms(a, json_object_get(root, "worms"));
	json_decref(root);
	if (!st && (a->end_s <= a->start_s || a->campaign_count == 0))
		st = trouble_set(t, STATUS_FORMAT, path, 0,
		                 "is no truth of noroshi synth: no time, no campaigns");
	if (st)
		answer_clear(a);
	return st;
}
