/* SPDX-License-Identifier: Apache-2.0 */
#include "enrich/known.h"

#include "base/timefmt.h"
#include "enrich/known_list.h"
#include "enrich/known_name.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* No entry around this one. */
#define NONE UINT32_MAX

struct entry {
	struct prefix prefix;
	uint32_t name;   /* offset into names */
	uint32_t around; /* the longest entry that holds this one, or NONE; set by seal */
	uint32_t number; /* order of loading */
};

struct known {
	struct entry *entries;
	size_t count, room;
	char *names; /* texts, one after the other */
	size_t names_used, names_room;
	bool sealed;
};

enum status known_new(struct known **out)
{
	*out = calloc(1, sizeof(**out));
	return *out ? STATUS_OK : STATUS_NO_MEMORY;
}

void known_free(struct known *k)
{
	if (!k)
		return;
	free(k->entries);
	free(k->names);
	free(k);
}

size_t known_count(const struct known *k)
{
	return k->count;
}

/* Where `need` items fit, at most `most`. */
static enum status grow(void **items, size_t *room, size_t need, size_t most, size_t size)
{
	size_t wanted = *room ? *room : 1024;
	void *grown;

	if (need > most)
		return STATUS_LIMIT;
	while (wanted < need)
		wanted *= 2;
	if (wanted == *room)
		return STATUS_OK;
	grown = reallocarray(*items, wanted, size);
	if (!grown)
		return STATUS_NO_MEMORY;
	*items = grown;
	*room = wanted;
	return STATUS_OK;
}

/* The name's offset. Rows of one operator follow each other as a rule. */
static enum status add_name(struct known *k, const char *name, uint32_t *offset)
{
	size_t n = strlen(name) + 1;
	void *names = k->names;
	enum status st;

	if (k->count) {
		*offset = k->entries[k->count - 1].name;
		if (strcmp(k->names + *offset, name) == 0)
			return STATUS_OK;
	}
	st = grow(&names, &k->names_room, k->names_used + n, KNOWN_NAMES_MAX, 1);
	k->names = names;
	if (st)
		return st;
	memcpy(k->names + k->names_used, name, n);
	*offset = (uint32_t)k->names_used;
	k->names_used += n;
	return STATUS_OK;
}

static enum status add_entry(void *state, const struct prefix *prefix, const char *operator)
{
	struct known *k = state;
	void *entries = k->entries;
	uint32_t name = 0;
	enum status st = add_name(k, operator, & name);

	if (st)
		return st;
	st = grow(&entries, &k->room, k->count + 1, KNOWN_PREFIXES_MAX, sizeof(*k->entries));
	k->entries = entries;
	if (st)
		return st;
	k->entries[k->count] = (struct entry){
	        .prefix = *prefix, .name = name, .around = NONE, .number = (uint32_t)k->count};
	k->count++;
	return STATUS_OK;
}

enum status known_load_bytes(struct known *k, const char *path, const char *bytes, size_t n,
                             uint64_t date_ns, struct known_list *list, struct trouble *t)
{
	struct known_sink sink = {.add = add_entry, .state = k};
	size_t count = k->count, names_used = k->names_used;
	enum status st;

	assert(!k->sealed);
	*list = (struct known_list){.date_ns = date_ns};
	known_name_of_path(path, list->name);
	st = known_list_read(bytes, n, path, &sink, list, t);
	if (st == STATUS_LIMIT)
		trouble_set(t, st, path, 0, "more prefixes or names than known lists may hold");
	if (!st && list->prefixes == 0 && list->malformed)
		st = trouble_set(t, STATUS_FORMAT, path, list->lines[0],
		                 "no line of this list is an address or prefix");
	if (st) {
		k->count = count;
		k->names_used = names_used;
	}
	return st;
}

/* The whole file, at most KNOWN_FILE_MAX bytes. */
static enum status read_file(FILE *file, const char *path, char **bytes, size_t *n,
                             struct trouble *t)
{
	size_t room = 1 << 16, got = 1;

	*n = 0;
	*bytes = NULL;
	while (got > 0) {
		char *grown;

		if (*n + room > KNOWN_FILE_MAX)
			return trouble_set(t, STATUS_LIMIT, path, 0,
			                   "longer than lists may be (%d MiB)",
			                   KNOWN_FILE_MAX >> 20);
		grown = realloc(*bytes, *n + room);
		if (!grown)
			return trouble_set(t, STATUS_NO_MEMORY, path, 0, "out of memory");
		*bytes = grown;
		errno = 0;
		got = fread(*bytes + *n, 1, room, file);
		*n += got;
		room = room < 1 << 20 ? room * 2 : room;
	}
	if (ferror(file))
		return trouble_set(t, STATUS_IO, path, 0, "cannot read: %s", strerror(errno));
	return STATUS_OK;
}

