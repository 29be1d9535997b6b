/* SPDX-License-Identifier: Apache-2.0 */
#include "synth/keys.h"

#include "synth/amplifier.h"
#include "synth/port_list.h"
#include "synth/scenario.h"

#include <stdlib.h>
#include <string.h>

enum { LIST_ITEM_MAX = 80 };

static const char *const formats[] = {"pcap", "pcapng", NULL};
static const char *const replies[] = {"syn-ack", "rst",        "unreachable", "ttl-exceeded",
                                      "udp",     "echo-reply", NULL};
static const char *const protocols[] = {"tcp", "udp", "icmp", NULL};
static const char *const type_names[] = {
#define TYPE(id, name, group, model, aim, ports, sources, hits_low, hits_high) name,
#include "synth/type.def"
#undef TYPE
        NULL};
/* What a section may choose: the models of one sender that need nothing else. */
static const char *const tools[] = {"plain",    "udp",         "ping",    "mirai",   "zmap",
                                    "zmap-new", "masscan-old", "masscan", "unicorn", "nmap",
                                    "hajime",   "irregular",   NULL};

/* The next item of "a, b, c"; false at the end; *bad where it is empty or too long. */
static bool next_item(const char **at, char item[LIST_ITEM_MAX], bool *bad)
{
	size_t n;

	if (!*at)
		return false;
	*at += strspn(*at, " \t");
	n = strcspn(*at, ",");
	*bad = n == 0 || n >= LIST_ITEM_MAX;
	if (*bad)
		return false;
	memcpy(item, *at, n);
	while (n > 0 && (item[n - 1] == ' ' || item[n - 1] == '\t'))
		n--;
	item[n] = '\0';
	*at = strchr(*at, ',');
	if (*at)
		++*at;
	return true;
}

static enum status parse_list(const char *text, struct prefix_set *set, bool hosts)
{
	char item[LIST_ITEM_MAX];
	bool is_bad = false;

	while (next_item(&text, item, &is_bad)) {
		struct prefix p;

		if (prefix_parse(item, &p) || (hosts && p.length != 128))
			return STATUS_FORMAT;
		if (set->count == TARGETS_PREFIXES_MAX)
			return STATUS_FORMAT;
		if (prefix_set_add(set, p))
			return STATUS_NO_MEMORY;
	}
	prefix_set_seal(set);
	return is_bad ? STATUS_FORMAT : STATUS_OK;
}

static enum status parse_prefixes(const char *text, void *field)
{
	return parse_list(text, field, false);
}

static enum status parse_addresses(const char *text, void *field)
{
	return parse_list(text, field, true);
}

static enum status parse_ports(const char *text, void *field)
{
	return port_list_parse(text, field);
}

/* "100" or "2-50", each from 1 to 10^10. */
static enum status parse_span(const char *text, void *field)
{
	struct span *span = field;
	char *end;

	if (text[0] < '0' || text[0] > '9')
		return STATUS_FORMAT;
	span->low = span->high = strtoull(text, &end, 10);
	if (*end == '-' && end[1] >= '0' && end[1] <= '9')
		span->high = strtoull(end + 1, &end, 10);
	if (*end || span->low < 1 || span->high < span->low || span->high > 10000000000u)
		return STATUS_FORMAT;
	return STATUS_OK;
}

static enum status parse_vectors(const char *text, void *field)
{
	uint32_t *vectors = field;
	char item[LIST_ITEM_MAX];
	bool is_bad = false;

	*vectors = 0;
	while (next_item(&text, item, &is_bad)) {
		int place = amplifier_find(item);

		if (place < 0)
			return STATUS_FORMAT;
		*vectors |= 1u << place;
	}
	return is_bad ? STATUS_FORMAT : STATUS_OK;
}

#define IN_SCENARIO(field) offsetof(struct scenario, field)
#define IN_CAMPAIGN(field) offsetof(struct campaign, field)
#define COUNT(name, help, field, low, high)                                          \
	{                                                                            \
		name, help, SETTING_COUNT, IN_CAMPAIGN(field), low, high, NULL, NULL \
	}
#define NUMBER(name, help, field, low, high)                                          \
	{                                                                             \
		name, help, SETTING_NUMBER, IN_CAMPAIGN(field), low, high, NULL, NULL \
	}
#define SPAN_OF_TIME(name, help, field, low, high)                                      \
	{                                                                               \
		name, help, SETTING_DURATION, IN_CAMPAIGN(field), low, high, NULL, NULL \
	}
#define CHOICE(name, help, field, choices)                                          \
	{                                                                           \
		name, help, SETTING_CHOICE, IN_CAMPAIGN(field), 0, 0, choices, NULL \
	}
#define PARSED(name, help, field, parse)                                          \
	{                                                                         \
		name, help, SETTING_PARSED, IN_CAMPAIGN(field), 0, 0, NULL, parse \
	}

static const char addresses_help[] = "a list of at most 256 addresses";
static const char prefixes_help[] = "a list of at most 256 prefixes without host bits";
static const char ports_help[] = "a list of at most 64 ports, ranges and weights: 23:9, 8000-8100";
static const char span_help[] = "a count or a range such as 2-50, from 1 to 10000000000";

