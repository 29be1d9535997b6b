/* SPDX-License-Identifier: Apache-2.0 */
#include "model/anonymize.h"

#include "tap.h"

static void check(void (*map)(const void *, const struct addr *, struct addr *), const void *state,
                  const char *in, const char *want)
{
	char text[ADDR_TEXT_MAX];
	struct addr a;

	CHECK(addr_parse(in, &a) == STATUS_OK);
	map(state, &a, &a);
	addr_text(&a, text);
	CHECK_STR(text, want);
}

int main(void)
{
	static const uint8_t key[] = "32-char-str-for-AES-key-and-pad.";
	struct addr_cut cut = {.v4_bits = 20, .v6_bits = 48};
	struct cryptopan *c;

	if (cryptopan_new(&c, key, NULL))
		return 1;
	check(anonymize_cryptopan, c, "192.0.2.1", "192.0.125.244");
	check(anonymize_cryptopan, c, "2001:db8::1", "27fe:8bc7:fee:1e:1e1f:f0fe:f0e1:83fd");
	check(anonymize_cut, &cut, "192.0.34.1", "192.0.32.0");
	check(anonymize_cut, &cut, "2001:db8:1:2::1", "2001:db8:1::");
	cut = (struct addr_cut){0};
	check(anonymize_cut, &cut, "192.0.34.1", "0.0.0.0");
	cryptopan_free(c);
	return tap_done();
}
