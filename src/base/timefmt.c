/* SPDX-License-Identifier: Apache-2.0 */
#include "base/timefmt.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct date {
	int64_t year;
	unsigned month, day;
};

/* Days since 1970 to a proleptic Gregorian date (Hinnant, "chrono-compatible low-level
 * date algorithms", public domain). */
static struct date date_of_days(int64_t days)
{
	int64_t era, year;
	unsigned doe, yoe, doy, mp;

	days += 719468;
	era = days / 146097;
	doe = (unsigned)(days - era * 146097);
	yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	year = (int64_t)yoe + era * 400;
	doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	mp = (5 * doy + 2) / 153;
	return (struct date){
	        .year = mp < 10 ? year : year + 1,
	        .month = mp < 10 ? mp + 3 : mp - 9,
	        .day = doy - (153 * mp + 2) / 5 + 1,
	};
}

static int64_t days_of_date(int64_t year, unsigned month, unsigned day)
{
	int64_t y = month <= 2 ? year - 1 : year, era = y / 400;
	unsigned yoe = (unsigned)(y - era * 400);
	unsigned doy = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

	return era * 146097 + (int64_t)(yoe * 365 + yoe / 4 - yoe / 100 + doy) - 719468;
}

void time_text(uint64_t time_ns, int digits, char out[TIME_TEXT_MAX])
{
	uint64_t seconds = time_ns / NS_PER_SECOND, second = seconds % 86400;
	struct date d = date_of_days((int64_t)(seconds / 86400));
	char fraction[16] = "";

	if (digits > 0) {
		snprintf(fraction, sizeof(fraction), ".%09u", (unsigned)(time_ns % NS_PER_SECOND));
		fraction[digits < 9 ? digits + 1 : 10] = '\0';
	}
	snprintf(out, TIME_TEXT_MAX, "%04d-%02u-%02uT%02u:%02u:%02u%sZ", (int)d.year, d.month % 100,
	         d.day % 100, (unsigned)(second / 3600), (unsigned)(second / 60 % 60),
	         (unsigned)(second % 60), fraction);
}

static unsigned days_in_month(int year, unsigned month)
{
	static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return month == 2 && leap ? 29 : days[month - 1];
}

/* "Z", "+09:00", "-05:30": seconds east of UTC. */
static enum status parse_offset(const char *text, int *offset_s)
{
	unsigned hours, minutes;
	int used = 0;

	*offset_s = 0;
	if ((text[0] == 'Z' || text[0] == 'z') && text[1] == '\0')
		return STATUS_OK;
	if (text[0] != '+' && text[0] != '-')
		return STATUS_FORMAT;
	if (sscanf(text + 1, "%2u:%2u%n", &hours, &minutes, &used) != 2 || used != 5 ||
	    text[6] != '\0' || hours > 23 || minutes > 59)
		return STATUS_FORMAT;
	*offset_s = (int)(hours * 3600 + minutes * 60) * (text[0] == '-' ? -1 : 1);
	return STATUS_OK;
}

static const char *parse_fraction(const char *text, uint64_t *ns)
{
	uint64_t unit = NS_PER_SECOND / 10;

	*ns = 0;
	if (*text != '.')
		return text;
	for (text++; *text >= '0' && *text <= '9'; text++, unit /= 10)
		*ns += (uint64_t)(*text - '0') * unit;
	return text;
}

enum status time_parse(const char *text, uint64_t *time_ns)
{
	unsigned year, month, day, hour, minute, second;
	int used = 0, offset_s;
	uint64_t ns;
	int64_t seconds;
	const char *rest;

	if (strlen(text) > TIME_TEXT_MAX || text[0] < '0' || text[0] > '9' ||
	    sscanf(text, "%4u-%2u-%2u%*1[Tt ]%2u:%2u:%2u%n", &year, &month, &day, &hour, &minute,
	           &second, &used) != 6 ||
	    used != 19)
		return STATUS_FORMAT;
	if (year < 1970 || month < 1 || month > 12 || day < 1 ||
	    day > days_in_month((int)year, month) || hour > 23 || minute > 59 || second > 60)
		return STATUS_FORMAT;
	rest = parse_fraction(text + used, &ns);
	if (parse_offset(rest, &offset_s))
		return STATUS_FORMAT;
	seconds = days_of_date(year, month, day) * 86400 +
	          (int64_t)(hour * 3600 + minute * 60 + second) - offset_s;
	if (seconds < 0 || (uint64_t)seconds > UINT64_MAX / NS_PER_SECOND - 1)
		return STATUS_FORMAT;
	*time_ns = (uint64_t)seconds * NS_PER_SECOND + ns;
	return STATUS_OK;
}

static double unit_seconds(const char *unit)
{
	static const struct {
		const char *name;
		double seconds;
	} units[] = {{"", 1},     {"s", 1},    {"ms", 1e-3}, {"m", 60},
	             {"min", 60}, {"h", 3600}, {"d", 86400}};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(unit, units[i].name) == 0)
			return units[i].seconds;
	}
	return 0;
}

enum status duration_parse(const char *text, uint64_t *duration_ns)
{
	char *unit;
	double value, seconds;

	if (text[0] < '0' || text[0] > '9' || strpbrk(text, "xXpPeE"))
		return STATUS_FORMAT;
	value = strtod(text, &unit);
	seconds = value * unit_seconds(unit);
	if (unit_seconds(unit) == 0 || !(seconds >= 0 && seconds < 1.8e10))
		return STATUS_FORMAT;
	*duration_ns = (uint64_t)llround(seconds * 1e9);
	return STATUS_OK;
}

void duration_text(double seconds, char out[TIME_TEXT_MAX])
{
	if (!(seconds >= 0 && seconds < 1e12))
		snprintf(out, TIME_TEXT_MAX, "never");
	else if (seconds < 1)
		snprintf(out, TIME_TEXT_MAX, "%.0f ms", seconds * 1000);
	else if (seconds < 60)
		snprintf(out, TIME_TEXT_MAX, "%.1f s", seconds);
	else if (seconds < 3600)
		snprintf(out, TIME_TEXT_MAX, "%d min %d s", (int)seconds / 60, (int)seconds % 60);
	else if (seconds < 86400)
		snprintf(out, TIME_TEXT_MAX, "%d h %d min", (int)seconds / 3600,
		         (int)seconds / 60 % 60);
	else
		snprintf(out, TIME_TEXT_MAX, "%.0f d %d h", floor(seconds / 86400),
		         (int)fmod(seconds / 3600, 24));
}