enum status known_load(struct known *k, const char *path, struct known_list *list,
                       struct trouble *t)
{
	FILE *file = fopen(path, "rbe");
	struct stat info;
	char *bytes = NULL;
	size_t n = 0;
	enum status st;

	if (!file || fstat(fileno(file), &info) != 0) {
		st = trouble_set(t, status_of_errno(errno), path, 0, "cannot read: %s",
		                 strerror(errno));
		if (file)
			fclose(file);
		return st;
	}
	st = read_file(file, path, &bytes, &n, t);
	if (!st)
		st = known_load_bytes(
		        k, path, bytes, n,
		        info.st_mtime > 0 ? (uint64_t)info.st_mtime * NS_PER_SECOND : 0, list, t);
	free(bytes);
	fclose(file);
	return st;
}

static void warn_malformed(const struct known_list *list, const char *path, char *out)
{
	size_t shown = list->malformed < KNOWN_LINES_SHOWN ? list->malformed : KNOWN_LINES_SHOWN;
	int used = snprintf(out, KNOWN_WARNING_MAX, "%.256s: %zu lines are no address: ", path,
	                    list->malformed);

	for (size_t i = 0; i < shown; i++)
		used += snprintf(out + used, (size_t)(KNOWN_WARNING_MAX - used), "%s%lu",
		                 i ? ", " : "", list->lines[i]);
	if (shown < list->malformed)
		snprintf(out + used, (size_t)(KNOWN_WARNING_MAX - used), " and more");
}

unsigned known_list_warnings(const struct known_list *list, const char *path, uint64_t now_ns,
                             uint64_t age_max_ns, char out[KNOWN_WARNINGS_MAX][KNOWN_WARNING_MAX])
{
	unsigned n = 0;
	char date[TIME_TEXT_MAX];

	if (list->malformed)
		warn_malformed(list, path, out[n++]);
	if (list->broad)
		snprintf(
		        out[n++], KNOWN_WARNING_MAX,
		        "%.256s: %zu prefixes are too broad for one operator (IPv4 below /%d, IPv6 "
		        "below /%d) and left out",
		        path, list->broad, KNOWN_V4_LENGTH_MIN, KNOWN_V6_LENGTH_MIN);
	if (list->date_ns && now_ns > list->date_ns && now_ns - list->date_ns > age_max_ns) {
		time_text(list->date_ns, 0, date);
		snprintf(out[n++], KNOWN_WARNING_MAX,
		         "%.256s: this list is of %.10s, %.0f days old; operators move", path, date,
		         (double)(now_ns - list->date_ns) / (86400.0 * (double)NS_PER_SECOND));
	}
	if (list->prefixes == 0)
		snprintf(out[n++], KNOWN_WARNING_MAX, "%.256s: this list is empty", path);
	return n;
}

static int compare_entries(const void *left, const void *right)
{
	const struct entry *a = left, *b = right;
	int order = addr_compare(&a->prefix.base, &b->prefix.base);

	if (order == 0)
		order = (int)a->prefix.length - (int)b->prefix.length;
	if (order == 0)
		order = a->number < b->number ? -1 : 1;
	return order;
}

static bool same_prefix(const struct entry *a, const struct entry *b)
{
	return a->prefix.length == b->prefix.length &&
	       addr_compare(&a->prefix.base, &b->prefix.base) == 0;
}

/* Sorted by base, then length, an entry's surroundings are among those of the one before. */
void known_seal(struct known *k)
{
	size_t kept = 0;

	if (k->count)
		qsort(k->entries, k->count, sizeof(*k->entries), compare_entries);
	for (size_t i = 0; i < k->count; i++) {
		struct entry *e = &k->entries[i];
		uint32_t around = kept ? (uint32_t)kept - 1 : NONE;

		if (kept && same_prefix(&k->entries[kept - 1], e))
			continue;
		while (around != NONE &&
		       !prefix_contains(&k->entries[around].prefix, &e->prefix.base))
			around = k->entries[around].around;
		e->around = around;
		k->entries[kept++] = *e;
	}
	k->count = kept;
	k->sealed = true;
}

const char *known_find(const struct known *k, const struct addr *a)
{
	size_t low = 0, high = k->count;
	uint32_t at;

	assert(k->sealed);
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (addr_compare(&k->entries[middle].prefix.base, a) <= 0)
			low = middle + 1;
		else
			high = middle;
	}
	at = low ? (uint32_t)low - 1 : NONE;
	while (at != NONE && !prefix_contains(&k->entries[at].prefix, a))
		at = k->entries[at].around;
	return at == NONE ? NULL : k->names + k->entries[at].name;
}
