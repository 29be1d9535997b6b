/* SPDX-License-Identifier: Apache-2.0 */
#include "report/safe.h"

#include "base/utf8.h"

#include <assert.h>
#include <string.h>

struct range {
	uint32_t first, last;
};

static bool within(uint32_t point, const struct range *ranges, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (point >= ranges[i].first && point <= ranges[i].last)
			return true;
	}
	return false;
}

bool safe_point(uint32_t point)
{
	/* Controls; soft hyphen; zero widths and directions; separators; fillers; noncharacters;
	 * tags. Unicode Technical Report 36, section 2, and "Trojan Source" (Boucher 2021). */
	static const struct range unsafe[] = {
	        {0x00, 0x1f},     {0x7f, 0x9f},     {0xad, 0xad},       {0x61c, 0x61c},
	        {0x180e, 0x180e}, {0x200b, 0x200f}, {0x2028, 0x202e},   {0x2060, 0x206f},
	        {0x3164, 0x3164}, {0xe000, 0xf8ff}, {0xfeff, 0xfeff},   {0xfff0, 0xfffb},
	        {0xfffe, 0xffff}, {0xffa0, 0xffa0}, {0xe0000, 0x10ffff}};

	return !within(point, unsafe, sizeof(unsafe) / sizeof(unsafe[0]));
}

int safe_point_columns(uint32_t point)
{
	static const struct range wide[] = {
	        {0x1100, 0x115f},   {0x2e80, 0x303e},   {0x3041, 0xa4cf},  {0xac00, 0xd7a3},
	        {0xf900, 0xfaff},   {0xfe30, 0xfe6f},   {0xff00, 0xff60},  {0xffe0, 0xffe6},
	        {0x1f300, 0x1f64f}, {0x1f680, 0x1faff}, {0x20000, 0x3fffd}};
	static const struct range none[] = {{0x300, 0x36f},   {0x483, 0x489},   {0x591, 0x5bd},
	                                    {0x64b, 0x65f},   {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff},
	                                    {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}};

	if (within(point, none, sizeof(none) / sizeof(none[0])))
		return 0;
	return within(point, wide, sizeof(wide) / sizeof(wide[0])) ? 2 : 1;
}

/* One step: the bytes to copy, from the input or the replacement, and their columns. */
struct step {
	const char *bytes;
	size_t taken, length;
	int columns;
};

static struct step step_at(const char *in)
{
	const unsigned char *s = (const unsigned char *)in;
	size_t n = utf8_length(s);
	uint32_t point = n ? utf8_point(s, n) : 0;

	if (!safe_point(point))
		return (struct step){"\xef\xbf\xbd", n ? n : 1, 3, 1};
	return (struct step){in, n, n, safe_point_columns(point)};
}

int safe_columns(const char *text)
{
	int columns = 0;

	while (*text) {
		struct step s = step_at(text);

		columns += s.columns;
		text += s.taken;
	}
	return columns;
}

int safe_text(const char *in, int columns, char *out, size_t size)
{
	size_t used = 0, keep = 0;
	int width = 0, keep_width = 0;

	assert(size >= 4);
	/* keep: how far the copy may stand where an ellipsis has to follow. */
	while (*in) {
		struct step s = step_at(in);

		if (width + s.columns > columns || used + s.length >= size) {
			bool room = keep_width < columns;

			memcpy(out + keep, "\xe2\x80\xa6", 3);
			out[room ? keep + 3 : keep] = '\0';
			return keep_width + room;
		}
		memcpy(out + used, s.bytes, s.length);
		used += s.length;
		width += s.columns;
		in += s.taken;
		if (width < columns && used + 3 < size) {
			keep = used;
			keep_width = width;
		}
	}
	out[used] = '\0';
	return width;
}
