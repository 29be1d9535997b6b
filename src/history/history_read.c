/* SPDX-License-Identifier: Apache-2.0 */
#include "history/history.h"

#include "base/hash.h"
#include "capture/input.h"

#include <stdlib.h>
#include <string.h>

enum { COUNT_MAX = 1000000000 };

/* One file on its way in. */
struct reading {
	struct history *h;
	const struct history_options *o;
	const char *path;
	const struct history_format *format;
	struct columns columns;
	char separators[4];
	bool begun;       /* the first line was looked at */
	uint64_t line;    /* number of the present one */
	uint32_t clock_s; /* set by comments */
	bool clock_set;
	size_t rows_before;
	char *carry; /* the beginning of a line whose end has not come */
	size_t carried;
	bool too_long; /* the present line: drop it up to its end */
};

/* STATUS_OK always: a bad line is no reason to stop. */
static enum status reject(struct reading *r, enum history_reject why)
{
	if (r->h->rejected[why]++ == 0)
		r->h->first_rejected[why] = r->line;
	return STATUS_OK;
}

/* "2013...<tab>author<tab>count<tab>address": a header has no time and no address. */
static bool looks_like_dshield(const struct text *fields, unsigned count)
{
	struct addr a;
	uint32_t time_s;

	return count >= 8 && text_time(text_trim(fields[0]), &time_s) &&
	       text_addr(text_trim(fields[3]), &a);
}

static bool looks_like_flowtuple(const struct text *fields, unsigned count)
{
	struct addr a;
	uint64_t number;
	uint32_t time_s;

	return count >= 6 && text_time(text_trim(fields[0]), &time_s) &&
	       text_addr(text_trim(fields[1]), &a) &&
	       text_number(text_trim(fields[4]), UINT8_MAX, &number);
}

static bool contains(struct text s, const char *word)
{
	return memmem(s.at, s.n, word, strlen(word)) != NULL;
}

static const struct history_format *guess_format(struct text first)
{
	struct text fields[TEXT_FIELDS_MAX];
	const struct history_format *corsaro = history_format_find("corsaro");

	if (contains(first, corsaro->clock))
		return corsaro;
	if (looks_like_dshield(fields, text_split(first, "\t", fields)))
		return history_format_find("dshield");
	if (looks_like_flowtuple(fields, text_split(first, ",", fields)))
		return history_format_find("flowtuple");
	return history_format_find("csv");
}

/* The one that the line has most of. */
static char guess_separator(struct text line)
{
	static const char all[] = ",;\t|";
	char best = ',';
	size_t most = 0;

	for (size_t i = 0; all[i]; i++) {
		size_t n = 0;

		for (size_t j = 0; j < line.n; j++)
			n += line.at[j] == all[i];
		if (n > most) {
			most = n;
			best = all[i];
		}
	}
	return best;
}

/* Looks at the first line; *taken where it is a header. */
static enum status begin(struct reading *r, struct text line, bool *taken, struct trouble *t)
{
	struct text fields[TEXT_FIELDS_MAX];
	const char *map = r->o->map;
	enum status st;

	r->begun = true;
	r->format = r->o->format ? r->o->format
	            : map        ? history_format_find("csv")
	                         : guess_format(line);
	if (r->format->separators)
		memcpy(r->separators, r->format->separators, strlen(r->format->separators) + 1);
	else
		r->separators[0] = guess_separator(line);
	st = columns_parse(&r->columns, map ? map : r->format->map, t);
	*taken = !st && !r->columns.numbered;
	if (!*taken)
		return st;
	return columns_find(&r->columns, fields, text_split(line, r->separators, fields), r->path,
	                    t);
}

static bool take_port(const struct reading *r, const struct text *fields, unsigned count,
                      uint8_t proto, uint32_t *port)
{
	uint64_t number, code = 0;
	bool icmp = proto == 1 || proto == 58;
	struct text type = columns_take(&r->columns, HISTORY_TYPE, fields, count);
	struct text text = columns_take(&r->columns, HISTORY_PORT, fields, count);

	if (icmp && type.n) {
		if (!text_number(type, UINT8_MAX, &number))
			return false;
		text = columns_take(&r->columns, HISTORY_CODE, fields, count);
		if (text.n && !text_number(text, UINT8_MAX, &code))
			return false;
		*port = (uint32_t)(number * 256 + code);
		return true;
	}
	*port = 0;
	if (!text.n) /* protocols without ports have none to give */
		return proto != 6 && proto != 17;
	if (!text_number(text, UINT16_MAX, &number))
		return false;
	*port = (uint32_t)number;
	return true;
}

