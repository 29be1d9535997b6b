/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of known scanners: any bytes, in each of the forms. */
#include "enrich/known.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const paths[] = {"a.txt", "b.csv"};
	char warnings[KNOWN_WARNINGS_MAX][KNOWN_WARNING_MAX];
	struct known_list list;
	struct trouble t;
	struct known *k;

	if (size > 1 << 16 || known_new(&k))
		return 0;
	for (size_t i = 0; i < 2; i++) {
		if (known_load_bytes(k, paths[i], (const char *)data, size, 1, &list, &t))
			continue;
		(void)known_list_warnings(&list, paths[i], UINT64_MAX, 1, warnings);
	}
	known_seal(k);
	if (size >= 16) {
		struct addr a;

		memcpy(a.b, data, 16);
		(void)known_find(k, &a);
	}
	known_free(k);
	return 0;
}
