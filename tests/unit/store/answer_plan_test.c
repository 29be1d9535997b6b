/* SPDX-License-Identifier: Apache-2.0 */
/* Which tables are read for what, that the pieces cover a period once, and who is in scope. */
#include "store/answer_select.h"
#include "tap.h"

#include <stdlib.h>

enum { DAY = 1440, NOW_MINUTE = 20454 * 1440 + 700 };

static const struct roster_sensor sensors[] = {
        {1, 1, "a1", 0, 0, false}, {2, 1, "a2", 0, 0, false}, {3, 2, "b1", 0, 0, false},
        {4, 2, "b2", 0, 0, false}, {5, 3, "c1", 0, 0, false}, {6, 4, "d1", 0, 0, false},
        {7, 2, "b3", 0, 0, true},  {8, 5, "e1", 0, 0, false}};
static const struct roster_member members[] = {{1, "a", {true, 1, 1}},
                                               {2, "b", {true, 2, 3}},
                                               {3, "c", {true, 3, 2}},
                                               {4, "d", {false, 1, 1}},
                                               {5, "e", {true, 90, 1}}};
static const struct roster roster = {sensors, 8, members, 5};
static const uint32_t own[] = {1, 2};
static const struct viewer all = {.role = ROLE_ANALYST};
static const struct viewer member = {
        .role = ROLE_MEMBER, .member = 1, .sensors = own, .sensor_count = 2};

static struct query query;

static void make(struct answer_scope *s, struct answer_request *rq, const struct viewer *v,
                 const char *text)
{
	CHECK(query_parse(text, &query, NULL) == STATUS_OK);
	*rq = (struct answer_request){.query = &query,
	                              .viewer = v,
	                              .roster = &roster,
	                              .now_s = (uint64_t)NOW_MINUTE * 60,
	                              .keep = rq->keep};
	CHECK(answer_scope_make(s, rq, true) == STATUS_OK);
}

/* "table from+length ..." by time, without what is live. */
static void plan_text(const struct answer_scope *s, struct plan_wish wish, char out[1000])
{
	struct answer_plan plan;
	uint32_t at;
	size_t used = 0;

	answer_plan_make(&plan, s, &wish);
	out[0] = '\0';
	for (at = plan.from; at < plan.to;) {
		const struct plan_piece *next = NULL;

		for (size_t i = 0; i < plan.count; i++) {
			if (plan.pieces[i].from == at && !plan.pieces[i].live)
				next = &plan.pieces[i];
		}
		if (!CHECK(next && next->to > at))
			return;
		CHECK(next->from % next->minutes == 0 && next->to % next->minutes == 0);
		used += (size_t)snprintf(out + used, 1000 - used, "%s%s%s+%u", used ? " " : "",
		                         next->own_only ? "own:" : "", next->table,
		                         next->to - next->from);
		at = next->to;
	}
	CHECK_U64(at, plan.to);
}

static void test_tables(void)
{
	struct answer_request rq = {0};
	struct answer_scope s;
	struct plan_wish wish = {.from = 100 * DAY - 70, .to = 102 * DAY + 125};
	char text[1000];

	make(&s, &rq, &all, "count packets");
	wish.keys = 1u << KEY_PORT;
	plan_text(&s, wish, text);
	CHECK_STR(text, "port_minute+10 port_hour+60 port_day+2880 port_hour+120 port_minute+5");
	wish.width = 120;
	plan_text(&s, wish, text);
	CHECK_STR(text, "port_minute+10 port_hour+3060 port_minute+5");
	wish.width = 90;
	plan_text(&s, wish, text);
	CHECK_STR(text, "port_minute+3075");
	wish.width = 0;
	wish.keys = 1u << KEY_ASN;
	plan_text(&s, wish, text);
	CHECK_STR(text, "flows+10 place_hour+60 place_day+2880 place_hour+120 flows+5");
	wish.keys = 1u << KEY_ASN | 1u << KEY_PORT;
	plan_text(&s, wish, text);
	CHECK_STR(text, "flows+3075");
	wish.keys = 1u << KEY_PROTO;
	wish.raw = true;
	plan_text(&s, wish, text);
	CHECK_STR(text, "flows+3075");
	answer_scope_clear(&s);
}

/* Minutes are kept for 10 days, hours for 100, days for ever. */
static void test_kept(void)
{
	struct answer_request rq = {.keep = {.minutes = 10, .hours = 100, .rows = 5}};
	struct answer_scope s;
	struct plan_wish wish = {.keys = 1u << KEY_PORT};
	uint32_t today = NOW_MINUTE / DAY * DAY;
	char text[1000];

	make(&s, &rq, &all, "count packets");
	wish.from = today - 50 * DAY + 61;
	wish.to = today - 49 * DAY + 1;
	plan_text(&s, wish, text);
	CHECK_STR(text, "port_hour+1440");
	wish.from = today - 200 * DAY + 1;
	wish.to = today - 199 * DAY + 1;
	plan_text(&s, wish, text);
	CHECK_STR(text, "port_day+2880");
	wish.to = today + 61;
	plan_text(&s, wish, text);
	CHECK_STR(text, "port_day+288000 port_hour+60 port_minute+1");
	answer_scope_clear(&s);
}

