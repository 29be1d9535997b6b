/* SPDX-License-Identifier: Apache-2.0 */
#include "model/analysis.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { WARNINGS_MAX = 100 };

void analysis_clear(struct analysis *a)
{
	for (size_t i = 0; i < a->file_count; i++)
		free(a->files[i].path);
	for (size_t i = 0; i < a->warning_count; i++)
		free(a->warnings[i]);
	free(a->files);
	free(a->warnings);
	prefix_set_clear(&a->telescope);
	free(a->ports);
	free(a->fresh);
	free(a->sources);
	free(a->attacks);
	free(a->series);
	*a = (struct analysis){0};
}

enum status analysis_warn(struct analysis *a, const char *fmt, ...)
{
	char *text = NULL, **grown;
	va_list args;

	if (a->warning_count == WARNINGS_MAX)
		return STATUS_OK;
	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		text = NULL;
	va_end(args);
	if (!text)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < a->warning_count; i++) {
		if (strcmp(a->warnings[i], text) == 0) {
			free(text);
			return STATUS_OK;
		}
	}
	grown = reallocarray(a->warnings, a->warning_count + 1, sizeof(*grown));
	if (!grown) {
		free(text);
		return STATUS_NO_MEMORY;
	}
	a->warnings = grown;
	a->warnings[a->warning_count++] = text;
	return STATUS_OK;
}

const char *attack_state_name(enum attack_state state)
{
	static const char *const names[] = {"provisional", "confirmed", "withdrawn", "closed"};

	assert((unsigned)state < sizeof(names) / sizeof(names[0]));
	return names[state];
}

const char *series_name(enum series s)
{
	static const char *const names[] = {"tcp scan", "udp scan", "icmp scan", "backscatter",
	                                    "other"};

	assert((unsigned)s < SERIES_COUNT);
	return names[s];
}
