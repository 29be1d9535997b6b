/* SPDX-License-Identifier: Apache-2.0 */
/* One answer in every form, and the JSON document played back into the same text. */
#include "report/answer_out.h"
#include "tap.h"

#include <stdlib.h>
#include <unistd.h>

enum { TEXT_MAX = 1 << 16 };

static const struct answer_column series_columns[] = {{"time", ANSWER_TIME},
                                                      {"kind", ANSWER_TEXT},
                                                      {"packets", ANSWER_COUNT},
                                                      {"complete", ANSWER_REAL}};
static const struct answer_column top_columns[] = {{"port", ANSWER_TEXT},
                                                   {"packets", ANSWER_COUNT},
                                                   {"before", ANSWER_COUNT},
                                                   {"change", ANSWER_CHANGE}};

static const struct answer_head head = {.query = "series packets by kind last 4m every 1m",
                                        .from_s = 1767225600,
                                        .to_s = 1767225840,
                                        .width_s = 60,
                                        .dimension_count = 1};

static const struct answer_tail tail = {
        .complete = {.expected = 8,
                     .present = 7,
                     .packets = 12345,
                     .dropped = 5,
                     .sensors = 2,
                     .address_hours = 8.5,
                     .gap_count = 1,
                     .listed = 1,
                     .gaps = {{7, "tokyo-1", 1767225660, 1767225720}}},
        .read = {.tables = {"total_minute"}, .table_count = 1, .seconds = 0.25},
        .distinct_asked = true,
        .distinct_error = 0.01,
        .cut = true,
        .note_count = 1,
        .notes = {"a \033[31mred note"}};

/* Two groups in four buckets; the third bucket is a gap. */
static enum status give_series(const struct answer_sink *s)
{
	static const uint64_t values[4][2] = {{1, 0}, {1000, 7}, {0, 0}, {500, 0}};
	struct answer_table table = {"series", series_columns, 4};
	enum status st = s->begin(s->state, &head);

	if (!st)
		st = s->table(s->state, &table);
	for (unsigned i = 0; i < 8 && !st; i++) {
		struct answer_cell cells[4] = {{.number = 1767225600 + i / 2 * 60},
		                               {.text = i % 2 ? "stealth" : "scan"},
		                               {.number = values[i / 2][i % 2], .null = i / 2 == 2},
		                               {.real = i / 2 == 2 ? 0 : 1}};

		st = s->row(s->state, cells);
	}
	return st ? st : s->end(s->state, &tail);
}

static enum status give_top(const struct answer_sink *s)
{
	struct answer_cell rows[3][4] = {
	        {{.text = "23/tcp"}, {.number = 1500}, {.number = 1000}, {.real = 0.5}},
	        {{.text = "a,\"b\""}, {.number = 12}, {.number = 0}, {.null = true}},
	        {{.text = "\033[2Jx"}, {.number = 3}, {.null = true}, {.null = true}}};
	struct answer_table table = {"top", top_columns, 4};
	enum status st = s->begin(s->state, &head);

	if (!st)
		st = s->table(s->state, &table);
	for (unsigned i = 0; i < 3 && !st; i++)
		st = s->row(s->state, rows[i]);
	return st ? st : s->end(s->state, &tail);
}

struct source {
	enum status (*give)(const struct answer_sink *s);
	const char *json; /* instead of that */
};

static enum status feed(const struct source *from, const struct answer_sink *sink)
{
	struct trouble t;

	if (from->json)
		return answer_read_json(from->json, strlen(from->json), sink, &t);
	return from->give(sink);
}

static void render(const struct source *from, enum answer_form form, bool ascii, char *text)
{
	struct outfile *file = outfile_open_scratch("/tmp", TEXT_MAX - 1);
	struct answer_style style = {.width = 60, .ascii = ascii};
	struct outfile_scratch scratch = {0};
	struct answer_out *out;
	struct answer_sink sink;

	CHECK(answer_out_new(&out, form, style, file, &sink) == STATUS_OK);
	CHECK(feed(from, &sink) == STATUS_OK);
	answer_out_free(out);
	CHECK(outfile_take(file, &scratch) == STATUS_OK);
	snprintf(text, TEXT_MAX, "%.*s", (int)scratch.size, scratch.bytes ? scratch.bytes : "");
	if (!scratch.bytes)
		CHECK(pread(scratch.fd, text, TEXT_MAX - 1, 0) == (ssize_t)scratch.size);
	free(scratch.bytes);
	if (scratch.fd >= 0)
		close(scratch.fd);
}

