/* SPDX-License-Identifier: Apache-2.0 */
#include "history/text.h"

#include "base/timefmt.h"

#include <string.h>
#include <strings.h>

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static struct text strip(struct text s)
{
	while (s.n && is_space(s.at[0])) {
		s.at++;
		s.n--;
	}
	while (s.n && is_space(s.at[s.n - 1]))
		s.n--;
	return s;
}

struct text text_trim(struct text s)
{
	s = strip(s);
	if (s.n >= 2 && s.at[0] == '"' && s.at[s.n - 1] == '"')
		s = strip((struct text){s.at + 1, s.n - 2});
	return s;
}

bool text_is(struct text s, const char *word)
{
	return s.n == strlen(word) && strncasecmp(s.at, word, s.n) == 0;
}

unsigned text_split(struct text line, const char *separators, struct text *fields)
{
	unsigned count = 0;
	size_t start = 0;
	bool quoted = false;

	for (size_t i = 0; i <= line.n && count < TEXT_FIELDS_MAX; i++) {
		bool end = i == line.n;

		if (!end && line.at[i] == '"')
			quoted = !quoted;
		if (end || (!quoted && line.at[i] && strchr(separators, line.at[i]))) {
			fields[count++] = (struct text){line.at + start, i - start};
			start = i + 1;
		}
	}
	return count;
}

bool text_number(struct text s, uint64_t high, uint64_t *out)
{
	uint64_t value = 0;

	if (s.n == 0 || s.n > 19)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.at[i] < '0' || s.at[i] > '9')
			return false;
		value = value * 10 + (uint64_t)(s.at[i] - '0');
	}
	*out = value;
	return value <= high;
}

/* Seconds or milliseconds since 1970. */
static bool plain_time(struct text s, uint32_t *time_s)
{
	const char *dot = memchr(s.at, '.', s.n);
	struct text whole = {s.at, dot ? (size_t)(dot - s.at) : s.n};
	struct text rest = {dot ? dot + 1 : NULL, dot ? s.n - whole.n - 1 : 0};
	uint64_t value, ignored;

	if (!text_number(whole, UINT64_MAX, &value))
		return false;
	if (dot && rest.n && !text_number(rest, UINT64_MAX, &ignored))
		return false;
	if (whole.n == 13)
		value /= 1000;
	if (value > UINT32_MAX)
		return false;
	*time_s = (uint32_t)value;
	return true;
}

bool text_time(struct text s, uint32_t *time_s)
{
	char copy[TIME_TEXT_MAX + 2];
	size_t n = 0, colons = 0;
	uint64_t ns;

	if (s.n && s.n < 32 && plain_time(s, time_s))
		return true;
	if (s.n < 19 || s.n > TIME_TEXT_MAX || memchr(s.at, '\0', s.n))
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (i > 10 && s.at[i] == ' ')
			continue;
		colons += i < 19 && s.at[i] == ':';
		copy[n++] = i == 10 && s.at[i] == ' ' ? 'T' : s.at[i];
	}
	if (colons != 2)
		return false;
	/* No offset: UTC. */
	if (!memchr(copy + 11, 'Z', n - 11) && !memchr(copy + 11, 'z', n - 11) &&
	    !memchr(copy + 11, '+', n - 11) && !memchr(copy + 11, '-', n - 11))
		copy[n++] = 'Z';
	copy[n] = '\0';
	if (time_parse(copy, &ns) || ns / NS_PER_SECOND > UINT32_MAX)
		return false;
	*time_s = (uint32_t)(ns / NS_PER_SECOND);
	return true;
}

bool text_addr(struct text s, struct addr *out)
{
	char copy[ADDR_TEXT_MAX];
	uint64_t number;

	if (text_number(s, UINT32_MAX, &number)) {
		*out = addr_v4((uint32_t)number);
		return true;
	}
	if (s.n == 0 || s.n >= sizeof(copy) || memchr(s.at, '\0', s.n))
		return false;
	memcpy(copy, s.at, s.n);
	copy[s.n] = '\0';
	return addr_parse(copy, out) == STATUS_OK;
}

bool text_proto(struct text s, uint8_t *out)
{
	static const struct {
		const char *name;
		uint8_t number;
	} names[] = {{"tcp", 6},    {"udp", 17}, {"icmp", 1}, {"icmp6", 58},    {"icmpv6", 58},
	             {"sctp", 132}, {"gre", 47}, {"igmp", 2}, {"ipv6-icmp", 58}};
	uint64_t number;

	if (text_number(s, UINT8_MAX, &number)) {
		*out = (uint8_t)number;
		return true;
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (text_is(s, names[i].name)) {
			*out = names[i].number;
			return true;
		}
	}
	return false;
}
