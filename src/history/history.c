/* SPDX-License-Identifier: Apache-2.0 */
#include "history/history.h"

#include <stdlib.h>
#include <string.h>

/*
 * corsaro's text has no time in its lines; a comment before them has. DShield's format:
 * time, author, count, source, source port or ICMP type, target, target port or ICMP code,
 * protocol, flags (isc.sans.edu/specs). FlowTuple's CSV: the order of version 4.
 */
const struct history_format history_formats[] = {
        {"csv", "comma-separated with a header line", NULL, NULL, NULL},
        {"flowtuple", "FlowTuple version 4 as CSV without a header line",
         "time=#1,source=#2,port=#4,proto=#5,count=#6,sensor=@telescope", ",", NULL},
        {"corsaro", "FlowTuple as corsaro's text",
         "time=@,source=#1,type=#3,port=#4,code=#4,proto=#5,count=#9,sensor=@telescope", "|,",
         "CORSARO_INTERVAL_START"},
        {"dshield", "DShield's tab-separated lines",
         "time=#1,sensor=#2,count=#3,source=#4,type=#5,port=#7,code=#7,proto=#8", "\t", NULL},
};

const unsigned history_format_count = sizeof(history_formats) / sizeof(history_formats[0]);

static const char *const reject_keys[] = {
#define HISTORY_REJECT(id, key, text) key,
#include "history/reject.def"
#undef HISTORY_REJECT
};

static const char *const reject_texts[] = {
#define HISTORY_REJECT(id, key, text) text,
#include "history/reject.def"
#undef HISTORY_REJECT
};

const char *history_reject_key(enum history_reject r)
{
	return reject_keys[r];
}

const char *history_reject_text(enum history_reject r)
{
	return reject_texts[r];
}

const struct history_format *history_format_find(const char *name)
{
	for (unsigned i = 0; i < history_format_count; i++) {
		if (strcmp(history_formats[i].name, name) == 0)
			return &history_formats[i];
	}
	return NULL;
}

void history_init(struct history *h, uint64_t memory)
{
	*h = (struct history){.memory = memory};
	ids_init(&h->sources, UINT32_MAX - 1);
	ids_init(&h->sensors, HISTORY_SENSORS_MAX);
}

static int compare_rows(const void *left, const void *right)
{
	const struct history_row *a = left, *b = right;

	if (a->time_s != b->time_s)
		return a->time_s < b->time_s ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

void history_seal(struct history *h)
{
	bool sorted = true;

	for (size_t i = 1; i < h->count && sorted; i++)
		sorted = h->rows[i - 1].time_s <= h->rows[i].time_s;
	if (!sorted)
		qsort(h->rows, h->count, sizeof(*h->rows), compare_rows);
}

struct addr history_source(const struct history *h, uint32_t source)
{
	struct addr a;

	memcpy(a.b, h->sources.keys[source].b, sizeof(a.b));
	return a;
}

void history_clear(struct history *h)
{
	free(h->rows);
	free(h->sensor_names);
	ids_clear(&h->sources);
	ids_clear(&h->sensors);
	history_init(h, h->memory);
}
