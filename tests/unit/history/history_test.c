/* SPDX-License-Identifier: Apache-2.0 */
/* Logs of each format, and lines that nobody should write. */
#include "history/history.h"

#include "tap.h"

#include <stdlib.h>

static const struct history_options plain = {0};

static enum status take(struct history *h, const char *log, const struct history_options *o)
{
	struct trouble t = {0};

	history_init(h, 1 << 20);
	return history_read_bytes(h, "log", log, strlen(log), o, &t);
}

static void check_honeyfarm(void)
{
	struct history h;
	char address[ADDR_TEXT_MAX];
	struct addr a;

	CHECK(take(&h,
	           "datetime,host,src,proto,type,spt,dpt\n"
	           "2013-03-03 21:57:01,b,1032051418,UDP,,5270,5060\r\n"
	           "2013-03-03 21:53:59,a,1032051418,TCP,,6000,1433\n"
	           "2013-03-03 21:58:00,a,1032051419,ICMP,8,,\n",
	           &plain) == STATUS_OK);
	history_seal(&h);
	CHECK_U64(h.count, 3);
	CHECK_U64(h.rows[0].time_s, 1362347639); /* sorted */
	CHECK_U64(h.rows[0].port, 6 << 16 | 1433);
	CHECK_STR(h.sensor_names[h.rows[0].sensor], "a");
	CHECK_U64(h.rows[1].port, 17 << 16 | 5060);
	CHECK_U64(h.rows[2].port, 1 << 16 | 8 << 8);
	CHECK_U64(h.rows[0].source, h.rows[1].source);
	CHECK_U64(h.sources.count, 2);
	a = history_source(&h, h.rows[0].source);
	addr_text(&a, address);
	CHECK_STR(address, "61.131.218.218");
	history_clear(&h);
}

static void check_map(void)
{
	struct history h;
	struct history_options o = {
	        .map = "time=when,source=who,sensor=@office,proto=@tcp,port=#4,count=n,country=cc"};

	CHECK(take(&h, "who;when;n;what;cc\n192.0.2.1;1362347639;5;23;JP\n", &o) == STATUS_OK);
	CHECK_U64(h.count, 1);
	CHECK_U64(h.rows[0].count, 5);
	CHECK_U64(h.rows[0].country, 'J' << 8 | 'P');
	CHECK_STR(h.sensor_names[0], "office");
	history_clear(&h);
	o.map = "time=#2,source=#1,proto=@17,port=#3"; /* numbers alone: no header */
	CHECK(take(&h, "192.0.2.1,1362347639,53\n192.0.2.2,1362347639,53\n", &o) == STATUS_OK);
	CHECK_U64(h.count, 2);
	CHECK_STR(h.sensor_names[0], "log"); /* a log without sensors is one sensor */
	history_clear(&h);
}

static void check_bad_maps(void)
{
	static const struct {
		const char *map;
		enum status want;
	} cases[] = {
	        {"time", STATUS_USAGE},
	        {"when=x", STATUS_USAGE},
	        {"time=", STATUS_USAGE},
	        {"time=a,time=b", STATUS_USAGE},
	        {"time=#0", STATUS_USAGE},
	        {"time=#999", STATUS_USAGE},
	        {"time=#1,port=#2", STATUS_USAGE},
	        {"time=nowhere", STATUS_FORMAT},
	};
	struct history h;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct history_options o = {.map = cases[i].map};

		CHECK(take(&h, "time,src,proto,port\n1,192.0.2.1,6,1\n", &o) == cases[i].want);
		history_clear(&h);
	}
	CHECK(take(&h, "a,b,c\n1,2,3\n", &plain) == STATUS_FORMAT);
	history_clear(&h);
	CHECK(take(&h, "", &plain) == STATUS_FORMAT);
	history_clear(&h);
}

static void check_others(void)
{
	struct history h;

	CHECK(take(&h,
	           "# CORSARO_INTERVAL_START 0 1362347639\n"
	           "192.0.2.1|198.51.100.7|4000|23|6|64|0x02|40,3\n"
	           "192.0.2.1|198.51.100.8|8|0|1|64|0x00|28,1\n"
	           "# CORSARO_INTERVAL_END 0 1362347698\n"
	           "# CORSARO_INTERVAL_START 1 1362347699\n"
	           "192.0.2.2|198.51.100.8|9|445|6|64|0x02|40,1\n",
	           &plain) == STATUS_OK);
	CHECK_U64(h.count, 3);
	CHECK_U64(h.comments, 3);
	CHECK_U64(h.rows[0].time_s, 1362347639);
	CHECK_U64(h.rows[0].count, 3);
	CHECK_U64(h.rows[1].port, 1 << 16 | 8 << 8);
	CHECK_U64(h.rows[2].time_s, 1362347699);
	history_clear(&h);
	CHECK(take(&h, "1362347639,3221225985,3325256704,23,6,9,9,1,1\n", &plain) == STATUS_OK);
	CHECK_U64(h.rows[0].port, 6 << 16 | 23);
	CHECK_U64(h.rows[0].count, 9);
	CHECK_STR(h.sensor_names[0], "telescope");
	history_clear(&h);
	CHECK(take(&h,
	           "2013-03-03 21:53:59 +00:00\t77\t2\t192.0.2.1\t6000\t198.51.100.1\t1433\t6\tS\n"
	           "2013-03-03 21:54:00 +00:00\t77\t1\t192.0.2.1\t8\t198.51.100.1\t0\t1\t\n",
	           &plain) == STATUS_OK);
	CHECK_U64(h.count, 2);
	CHECK_U64(h.rows[0].count, 2);
	CHECK_U64(h.rows[0].port, 6 << 16 | 1433);
	CHECK_U64(h.rows[1].port, 1 << 16 | 8 << 8);
	CHECK_STR(h.sensor_names[0], "77");
	history_clear(&h);
}

