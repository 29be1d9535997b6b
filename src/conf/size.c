/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/size.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char unit_names[] = "KMGT";

enum status size_parse(const char *text, bool units, uint64_t *value)
{
	char *end;
	const char *unit;

	if (text[0] < '0' || text[0] > '9')
		return STATUS_FORMAT;
	errno = 0;
	*value = strtoull(text, &end, 10);
	if (errno)
		return STATUS_FORMAT;
	if (*end == '\0')
		return STATUS_OK;
	unit = strchr(unit_names, *end);
	if (!units || !unit || (end[1] && strcmp(end + 1, "iB") != 0))
		return STATUS_FORMAT;
	if (*value >> (64 - 10 * (unit - unit_names + 1)))
		return STATUS_FORMAT;
	*value <<= 10 * (unit - unit_names + 1);
	return STATUS_OK;
}

void size_print(uint64_t value, char *out, size_t size)
{
	unsigned unit = 0;

	while (unit < sizeof(unit_names) - 1 && value && value % 1024 == 0) {
		value /= 1024;
		unit++;
	}
	snprintf(out, size, "%llu%.*s", (unsigned long long)value, unit ? 1 : 0,
	         unit ? &unit_names[unit - 1] : "");
}
