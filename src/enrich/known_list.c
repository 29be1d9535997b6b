/* SPDX-License-Identifier: Apache-2.0 */
#include "enrich/known_list.h"

#include "enrich/known_name.h"

#include <jansson.h>
#include <string.h>
#include <strings.h>

enum { FIELDS_MAX = 64 };

/* A stretch of the input. */
struct text {
	const char *at;
	size_t n;
};

struct reading {
	const struct known_sink *sink;
	struct known_list *list;
	unsigned long line;
	bool csv, header_read, columns_known;
	unsigned address_column, operator_column; /* FIELDS_MAX: none */
};

static bool is_padding(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '"';
}

static struct text trim(struct text s)
{
	while (s.n && is_padding(s.at[0])) {
		s.at++;
		s.n--;
	}
	while (s.n && is_padding(s.at[s.n - 1]))
		s.n--;
	return s;
}

static bool parse_prefix(struct text s, struct prefix *out)
{
	char copy[PREFIX_TEXT_MAX];

	s = trim(s);
	if (s.n == 0 || s.n >= sizeof(copy) || memchr(s.at, '\0', s.n))
		return false;
	memcpy(copy, s.at, s.n);
	copy[s.n] = '\0';
	return prefix_parse_loose(copy, out) == STATUS_OK;
}

static bool too_broad(const struct prefix *p)
{
	if (p->length >= 96 && addr_is_v4(&p->base))
		return p->length < 96 + KNOWN_V4_LENGTH_MIN;
	return p->length < KNOWN_V6_LENGTH_MIN;
}

static void count_malformed(struct reading *r)
{
	if (r->list->malformed < KNOWN_LINES_SHOWN)
		r->list->lines[r->list->malformed] = r->line;
	r->list->malformed++;
}

static enum status take(struct reading *r, struct text address, const char *operator)
{
	struct prefix prefix;

	if (!parse_prefix(address, &prefix)) {
		count_malformed(r);
		return STATUS_OK;
	}
	if (too_broad(&prefix)) {
		r->list->broad++;
		return STATUS_OK;
	}
	r->list->prefixes++;
	return r->sink->add(r->sink->state, &prefix, operator);
}

/* The fields of a CSV line (RFC 4180, but for line ends inside quotes). Quotes stay; trim()
 * takes them off. */
static unsigned split(struct text line, struct text fields[FIELDS_MAX])
{
	unsigned count = 0;
	size_t start = 0;
	bool quoted = false;

	for (size_t i = 0; i <= line.n && count < FIELDS_MAX; i++) {
		if (i < line.n && line.at[i] == '"')
			quoted = !quoted;
		if (i == line.n || (line.at[i] == ',' && !quoted)) {
			fields[count++] = (struct text){line.at + start, i - start};
			start = i + 1;
		}
	}
	return count;
}

static bool names_operator(struct text field)
{
	static const char *const names[] = {"operator", "organization", "organisation", "org",
	                                    "owner",    "actor",        "scanner",      "company",
	                                    "provider", "name"};

	field = trim(field);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (field.n == strlen(names[i]) && strncasecmp(field.at, names[i], field.n) == 0)
			return true;
	}
	return false;
}

/* The first line with an address tells the column; one before it is the header. */
static bool find_columns(struct reading *r, const struct text *fields, unsigned count)
{
	struct prefix ignored;

	for (unsigned i = 0; i < count && !r->columns_known; i++) {
		if (parse_prefix(fields[i], &ignored)) {
			r->address_column = i;
			r->columns_known = true;
		}
	}
	for (unsigned i = 0; i < count && !r->columns_known && r->operator_column == FIELDS_MAX;
	     i++) {
		if (names_operator(fields[i]))
			r->operator_column = i;
	}
	return r->columns_known;
}

static enum status read_csv_line(struct reading *r, struct text line)
{
	struct text fields[FIELDS_MAX];
	unsigned count = split(line, fields);
	char operator[KNOWN_NAME_MAX] = "";

	if (!r->columns_known && !find_columns(r, fields, count)) {
		if (r->header_read)
			count_malformed(r);
		r->header_read = true;
		return STATUS_OK;
	}
	if (r->address_column >= count) {
		count_malformed(r);
		return STATUS_OK;
	}
	if (r->operator_column < count) {
		struct text name = trim(fields[r->operator_column]);

		known_name_copy(operator, name.at, name.n);
	}
	return take(r, fields[r->address_column], operator[0] ? operator : r->list->name);
}