/* Each bad line is counted under its reason, and the good one is kept. */
static void check_hostile(void)
{
	static const struct {
		const char *line;
		enum history_reject why;
	} cases[] = {
	        {"1,192.0.2.1,6", REJECT_SHORT},
	        {"x,192.0.2.1,6,1,s,1", REJECT_TIME},
	        {"1,192.0.2,6,1,s,1", REJECT_SOURCE},
	        {"1,192.0.2.1,what,1,s,1", REJECT_PROTO},
	        {"1,192.0.2.1,6,65536,s,1", REJECT_PORT},
	        {"1,192.0.2.1,6,,s,1", REJECT_PORT},
	        {"1,192.0.2.1,6,1,s,0", REJECT_COUNT},
	        {"1,192.0.2.1,6,1,s,1000000001", REJECT_COUNT},
	        {"1,192.0.2.1,6,1,s,-1", REJECT_COUNT},
	        {"1,192.0.2.1,6,1,"
	         "0123456789012345678901234567890123456789012345678901234567890123,1",
	         REJECT_SENSOR},
	};
	char log[1000];
	struct history h;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(log, sizeof(log),
		         "time,src,proto,port,sensor,count\n%s\n1,192.0.2.1,6,1,s,1\n",
		         cases[i].line);
		CHECK(take(&h, log, &plain) == STATUS_OK);
		CHECK_U64(h.rejected[cases[i].why], 1);
		CHECK_U64(h.first_rejected[cases[i].why], 2);
		CHECK_U64(h.count, 1);
		history_clear(&h);
	}
}

static void check_bytes_and_length(void)
{
	static const char head[] = "time,src,proto,port\n1,192.0.2.1,6,1\n";
	size_t size = sizeof(head) - 1, all = size + HISTORY_LINE_MAX + 100;
	char *log = malloc(all);
	struct history h;
	struct trouble t;

	memcpy(log, head, size);
	memset(log + size, 'a', all - size);
	log[all - 20] = '\n'; /* a line that is too long, then one with NUL */
	log[all - 1] = '\0';
	history_init(&h, 1 << 20);
	CHECK(history_read_bytes(&h, "log", log, all, &plain, &t) == STATUS_OK);
	CHECK_U64(h.rejected[REJECT_LONG], 1);
	CHECK_U64(h.first_rejected[REJECT_LONG], 3);
	CHECK_U64(h.rejected[REJECT_BYTES], 1);
	CHECK_U64(h.lines, 4);
	history_clear(&h);
	free(log);
}

/* Sensors and memory have bounds. */
static void check_bounds(void)
{
	enum { ROWS = 3000 };
	char *log = malloc(ROWS * 64 + 64);
	size_t n = (size_t)snprintf(log, 64, "time,src,proto,port,sensor\n");
	struct history h;
	struct trouble t;

	for (int i = 0; i < ROWS; i++)
		n += (size_t)snprintf(log + n, 64, "%d,10.0.%d.%d,6,1,s%d\n", i, i / 250, i % 250,
		                      i);
	history_init(&h, 1 << 20);
	CHECK(history_read_bytes(&h, "log", log, n, &plain, &t) == STATUS_OK);
	CHECK_U64(h.sensors.count, HISTORY_SENSORS_MAX);
	CHECK_U64(h.rejected[REJECT_SENSOR], ROWS - HISTORY_SENSORS_MAX);
	CHECK(!h.cut);
	history_clear(&h);
	history_init(&h, 10 * (HISTORY_ROW_BYTES + HISTORY_SOURCE_BYTES));
	CHECK(history_read_bytes(&h, "log", log, n, &plain, &t) == STATUS_OK);
	CHECK_U64(h.count, 10);
	CHECK(h.cut);
	history_clear(&h);
	free(log);
}

int main(void)
{
	check_honeyfarm();
	check_map();
	check_bad_maps();
	check_others();
	check_hostile();
	check_bytes_and_length();
	check_bounds();
	return tap_done();
}
