/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/telescope.h"

#include "detect/chance.h"
#include "detect/rules.h"

#include <math.h>

/*
 * Mirai's generator (scanner.c, get_random_ip() of the published source) draws again for:
 * 0, 3, 6, 7, 10, 11, 15, 16, 21, 22, 26, 28, 29, 30, 33, 55, 56, 127, 214, 215 /8, all
 * from 224.0.0.0 on, and in /16s 100.64 to 100.126, 169.255, 172.16 to 172.31, 192.168,
 * 198.18 and 198.19 (two of these miss what their comments say: taken as they run).
 */
static double mirai_space(void)
{
	enum { EIGHTS = 20 + 32, SIXTEENS = 63 + 1 + 16 + 1 + 2 };

	return TELESCOPE_SPACE_V4 - EIGHTS * 0x1p24 - SIXTEENS * 0x1p16;
}

double telescope_space_of(enum tool tool)
{
	return tool == TOOL_MIRAI ? mirai_space() : TELESCOPE_SPACE_V4;
}

/* ln of the chance that one packet misses the telescope. */
static double log_miss(double monitored, double space)
{
	return log1p(-fmin(monitored / space, 1));
}

double telescope_chance(double monitored, double space, double rate, double seconds)
{
	double packets = rate * seconds;

	if (!(monitored > 0))
		return NAN;
	return packets > 0 ? -expm1(packets * log_miss(monitored, space)) : 0;
}

double telescope_seconds_to_see(double monitored, double space, double rate, double probability)
{
	if (!(monitored > 0) || !(rate > 0))
		return INFINITY;
	if (monitored >= space)
		return 0;
	return log1p(-probability) / log_miss(monitored, space) / rate;
}

double telescope_smallest_victim(double monitored)
{
	if (!(monitored > 0))
		return INFINITY;
	return RULE_ATTACK_MINUTE / 60.0 * TELESCOPE_SPACE_V4 / monitored;
}

struct telescope_rate telescope_victim_rate(uint64_t packets, double seconds, double monitored)
{
	struct telescope_rate rate = {NAN, NAN, NAN};
	uint64_t counted = packets ? packets - 1 : 0;
	double scale;

	if (!(monitored > 0))
		return rate;
	scale = TELESCOPE_SPACE_V4 / monitored / fmax(seconds, 1);
	chance_poisson_95(counted, &rate.low, &rate.high);
	rate.estimate = (double)counted * scale;
	rate.low *= scale;
	rate.high *= scale;
	return rate;
}
