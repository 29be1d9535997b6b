/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/capture_settings.h"

#include <stdlib.h>
#include <string.h>

enum { SEVERAL_MEBIBYTES = 4 };

#define MEBIBYTE   UINT64_C(1048576)
#define MEMORY_MIN (SEVERAL_MEBIBYTES * MEBIBYTE) /* a thread */

/* Prefixes between blanks or commas; takes the copy apart. */
static enum status add_nets(char *copy, struct prefix_set *net)
{
	char *rest = copy, *word;

	while ((word = strsep(&rest, " \t,")) != NULL) {
		struct prefix p;

		if (!*word)
			continue;
		if (prefix_parse(word, &p))
			return STATUS_FORMAT;
		if (prefix_set_add(net, p))
			return STATUS_NO_MEMORY;
	}
	return net->count ? STATUS_OK : STATUS_FORMAT;
}

static enum status parse_nets(const char *text, void *field)
{
	struct prefix_set *net = field;
	char *copy = strdup(text);
	enum status st;

	if (!copy)
		return STATUS_NO_MEMORY;
	prefix_set_clear(net);
	st = add_nets(copy, net);
	free(copy);
	if (!st)
		prefix_set_seal(net);
	return st;
}

#define AT(field)     offsetof(struct watch_settings, capture.field)
#define RAW_AT(field) offsetof(struct watch_settings, raw.field)

const struct setting capture_setting_rows[CAPTURE_SETTINGS] = {
        {.name = "interface", .help = "an interface's name", .offset = AT(interface)},
        {.name = "net",
         .help = "the monitored prefixes, such as 198.18.0.0/24 2001:db8::/48",
         .type = SETTING_PARSED,
         .offset = AT(net),
         .parse = parse_nets},
        {.name = "filter", .help = "a pcap-filter(7) expression", .offset = AT(filter)},
        {.name = "threads",
         .help = "a number of capture threads",
         .type = SETTING_COUNT,
         .offset = AT(threads),
         .low = 1,
         .high = TAP_QUEUES_MAX},
        {.name = "ring",
         .help = "the size of the kernel's buffer over all threads; more on a busy tap,",
         .type = SETTING_SIZE,
         .offset = AT(ring),
         .low = (double)RING_BYTES_MIN,
         .high = (double)RING_BYTES_MAX},
        {.name = "promiscuous",
         .help = "whether to take packets for other hosts' Ethernet addresses",
         .type = SETTING_FLAG,
         .offset = AT(promiscuous)},
        {.name = "live",
         .help = "whether to hand out the newest data each second",
         .type = SETTING_FLAG,
         .offset = AT(live)},
        {.name = "memory",
         .help = "a budget for open windows, at least 4M a thread",
         .type = SETTING_SIZE,
         .offset = AT(memory),
         .low = (double)MEMORY_MIN,
         .high = (double)(UINT64_C(1) << 40)},
        {.name = "user", .help = "the user that root becomes", .offset = AT(user)},
};

const struct setting raw_setting_rows[RAW_SETTINGS] = {
        {.name = "directory",
         .help = "a folder that the user may write",
         .offset = RAW_AT(directory)},
        {.name = "size",
         .help = "the size of all files together",
         .type = SETTING_SIZE,
         .offset = RAW_AT(size),
         .low = (double)RAW_BYTES_MIN,
         .high = (double)(UINT64_C(1) << 50)},
};

const struct setting_table capture_setting_table = {capture_setting_rows, CAPTURE_SETTINGS};
const struct setting_table raw_setting_table = {raw_setting_rows, RAW_SETTINGS};

void watch_settings_init(struct watch_settings *s)
{
	*s = (struct watch_settings)WATCH_SETTINGS_DEFAULTS;
}

enum status capture_settings_check(const struct capture_settings *s, struct trouble *t)
{
	if (s->net.count == 0)
		return trouble_set(t, STATUS_USAGE, NULL, 0,
		                   "[capture] needs net: the prefixes that this sensor watches");
	if (s->ring < RING_BYTES_MIN * s->threads)
		return trouble_set(t, STATUS_USAGE, NULL, 0,
		                   "[capture] ring must be at least 1M for each of the threads");
	if (s->memory < MEMORY_MIN * s->threads)
		return trouble_set(t, STATUS_USAGE, NULL, 0,
		                   "[capture] memory must be at least 4M for each of the threads");
	return STATUS_OK;
}

void watch_settings_clear(struct watch_settings *s)
{
	prefix_set_clear(&s->capture.net);
}
