/* SPDX-License-Identifier: Apache-2.0 */
/* A request's target from outside: refused, or taken apart into clean texts that find a route. */
#include "base/utf8.h"
#include "serve/route.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static const struct route table[] = {
        {.path = "/api/v1/query",
         .parameters = {{.name = "q", .low = 1, .high = 4095},
                        {.name = "n", .type = PARAMETER_COUNT, .low = 1, .high = 1000}}},
        {.path = "/api/v1/sensors/{number}"},
        {.path = "/api/v1/source/{address}"},
        {0},
};

static void check_text(const char *text)
{
	for (const unsigned char *s = (const unsigned char *)text; *s;) {
		size_t n = utf8_length(s);

		assert(n > 0 && *s >= 0x20 && *s != 0x7f);
		s += n;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct target t;
	const struct route *r;
	const char *word = NULL;
	char *raw = malloc(size + 1), allow[64], wrong[256];
	uint32_t number = 0;

	if (!raw)
		return 0;
	memcpy(raw, data, size);
	raw[size] = '\0';
	if (!target_parse(&t, raw)) {
		for (size_t i = 0; i < t.segment_count; i++)
			check_text(t.segments[i]);
		for (size_t i = 0; i < t.argument_count; i++) {
			check_text(t.arguments[i].name);
			check_text(t.arguments[i].value);
			assert(target_find(&t, t.arguments[i].name) == t.arguments[i].value);
		}
		if (route_find(table, "GET", &t, &r, &number, &word, allow) == ROUTE_FOUND)
			(void)route_check(r, &t, wrong, sizeof(wrong));
	}
	free(raw);
	return 0;
}