/* The others' part lies within whole grains. */
static void test_grain(void)
{
	struct viewer v = member;
	struct answer_request rq = {0};
	struct answer_scope s;
	struct plan_wish wish = {.from = 100 * DAY + 7, .to = 100 * DAY + 65, .width = 1};
	char text[1000];

	v.others.grain_minutes = 10;
	wish.keys = 1u << KEY_PORT;
	make(&s, &rq, &v, "count packets");
	plan_text(&s, wish, text);
	CHECK_STR(text, "own:port_minute+3 port_minute+50 own:port_minute+5");
	wish.to = 100 * DAY + 9;
	plan_text(&s, wish, text);
	CHECK_STR(text, "own:port_minute+2");
	answer_scope_clear(&s);
}

static void list_text(const struct sensor_list *l, char out[100])
{
	size_t used = 0;

	out[0] = '\0';
	for (size_t i = 0; i < l->count; i++)
		used += (size_t)snprintf(out + used, 100 - used, "%u ", l->numbers[i]);
}

static void check_scope(const struct viewer *v, const char *query_text, const char *want_own,
                        const char *want_others, const char *want_watched)
{
	struct answer_request rq = {0};
	struct answer_scope s;
	char text[100];

	make(&s, &rq, v, query_text);
	list_text(&s.own, text);
	CHECK_STR(text, want_own);
	list_text(&s.others, text);
	CHECK_STR(text, want_others);
	list_text(&s.watched, text);
	CHECK_STR(text, want_watched);
	answer_scope_clear(&s);
}

static void test_scope(void)
{
	struct viewer v = member;
	const struct viewer sensor = {.role = ROLE_SENSOR}, reader = {.role = ROLE_READER};

	check_scope(&all, "count packets", "", "", "1 2 3 4 5 6 8 ");
	check_scope(&all, "count packets where not member = b", "", "", "1 2 5 6 8 ");
	check_scope(&all, "count packets where sensor = #5 or port = 1", "", "", "1 2 3 4 5 6 8 ");
	check_scope(&member, "count packets", "1 2 ", "3 4 5 ", "1 2 3 4 5 ");
	check_scope(&member, "count packets by sensor", "1 2 ", "", "1 2 ");
	check_scope(&member, "count packets where sensor = b1", "1 2 ", "", "");
	check_scope(&member, "count packets where sensor = nobody", "1 2 ", "", "");
	check_scope(&member, "count packets where sensor != b1", "1 2 ", "", "1 2 ");
	check_scope(&reader, "count packets", "", "1 2 3 4 5 ", "1 2 3 4 5 ");
	check_scope(&sensor, "count packets", "", "", "");
	v.others.min_sensors = 4; /* more than there are */
	check_scope(&v, "count packets", "1 2 ", "", "1 2 ");
	v.others.min_sensors = 0;
	v.others.sensors_named = true;
	check_scope(&v, "count packets by sensor", "1 2 ", "3 4 5 ", "1 2 3 4 5 ");
}

static void test_minimum(void)
{
	struct answer_request rq = {0};
	struct answer_scope s;
	struct viewer v = member;

	make(&s, &rq, &member, "count packets");
	CHECK(s.min_sensors == 3 && s.min_sources == 3);
	answer_scope_clear(&s);
	v.others.min_sources = 9;
	make(&s, &rq, &v, "count packets");
	CHECK(s.min_sensors == 3 && s.min_sources == 9);
	answer_scope_clear(&s);
}

/* The states are merged by the function that made them. */
static void test_function(void)
{
	struct answer_request rq = {0};
	struct answer_scope s;
	struct answer_plan plan;
	struct plan_wish wish = {.from = 0, .to = DAY, .keys = 1u << KEY_PORT};
	struct answer_select q = {.scope = &s, .plan = &plan, .wanted = {[SUM_SOURCES] = true}};
	struct sql sql = {0};
	char merge[] = OBSERVATIONS_SOURCES_MERGE;

	make(&s, &rq, &all, "count sources");
	answer_plan_make(&plan, &s, &wish);
	answer_select_write(&sql, &q);
	merge[strcspn(merge, "(") + 1] = '\0';
	CHECK(sql_check(&sql, NULL) == STATUS_OK && strstr(sql.text, merge) != NULL);
	sql_clear(&sql);
	answer_scope_clear(&s);
}

int main(void)
{
	test_tables();
	test_kept();
	test_grain();
	test_scope();
	test_minimum();
	test_function();
	return tap_done();
}
