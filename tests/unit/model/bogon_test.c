/* SPDX-License-Identifier: Apache-2.0 */
#include "model/bogon.h"

#include "tap.h"

static void test_space(void)
{
	static const struct {
		const char *address;
		bool bogon, private;
	} rows[] = {
	        {"0.1.2.3", true, false},
	        {"10.0.0.0", true, true},
	        {"9.255.255.255", false, false},
	        {"11.0.0.0", false, false},
	        {"100.63.255.255", false, false},
	        {"100.64.0.0", true, true},
	        {"100.128.0.0", false, false},
	        {"127.0.0.1", true, false},
	        {"169.254.9.9", true, true},
	        {"172.15.255.255", false, false},
	        {"172.31.255.255", true, true},
	        {"192.0.1.0", false, false},
	        {"192.0.2.255", true, false},
	        {"192.168.0.1", true, true},
	        {"198.17.255.255", false, false},
	        {"198.19.0.1", true, false},
	        {"203.0.113.9", true, false},
	        {"223.255.255.255", false, false},
	        {"224.0.0.1", true, false},
	        {"255.255.255.255", true, false},
	        {"::", true, false},
	        {"::1", true, false},
	        {"2001:db8::1", true, false},
	        {"2001:db9::1", false, false},
	        {"2001:10::1", true, false},
	        {"2a00::1", false, false},
	        {"64:ff9b::808:808", false, false},
	        {"100::1", true, false},
	        {"fd00::1", true, true},
	        {"fe80::1", true, true},
	        {"ff02::1", true, false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct addr a;

		CHECK(addr_parse(rows[i].address, &a) == STATUS_OK);
		if (!CHECK(bogon_is(&a) == rows[i].bogon) ||
		    !CHECK(bogon_is_private(&a) == rows[i].private))
			printf("# %s\n", rows[i].address);
	}
}

/* The quick look at the first byte leaves nothing out. */
static void test_first_bytes(void)
{
	static const uint8_t bytes[] = {0, 10, 100, 127, 169, 172, 192, 198, 203};
	unsigned found = 0;

	for (uint32_t first = 0; first < 224; first++) {
		bool any = false, listed = false;

		for (uint32_t rest = 0; rest < 1 << 16; rest++)
			any |= bogon_is_v4(first << 24 | rest << 8);
		for (size_t i = 0; i < sizeof(bytes); i++)
			listed |= bytes[i] == first;
		found += any == listed;
	}
	CHECK_U64(found, 224);
}

int main(void)
{
	test_space();
	test_first_bytes();
	return tap_done();
}
