/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

#include "tap.h"

static void check(const char *text, size_t length, uint32_t point)
{
	const unsigned char *s = (const unsigned char *)text;

	CHECK_U64(utf8_length(s), length);
	if (length)
		CHECK_U64(utf8_point(s, length), point);
}

int main(void)
{
	/* The edges of RFC 3629, section 4. */
	check("", 1, 0);
	check("\x7f", 1, 0x7f);
	check("\xc2\x80", 2, 0x80);
	check("\xdf\xbf", 2, 0x7ff);
	check("\xe0\xa0\x80", 3, 0x800);
	check("\xed\x9f\xbf", 3, 0xd7ff);
	check("\xee\x80\x80", 3, 0xe000);
	check("\xf0\x90\x80\x80", 4, 0x10000);
	check("\xf4\x8f\xbf\xbf", 4, 0x10ffff);
	/* Overlong forms, surrogates, beyond Unicode, lone and cut sequences. */
	check("\xc1\xbf", 0, 0);
	check("\xe0\x9f\xbf", 0, 0);
	check("\xed\xa0\x80", 0, 0);
	check("\xf0\x8f\xbf\xbf", 0, 0);
	check("\xf4\x90\x80\x80", 0, 0);
	check("\xf5\x80\x80\x80", 0, 0);
	check("\x80", 0, 0);
	check("\xe2\x82", 0, 0);
	check("\xf0\x9f\x98", 0, 0);
	return tap_done();
}
