/* SPDX-License-Identifier: Apache-2.0 */
/* What a stranger hands to the hub at its door: a certificate request (first byte odd) or a
 * certificate. A request that is taken yields a certificate of ours and of the sensor we named. */
#include "base/pki.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static struct pki_authority *authority(void)
{
	static struct pki_authority *a;

	if (!a && pki_authority_make(&a, "fuzz", 1750000000, NULL))
		abort();
	return a;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	struct pki_authority *a = authority();
	char pem[PKI_PEM_MAX];
	struct pki_facts facts;
	uint8_t nobody[SHA256_BYTES] = {0};

	if (n == 0)
		return 0;
	if (bytes[0] & 1) {
		if (pki_issue_sensor(a, (const char *)bytes + 1, n - 1, 7, "seven", 1, 1750000000,
		                     pem, &facts, NULL) == STATUS_OK)
			assert(facts.sensor == 7 && !facts.authority);
		return 0;
	}
	assert(pki_check(a, bytes + 1, n - 1, PKI_USE_SENSOR, 1750000000, &facts, NULL));
	if (pki_chain_find((const char *)bytes + 1, n - 1, nobody, pem, NULL) == STATUS_OK)
		abort();
	return 0;
}