/* A sensor's number by its name; names past HISTORY_SENSOR_NAME_MAX - 1 bytes are none. */
static uint32_t take_sensor(struct history *h, struct text name)
{
	struct ids_key key = {{0}};
	uint64_t a = 0x73656e736f72, b = name.n;
	uint32_t before = h->sensors.count, id;

	if (name.n == 0)
		name = (struct text){"log", 3};
	if (name.n >= HISTORY_SENSOR_NAME_MAX)
		return IDS_NONE;
	if (!h->sensor_names)
		h->sensor_names = calloc(HISTORY_SENSORS_MAX, sizeof(*h->sensor_names));
	if (!h->sensor_names)
		return IDS_NONE;
	for (size_t i = 0; i < name.n; i++) {
		a = hash_u64(a ^ (uint8_t)name.at[i], 1);
		b = hash_u64(b ^ (uint8_t)name.at[i], 2);
	}
	memcpy(key.b, &a, sizeof(a));
	memcpy(key.b + 8, &b, sizeof(b));
	id = ids_of(&h->sensors, &key);
	if (id != IDS_NONE && h->sensors.count > before)
		memcpy(h->sensor_names[id], name.at, name.n);
	return id;
}

static uint16_t take_country(struct text s)
{
	if (s.n != 2 || s.at[0] < 'A' || s.at[0] > 'Z' || s.at[1] < 'A' || s.at[1] > 'Z')
		return 0;
	return (uint16_t)(s.at[0] << 8 | s.at[1]);
}

static enum status keep(struct reading *r, const struct history_row *row, const struct addr *source)
{
	struct history *h = r->h;
	struct ids_key key;
	uint64_t used = (uint64_t)h->count * HISTORY_ROW_BYTES +
	                (uint64_t)h->sources.count * HISTORY_SOURCE_BYTES;

	if (used + HISTORY_ROW_BYTES + HISTORY_SOURCE_BYTES > h->memory || h->count >= UINT32_MAX) {
		h->cut = true;
		return STATUS_END;
	}
	if (h->count >= h->room) {
		size_t room = h->room ? h->room * 2 : 4096;
		struct history_row *rows;

		if (room > h->memory / HISTORY_ROW_BYTES)
			room = (size_t)(h->memory / HISTORY_ROW_BYTES);
		rows = realloc(h->rows, room * sizeof(*rows));

		if (!rows)
			return STATUS_NO_MEMORY;
		h->rows = rows;
		h->room = room;
	}
	memcpy(key.b, source->b, sizeof(key.b));
	h->rows[h->count] = *row;
	h->rows[h->count].source = ids_of(&h->sources, &key);
	h->rows[h->count].order = (uint32_t)h->count;
	if (h->rows[h->count].source == IDS_NONE)
		return STATUS_NO_MEMORY;
	h->count++;
	return STATUS_OK;
}

static bool take_time(const struct reading *r, const struct text *fields, unsigned count,
                      uint32_t *time_s)
{
	*time_s = r->clock_s;
	if (r->format->clock)
		return r->clock_set;
	return text_time(columns_take(&r->columns, HISTORY_TIME, fields, count), time_s);
}

static enum status take_row(struct reading *r, struct text line)
{
	struct text fields[TEXT_FIELDS_MAX], text;
	unsigned n = text_split(line, r->separators, fields);
	struct history_row row = {.count = 1};
	struct addr source;
	uint64_t number = 1;
	uint32_t port, sensor;
	uint8_t proto;

	if (n < columns_needed(&r->columns))
		return reject(r, REJECT_SHORT);
	if (!take_time(r, fields, n, &row.time_s))
		return reject(r, REJECT_TIME);
	if (!text_addr(columns_take(&r->columns, HISTORY_SOURCE, fields, n), &source))
		return reject(r, REJECT_SOURCE);
	if (!text_proto(columns_take(&r->columns, HISTORY_PROTO, fields, n), &proto))
		return reject(r, REJECT_PROTO);
	if (!take_port(r, fields, n, proto, &port))
		return reject(r, REJECT_PORT);
	text = columns_take(&r->columns, HISTORY_COUNT, fields, n);
	if (text.n && (!text_number(text, COUNT_MAX, &number) || number == 0))
		return reject(r, REJECT_COUNT);
	sensor = take_sensor(r->h, columns_take(&r->columns, HISTORY_SENSOR, fields, n));
	if (sensor == IDS_NONE)
		return reject(r, REJECT_SENSOR);
	row.count = (uint32_t)number;
	row.port = (uint32_t)proto << 16 | port;
	row.sensor = (uint16_t)sensor;
	row.country = take_country(columns_take(&r->columns, HISTORY_COUNTRY, fields, n));
	return keep(r, &row, &source);
}

/* "# CORSARO_INTERVAL_START 0 1359936000" */
static enum status take_comment(struct reading *r, struct text line)
{
	struct text words[TEXT_FIELDS_MAX];
	unsigned count = text_split(line, " ", words);

	r->h->comments++;
	if (r->format && r->format->clock && contains(line, r->format->clock) && count)
		r->clock_set = text_time(text_trim(words[count - 1]), &r->clock_s);
	return STATUS_OK;
}

