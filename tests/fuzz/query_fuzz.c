/* SPDX-License-Identifier: Apache-2.0 */
/* A query's text: refused with a reason, or printed to a text that is the same query. */
#include "query/query.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct query first, second;
	char text[2 * QUERY_TEXT_MAX], printed[QUERY_TEXT_MAX];
	struct query_error error = {0};
	enum status st;

	if (size >= sizeof(text))
		size = sizeof(text) - 1;
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	if (query_parse(text, &first, &error)) {
		assert(error.text[0] && error.column >= 1 && error.column <= size + 1);
		return 0;
	}
	st = query_print(&first, printed, sizeof(printed));
	assert(!st);
	st = query_parse(printed, &second, NULL);
	assert(!st && memcmp(&first, &second, sizeof(first)) == 0);
	return 0;
}
