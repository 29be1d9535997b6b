/* SPDX-License-Identifier: Apache-2.0 */
#include "enrich/known_name.h"

#include "base/timefmt.h"
#include "base/utf8.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

void known_name_copy(char out[KNOWN_NAME_MAX], const char *text, size_t n)
{
	unsigned char whole[4 * KNOWN_NAME_MAX];
	size_t used = 0, length;

	while (n > 0 && (*text == ' ' || *text == '\t')) {
		text++;
		n--;
	}
	n = n < sizeof(whole) ? n : sizeof(whole) - 1;
	memcpy(whole, text, n);
	whole[n] = '\0';
	for (const unsigned char *s = whole; *s; s += length ? length : 1) {
		length = utf8_length(s);
		if (length == 0 || *s < 0x20 || *s == 0x7f)
			continue;
		if (used + length >= KNOWN_NAME_MAX)
			break;
		memcpy(out + used, s, length);
		used += length;
	}
	while (used > 0 && out[used - 1] == ' ')
		used--;
	out[used] = '\0';
}

static size_t cut_ending(const char *text, size_t n, const char *ending)
{
	size_t m = strlen(ending);

	return n > m && strncasecmp(text + n - m, ending, m) == 0 ? n - m : n;
}

void known_name_of_path(const char *path, char out[KNOWN_NAME_MAX])
{
	static const char *const endings[] = {
	        ".txt", ".csv", ".json",     ".list",     ".lst",     "_v4", "_v6",
	        "-v4",  "-v6",  "-scanning", "-scanners", "-scanner", "-nt"};
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	size_t n;

	if (strncasecmp(name, "misp-", 5) == 0 && name[5])
		name += 5;
	n = strlen(name);
	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
		n = cut_ending(name, n, endings[i]);
	known_name_copy(out, name, n);
}

void known_name_of_title(const char *title, char out[KNOWN_NAME_MAX])
{
	static const char lead[] = "List of published IP address ranges for ";
	static const char *const tails[] = {" IP Ranges", " IP-Ranges", " IP address"};
	size_t n;

	if (strncasecmp(title, lead, sizeof(lead) - 1) == 0) {
		title += sizeof(lead) - 1;
		n = cut_ending(title, strlen(title), " scanners");
		known_name_copy(out, title, cut_ending(title, n, " scanner"));
		return;
	}
	n = strlen(title);
	for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
		const char *tail = strcasestr(title, tails[i]);

		if (tail && tail > title && (size_t)(tail - title) < n)
			n = (size_t)(tail - title);
	}
	known_name_copy(out, title, n);
}

static bool date_of(unsigned year, unsigned month, unsigned day, unsigned hour, uint64_t *date_ns)
{
	char text[TIME_TEXT_MAX];

	snprintf(text, sizeof(text), "%04u-%02u-%02uT%02u:00:00Z", year % 10000, month % 100,
	         day % 100, hour % 100);
	return year >= 2000 && time_parse(text, date_ns) == STATUS_OK;
}

bool known_date_of_version(uint64_t version, uint64_t *date_ns)
{
	unsigned v = (unsigned)version;

	if (version < 10000000 || version > 99999999)
		return false;
	if (v / 1000000 == 20 && date_of(v / 10000, v / 100 % 100, v % 100, 0, date_ns))
		return true;
	return date_of(2000 + v / 1000000, v / 10000 % 100, v / 100 % 100, v % 100, date_ns);
}
