/* SPDX-License-Identifier: Apache-2.0 */
#include "model/anonymize.h"

void anonymize_cryptopan(const void *state, const struct addr *in, struct addr *out)
{
	/* The hook promises not to change what the mapping means; the cipher's scratch space
	 * inside the object is not part of that. */
	struct cryptopan *c = (struct cryptopan *)(uintptr_t)state;

	if (addr_is_v4(in)) {
		*out = *in;
		cryptopan_v4(c, in->b + 12, out->b + 12);
	} else {
		cryptopan_v6(c, in->b, out->b);
	}
}

void anonymize_cut(const void *state, const struct addr *in, struct addr *out)
{
	const struct addr_cut *cut = state;

	*out = prefix_of(in, addr_is_v4(in) ? 96u + cut->v4_bits : cut->v6_bits).base;
}
