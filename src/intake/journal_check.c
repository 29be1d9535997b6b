/* SPDX-License-Identifier: Apache-2.0 */
/* Looking at a journal from outside, beside a hub that writes it. */
#include "intake/journal.h"
#include "intake/segment.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum status journal_span(const char *directory, uint64_t *oldest, uint64_t *newest,
                         struct trouble *t)
{
	uint64_t *numbers;
	size_t count;
	enum status st = segment_list(directory, &numbers, &count, t);

	*oldest = *newest = 0;
	if (st)
		return st;
	if (count) {
		*oldest = numbers[0];
		*newest = numbers[count - 1];
	}
	free(numbers);
	return STATUS_OK;
}

/* A segment may be stored and removed while we look. */
static enum status check_segment(const char *path, journal_finding *say, void *state,
                                 struct journal_found *found, struct trouble *t)
{
	struct segment_facts facts;
	enum status st = segment_look(path, &facts, t);

	if (st == STATUS_NOT_FOUND)
		return STATUS_OK;
	if (st)
		return st;
	found->segments++;
	found->frames += facts.frames;
	found->rows += facts.rows;
	found->torn_bytes += facts.torn_bytes;
	if (facts.damaged) {
		found->damaged++;
		say(state, path,
		    "a segment is broken in the middle; the hub's next start keeps "
		    "it aside and goes on with its whole frames");
	}
	return STATUS_OK;
}

static bool is_aside(const char *name)
{
	static const char ending[] = ".damaged";
	size_t n = strlen(name);

	return n > strlen(ending) && strcmp(name + n - strlen(ending), ending) == 0;
}

static enum status find_aside(const char *directory, journal_finding *say, void *state,
                              struct journal_found *found, struct trouble *t)
{
	char path[JOURNAL_PATH_MAX];
	const struct dirent *entry;
	DIR *d = opendir(directory);

	if (!d)
		return trouble_set(t, status_of_errno(errno), directory, 0, "cannot list: %s",
		                   strerror(errno));
	while ((entry = readdir(d))) {
		if (!is_aside(entry->d_name))
			continue;
		snprintf(path, sizeof(path), "%.400s/%.100s", directory, entry->d_name);
		found->damaged++;
		say(state, path,
		    "a damaged segment was kept aside; remove it when it was looked at");
	}
	closedir(d);
	return STATUS_OK;
}

enum status journal_check(const char *directory, journal_finding *say, void *state,
                          struct journal_found *found, struct trouble *t)
{
	char path[JOURNAL_PATH_MAX];
	uint64_t *numbers;
	size_t count;
	enum status st = segment_list(directory, &numbers, &count, t);

	memset(found, 0, sizeof(*found));
	if (st)
		return st;
	for (size_t i = 0; i < count && !st; i++) {
		snprintf(path, sizeof(path), "%.400s/%016llu.batch", directory,
		         (unsigned long long)numbers[i]);
		st = check_segment(path, say, state, found, t);
	}
	free(numbers);
	return st ? st : find_aside(directory, say, state, found, t);
}