#define TAIL                                                                                    \
	"\ncomplete: 7 of 8 windows (87.5 %) of 2 sensors; 5 of 12,350 packets lost; distinct " \
	"counts err by about 1 %\n"                                                             \
	"gap: tokyo-1 from 2026-01-01T00:01:00Z to 2026-01-01T00:02:00Z\n"                      \
	"note: there is more than the limit\n"                                                  \
	"note: a \xef\xbf\xbd[31mred note\n"

static const char table_text[] = "port    packets  before  change\n"
                                 "23/tcp    1,500   1,000   +50 %\n"
                                 "a,\"b\"        12       0     new\n"
                                 "\xef\xbf\xbd[2Jx         3       -       -\n" TAIL;

static const char spark_text[] = "scan packets     ▂█ ▅  1 to 1 k\n"
                                 "stealth packets  ▁█ ▁  0 to 7\n" TAIL;

static const char ascii_text[] = "scan packets     .# =  1 to 1 k\n"
                                 "stealth packets  _# _  0 to 7\n" TAIL;

static const char csv_text[] = "port,packets,before,change\r\n"
                               "23/tcp,1500,1000,0.5\r\n"
                               "\"a,\"\"b\"\"\",12,0,\r\n"
                               "\033[2Jx,3,,\r\n";

static void check_forms(const struct source *series, const struct source *top)
{
	static char text[TEXT_MAX];

	render(top, FORM_TABLE, false, text);
	CHECK_STR(text, table_text);
	render(series, FORM_SPARK, false, text);
	CHECK_STR(text, spark_text);
	render(series, FORM_SPARK, true, text);
	CHECK_STR(text, ascii_text);
	render(top, FORM_CSV, false, text);
	CHECK_STR(text, csv_text);
	render(top, FORM_SPARK, true, text);
	CHECK(strstr(text, "23/tcp  1,500  ####") == text);
}

static void check_refused(const char *json)
{
	struct outfile *file = outfile_open_scratch("/tmp", TEXT_MAX);
	struct answer_style style = {.width = 60};
	struct answer_out *out;
	struct answer_sink sink;
	struct trouble t = {0};

	CHECK(answer_out_new(&out, FORM_TABLE, style, file, &sink) == STATUS_OK);
	CHECK(answer_read_json(json, strlen(json), &sink, &t) == STATUS_FORMAT);
	CHECK(t.text[0]);
	answer_out_free(out);
	outfile_abandon(file);
}

int main(void)
{
	static char one[TEXT_MAX], two[TEXT_MAX], again[TEXT_MAX];
	struct source series = {.give = give_series}, top = {.give = give_top};
	struct source series_json = {.json = one}, top_json = {.json = two};

	check_forms(&series, &top);
	render(&series, FORM_JSON, false, one);
	render(&top, FORM_JSON, false, two);
	check_forms(&series_json, &top_json);
	render(&series_json, FORM_JSON, false, again);
	CHECK_STR(again, one);
	CHECK(strstr(one, "[\"2026-01-01T00:02:00Z\",\"scan\",null,0]") != NULL);
	check_refused("");
	check_refused("{}");
	check_refused("{\"tables\":[{\"name\":\"x\",\"columns\":[],\"rows\":[]}],\"complete\":{}}");
	check_refused(
	        "{\"tables\":[{\"name\":\"x\",\"columns\":[{\"name\":\"a\",\"type\":\"text\"}],"
	        "\"rows\":[[1,2]]}],\"complete\":{}}");
	check_refused(
	        "{\"tables\":[{\"name\":\"x\",\"columns\":[{\"name\":\"a\",\"type\":\"odd\"}],"
	        "\"rows\":[]}],\"complete\":{}}");
	return tap_done();
}
