/* SPDX-License-Identifier: Apache-2.0 */
#include "enrich/geo.h"

#include "base/timefmt.h"
#include "base/utf8.h"

#include <errno.h>
#include <maxminddb.h>
#include <netinet/in.h>
#include <stdlib.h>

struct geo {
	MMDB_s file;
};

static enum status status_of_mmdb(int error)
{
	switch (error) {
	case MMDB_FILE_OPEN_ERROR:
		return status_of_errno(errno);
	case MMDB_IO_ERROR:
		return STATUS_IO;
	case MMDB_OUT_OF_MEMORY_ERROR:
		return STATUS_NO_MEMORY;
	default:
		return STATUS_FORMAT;
	}
}

enum status geo_open(struct geo **out, const char *path, struct trouble *t)
{
	struct geo *g = calloc(1, sizeof(*g));
	enum status st;
	int error;

	*out = NULL;
	if (!g)
		return trouble_set(t, STATUS_NO_MEMORY, path, 0, "out of memory");
	errno = 0;
	error = MMDB_open(path, MMDB_MODE_MMAP, &g->file);
	if (error != MMDB_SUCCESS) {
		st = status_of_mmdb(error);
		free(g);
		return trouble_set(t, st, path, 0, "not a usable MaxMind-format file: %s",
		                   MMDB_strerror(error));
	}
	*out = g;
	return STATUS_OK;
}

void geo_free(struct geo *g)
{
	if (!g)
		return;
	MMDB_close(&g->file);
	free(g);
}

uint64_t geo_built_ns(const struct geo *g)
{
	uint64_t seconds = g->file.metadata.build_epoch;

	return seconds < UINT64_MAX / NS_PER_SECOND ? seconds * NS_PER_SECOND : 0;
}

/* The address's entry in the file; false where there is none, or it is damaged. */
static bool find(const struct geo *g, const struct addr *a, MMDB_entry_s *entry)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
	const struct sockaddr *at = addr_is_v4(a) ? (const void *)&v4 : (const void *)&v6;
	MMDB_lookup_result_s found;
	int error = 0;

	memcpy(&v4.sin_addr, a->b + 12, 4);
	memcpy(&v6.sin6_addr, a->b, 16);
	found = MMDB_lookup_sockaddr(&g->file, at, &error);
	*entry = found.entry;
	return error == MMDB_SUCCESS && found.found_entry;
}

static bool get(MMDB_entry_s *entry, const char *const *path, uint32_t type,
                MMDB_entry_data_s *data)
{
	return MMDB_aget_value(entry, data, path) == MMDB_SUCCESS && data->has_data &&
	       data->type == type;
}

static bool is_letter(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool geo_country(const struct geo *g, const struct addr *a, char country[GEO_COUNTRY_MAX])
{
	static const char *const paths[][3] = {{"country", "iso_code", NULL},
	                                       {"registered_country", "iso_code", NULL},
	                                       {"country_code", NULL, NULL},
	                                       {"country", NULL, NULL}};
	MMDB_entry_s entry;
	MMDB_entry_data_s data;

	country[0] = '\0';
	if (!find(g, a, &entry))
		return false;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		if (!get(&entry, paths[i], MMDB_DATA_TYPE_UTF8_STRING, &data) ||
		    data.data_size != 2 || !is_letter(data.utf8_string[0]) ||
		    !is_letter(data.utf8_string[1]))
			continue;
		country[0] = (char)(data.utf8_string[0] & ~0x20);
		country[1] = (char)(data.utf8_string[1] & ~0x20);
		country[2] = '\0';
		return true;
	}
	return false;
}

/* Whole characters as far as they fit; a byte that is none becomes '?'. */
static void copy_name(char name[GEO_NAME_MAX], const MMDB_entry_data_s *data)
{
	unsigned char text[4 * GEO_NAME_MAX];
	size_t n = data->data_size < sizeof(text) ? data->data_size : sizeof(text) - 1;
	size_t used = 0, length;

	memcpy(text, data->utf8_string, n);
	text[n] = '\0';
	for (const unsigned char *s = text; *s; s += length) {
		length = utf8_length(s);
		if (used + (length ? length : 1) >= GEO_NAME_MAX)
			break;
		if (length)
			memcpy(name + used, s, length);
		else
			name[used] = '?';
		length = length ? length : 1;
		used += length;
	}
	name[used] = '\0';
}

/* "AS64500" or "64500". */
static bool parse_asn(const MMDB_entry_data_s *data, uint32_t *asn)
{
	const char *s = data->utf8_string;
	uint32_t n = data->data_size, at = n > 2 && s[0] == 'A' && s[1] == 'S' ? 2 : 0;
	uint64_t value = 0;

	if (at == n || n - at > 10)
		return false;
	for (; at < n; at++) {
		if (s[at] < '0' || s[at] > '9')
			return false;
		value = value * 10 + (uint64_t)(s[at] - '0');
	}
	*asn = (uint32_t)value;
	return value > 0 && value <= UINT32_MAX;
}

static bool get_asn(MMDB_entry_s *entry, uint32_t *asn)
{
	static const char *const number[] = {"autonomous_system_number", NULL};
	static const char *const text[] = {"asn", NULL};
	MMDB_entry_data_s data;

	if (get(entry, number, MMDB_DATA_TYPE_UINT32, &data)) {
		*asn = data.uint32;
		return *asn != 0;
	}
	return get(entry, text, MMDB_DATA_TYPE_UTF8_STRING, &data) && parse_asn(&data, asn);
}

bool geo_network(const struct geo *g, const struct addr *a, uint32_t *asn, char name[GEO_NAME_MAX])
{
	static const char *const names[][2] = {{"autonomous_system_organization", NULL},
	                                       {"as_name", NULL}};
	MMDB_entry_data_s data;
	MMDB_entry_s entry;

	*asn = 0;
	name[0] = '\0';
	if (!find(g, a, &entry) || !get_asn(&entry, asn)) {
		*asn = 0;
		return false;
	}
	for (size_t i = 0; i < 2 && !name[0]; i++) {
		if (get(&entry, names[i], MMDB_DATA_TYPE_UTF8_STRING, &data))
			copy_name(name, &data);
	}
	return true;
}