static enum status take_line(struct reading *r, struct text line, struct trouble *t)
{
	bool header = false;
	enum status st = STATUS_OK;

	r->line++;
	r->h->lines++;
	if (r->line == 1 && line.n >= 3 && memcmp(line.at, "\xef\xbb\xbf", 3) == 0)
		line = (struct text){line.at + 3, line.n - 3};
	if (text_trim(line).n == 0)
		return STATUS_OK;
	if (memchr(line.at, '\0', line.n))
		return reject(r, REJECT_BYTES);
	if (!r->begun &&
	    (line.at[0] != '#' || contains(line, history_format_find("corsaro")->clock)))
		st = begin(r, line, &header, t);
	if (st || header)
		return st;
	if (line.at[0] == '#')
		return take_comment(r, line);
	return take_row(r, line);
}

/* A piece of a line without its end: kept until the rest comes. */
static void carry(struct reading *r, struct text piece)
{
	if (r->too_long || piece.n > HISTORY_LINE_MAX - r->carried) {
		r->too_long = true;
		r->carried = 0;
		return;
	}
	memcpy(r->carry + r->carried, piece.at, piece.n);
	r->carried += piece.n;
}

static enum status end_line(struct reading *r, struct text rest, struct trouble *t)
{
	enum status st;

	if (r->carried || r->too_long || rest.n > HISTORY_LINE_MAX) {
		carry(r, rest);
		rest = (struct text){r->carry, r->carried};
	}
	if (r->too_long) {
		r->line++;
		r->h->lines++;
		st = reject(r, REJECT_LONG);
	} else {
		st = take_line(r, rest, t);
	}
	r->carried = 0;
	r->too_long = false;
	return st;
}

static enum status take_block(struct reading *r, const struct input_block *b, struct trouble *t)
{
	const char *at = (const char *)b->bytes, *end = at + b->size;
	enum status st = STATUS_OK;

	while (at < end && !st) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));

		if (!stop) {
			carry(r, (struct text){at, (size_t)(end - at)});
			break;
		}
		st = end_line(r, (struct text){at, (size_t)(stop - at)}, t);
		at = stop + 1;
	}
	return st;
}

/* The last line, where it has no end. */
static enum status end_file(struct reading *r, enum status st, struct trouble *t)
{
	if (!st && (r->carried || r->too_long))
		st = end_line(r, (struct text){"", 0}, t);
	return st;
}

static enum status read_blocks(struct reading *r, struct input *in, struct trouble *t)
{
	struct input_block block;
	enum status st = STATUS_OK;
	uint64_t done, total;

	for (uint64_t i = 0; !st && !input_block(in, 0, i, &block); i++) {
		st = take_block(r, &block, t);
		input_progress(in, &done, &total);
		if (r->o->progress)
			r->o->progress(r->o->progress_state, done, total, r->h->count);
	}
	st = end_file(r, st, t);
	return st ? st : input_result(in, t);
}

static enum status begin_reading(struct reading *r, struct history *h, const char *path,
                                 const struct history_options *o, struct trouble *t)
{
	enum status st;

	*r = (struct reading){.h = h, .o = o, .path = path, .rows_before = h->count};
	st = columns_parse(&r->columns, o->map, t);
	if (st)
		return st;
	r->carry = malloc(HISTORY_LINE_MAX);
	return r->carry ? STATUS_OK : trouble_set(t, STATUS_NO_MEMORY, path, 0, "out of memory");
}

/* STATUS_END is the budget's end: no error. */
static enum status finish_reading(struct reading *r, enum status st, struct trouble *t)
{
	free(r->carry);
	if (st == STATUS_END)
		st = STATUS_OK;
	if (st == STATUS_NO_MEMORY)
		return trouble_set(t, st, r->path, r->line, "out of memory");
	if (!st && r->h->count == r->rows_before)
		return trouble_set(t, STATUS_FORMAT, r->path, 0,
		                   "not one of %llu lines gave a row; see --columns and --format",
		                   (unsigned long long)r->line);
	return st;
}

enum status history_read(struct history *h, const char *path, const struct history_options *o,
                         struct trouble *t)
{
	struct input_options options = {.workers = 1, .stop = o->stop};
	struct input *in = NULL;
	struct reading r;
	enum status st = begin_reading(&r, h, path, o, t);

	if (st)
		return st;
	st = input_open(&in, path, &options, t);
	if (st) {
		free(r.carry);
		return st;
	}
	st = read_blocks(&r, in, t);
	input_close(in);
	return finish_reading(&r, st, t);
}

enum status history_read_bytes(struct history *h, const char *name, const void *bytes, size_t size,
                               const struct history_options *o, struct trouble *t)
{
	struct input_block block = {bytes, size};
	struct reading r;
	enum status st = begin_reading(&r, h, name, o, t);

	if (st)
		return st;
	st = take_block(&r, &block, t);
	st = end_file(&r, st, t);
	return finish_reading(&r, st, t);
}