/* Behind a mark that begins the line or follows a space. */
static struct text without_comment(struct text line)
{
	for (size_t i = 0; i < line.n; i++) {
		if ((line.at[i] == '#' || line.at[i] == ';') &&
		    (i == 0 || line.at[i - 1] == ' ' || line.at[i - 1] == '\t')) {
			line.n = i;
			break;
		}
	}
	return trim(line);
}

static enum status read_line(struct reading *r, struct text line)
{
	struct text kept = without_comment(line);

	r->line++;
	if (kept.n == 0)
		return STATUS_OK;
	if (r->csv)
		return read_csv_line(r, line);
	return take(r, kept, r->list->name);
}

/* By the file's ending, or by a comma in the first line that is no comment. */
static bool looks_like_csv(struct text all, const char *path)
{
	const char *dot = strrchr(path, '.');

	if (dot && strcasecmp(dot, ".csv") == 0)
		return true;
	while (all.n) {
		const char *end = memchr(all.at, '\n', all.n);
		struct text line = {all.at, end ? (size_t)(end - all.at) : all.n};

		if (without_comment(line).n)
			return memchr(line.at, ',', line.n) != NULL;
		all.n -= end ? line.n + 1 : line.n;
		all.at += end ? line.n + 1 : line.n;
	}
	return false;
}

static enum status read_lines(struct text all, const char *path, struct reading *r)
{
	enum status st = STATUS_OK;

	r->csv = looks_like_csv(all, path);
	while (all.n && !st) {
		const char *end = memchr(all.at, '\n', all.n);
		struct text line = {all.at, end ? (size_t)(end - all.at) : all.n};

		st = read_line(r, line);
		all.n -= end ? line.n + 1 : line.n;
		all.at += end ? line.n + 1 : line.n;
	}
	return st;
}

/* MISP warninglist: its name and version; versions are numbers, dates as a rule. */
static void read_title(const json_t *doc, struct known_list *list)
{
	const char *title = json_string_value(json_object_get(doc, "name"));
	const json_t *version = json_object_get(doc, "version");
	char name[KNOWN_NAME_MAX];

	if (title)
		known_name_of_title(title, name);
	if (title && name[0])
		memcpy(list->name, name, sizeof(name));
	if (json_is_integer(version) && json_integer_value(version) > 0)
		list->dated = known_date_of_version((uint64_t)json_integer_value(version),
		                                    &list->date_ns);
}

static enum status read_items(const json_t *items, struct reading *r)
{
	enum status st = STATUS_OK;

	for (size_t i = 0; i < json_array_size(items) && !st; i++) {
		const json_t *item = json_array_get(items, i);

		r->line = i + 1;
		if (json_is_string(item))
			st = take(r,
			          (struct text){json_string_value(item), json_string_length(item)},
			          r->list->name);
		else
			count_malformed(r);
	}
	return st;
}

static enum status read_json(struct text all, const char *path, struct reading *r,
                             struct trouble *t)
{
	json_error_t error;
	json_t *doc;
	const json_t *items;
	enum status st;

	if (all.n > KNOWN_JSON_MAX)
		return trouble_set(t, STATUS_LIMIT, path, 0,
		                   "longer than a JSON list may be (%d MiB)", KNOWN_JSON_MAX >> 20);
	doc = json_loadb(all.at, all.n, JSON_REJECT_DUPLICATES, &error);
	if (!doc)
		return trouble_set(t, STATUS_FORMAT, path,
		                   error.line > 0 ? (unsigned long)error.line : 0, "not JSON: %s",
		                   error.text);
	items = json_is_array(doc) ? doc : json_object_get(doc, "list");
	if (json_is_array(items)) {
		read_title(doc, r->list);
		st = read_items(items, r);
	} else {
		st = trouble_set(t, STATUS_FORMAT, path, 0,
		                 "a JSON list needs an array, or an object with an array \"list\"");
	}
	json_decref(doc);
	return st;
}

enum status known_list_read(const char *bytes, size_t n, const char *path,
                            const struct known_sink *sink, struct known_list *list,
                            struct trouble *t)
{
	static const char mark[] = "\xef\xbb\xbf"; /* some editors' byte order mark */
	struct reading r = {.sink = sink, .list = list, .operator_column = FIELDS_MAX};
	struct text all = {bytes, n};
	size_t space;

	if (all.n >= 3 && memcmp(all.at, mark, 3) == 0)
		all = (struct text){bytes + 3, n - 3};
	for (space = 0; space < all.n && (is_padding(all.at[space]) || all.at[space] == '\n');)
		space++;
	if (space < all.n && (all.at[space] == '{' || all.at[space] == '['))
		return read_json(all, path, &r, t);
	return read_lines(all, path, &r);
}