struct setting_table keys_global(void)
{
	static const struct setting rows[] = {
	        {"name", "a text", SETTING_TEXT, IN_SCENARIO(name), 0, 0, NULL, NULL},
	        {"start", "a time such as 2026-01-31T00:00:00Z", SETTING_TIME,
	         IN_SCENARIO(start_ns), 0, 0, NULL, NULL},
	        {"duration", "a duration", SETTING_DURATION, IN_SCENARIO(duration_ns), 1,
	         366 * 86400.0, NULL, NULL},
	        {"telescope", prefixes_help, SETTING_PARSED, IN_SCENARIO(telescope), 0, 0, NULL,
	         parse_prefixes},
	        {"seed", "a number", SETTING_COUNT, IN_SCENARIO(seed), 0, 0x1p64, NULL, NULL},
	        {"snaplen", "bytes", SETTING_COUNT, IN_SCENARIO(snaplen), 14, 65535, NULL, NULL},
	        {"format", "a capture format", SETTING_CHOICE, IN_SCENARIO(format), 0, 0, formats,
	         NULL},
	};

	return (struct setting_table){rows, sizeof(rows) / sizeof(rows[0])};
}

static const struct setting common[] = {
        CHOICE("type", "a type", type, type_names),
        SPAN_OF_TIME("start", "a duration", start_ns, 0, 366 * 86400.0),
        SPAN_OF_TIME("end", "a duration", end_ns, 0, 366 * 86400.0),
        NUMBER("diurnal", "a share", diurnal, 0, 1),
        SPAN_OF_TIME("peak", "a time of day", peak_ns, 0, 86400),
        PARSED("ports", ports_help, ports, parse_ports),
        PARSED("from", prefixes_help, from, parse_prefixes),
};

static const struct setting senders[] = {
        COUNT("sources", "a count of senders", sources, 1, CAMPAIGN_SENDERS_MAX),
        PARSED("addresses", addresses_help, addresses, parse_addresses),
        SPAN_OF_TIME("session", "a duration", session_ns, 1, 366 * 86400.0),
        PARSED("hits", span_help, hits, parse_span),
        NUMBER("rate", "packets/s Internet-wide", rate, 1e-6, 1e9),
        SPAN_OF_TIME("interval", "a duration", interval_ns, 0.001, 366 * 86400.0),
        COUNT("destinations", "a count of addresses", destinations, 1, 65536),
        {"operator", "a text", SETTING_TEXT, IN_CAMPAIGN(operator_name), 0, 0, NULL, NULL},
        {"retransmit", "whether unanswered SYNs are repeated", SETTING_FLAG, IN_CAMPAIGN(patient),
         0, 0, NULL, NULL},
        {"stealth", "whether nmap sends NULL, FIN and XMAS", SETTING_FLAG, IN_CAMPAIGN(probe_flags),
         0, 0, NULL, NULL},
};

static const struct setting tool_choice[] = {
        CHOICE("tool", "a tool", model, tools),
};

static const struct setting vector_choice[] = {
        PARSED("vectors", "a list of amplification vectors; see noroshi-synth(1)", vectors,
               parse_vectors),
};

static const struct setting growth[] = {
        COUNT("population", "a count of hosts", population, 1, CAMPAIGN_SENDERS_MAX),
        COUNT("initial", "a count of hosts", initial, 1, CAMPAIGN_SENDERS_MAX),
        NUMBER("alpha", "infections per host and hour", alpha, 1e-3, 1e4),
        NUMBER("rate", "packets/s of a host Internet-wide", rate, 1e-6, 1e9),
};

static const struct setting victims[] = {
        COUNT("victims", "a count of victims", sources, 1, 10000),
        PARSED("victim", addresses_help, addresses, parse_addresses),
        CHOICE("reply", "a reply", reply, replies),
        CHOICE("proto", "a protocol", attacked, protocols),
        NUMBER("rate", "packets/s at the victim", rate, 1e-6, 1e12),
        PARSED("hits", span_help, hits, parse_span),
        COUNT("retransmissions", "a count", retransmissions, 0, 5),
};

static const struct setting forged[] = {
        PARSED("packets", span_help, hits, parse_span),
};

#define TABLE(rows)                                  \
	(struct setting_table)                       \
	{                                            \
		rows, sizeof(rows) / sizeof(rows[0]) \
	}

size_t keys_of_group(enum key_group group, struct setting_table tables[KEY_TABLES_MAX])
{
	size_t n = 0;

	tables[n++] = TABLE(common);
	if (group <= KEYS_GROUP)
		tables[n++] = TABLE(senders);
	if (group == KEYS_SWEEP || group == KEYS_GROUP || group == KEYS_GROWTH)
		tables[n++] = TABLE(tool_choice);
	if (group == KEYS_AMPLIFIER)
		tables[n++] = TABLE(vector_choice);
	if (group == KEYS_GROWTH)
		tables[n++] = TABLE(growth);
	if (group == KEYS_REPLY)
		tables[n++] = TABLE(victims);
	if (group == KEYS_FORGED)
		tables[n++] = TABLE(forged);
	return n;
}
