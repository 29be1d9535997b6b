/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/openapi.h"

#include "serve/reply.h"

#include <stdio.h>
#include <string.h>

enum presence { ALWAYS, OR_NULL, SOMETIMES };

/* A schema's line has no type. */
struct line {
	const char *name, *type, *help;
	enum presence presence;
};

static const struct line lines[] = {
#define SCHEMA(name, help)                {#name, NULL, help, ALWAYS},
#define FIELD(name, type, presence, help) {#name, type, help, presence},
#include "serve/schema.def"
#undef SCHEMA
#undef FIELD
};

enum { LINES = sizeof(lines) / sizeof(lines[0]) };

static void write_reference(struct json_out *j, const char *schema)
{
	char text[96];

	snprintf(text, sizeof(text), "#/components/schemas/%s", schema);
	json_string(j, "$ref", text);
}

static bool is_basic(const char *type)
{
	static const char *const basic[] = {"string", "integer", "number", "boolean", "object"};

	for (size_t i = 0; i < sizeof(basic) / sizeof(basic[0]); i++) {
		if (strcmp(type, basic[i]) == 0)
			return true;
	}
	return false;
}

/* The inside of a schema object for a type's name; `may_be_null` widens it. */
static void write_type(struct json_out *j, const char *type, bool may_be_null)
{
	bool time = strcmp(type, "time") == 0;

	if (!time && !is_basic(type)) {
		if (!may_be_null) {
			write_reference(j, type);
			return;
		}
		json_array_open(j, "anyOf");
		json_object_open(j, NULL);
		write_reference(j, type);
		json_object_close(j);
		json_object_open(j, NULL);
		json_string(j, "type", "null");
		json_object_close(j);
		json_array_close(j);
		return;
	}
	if (may_be_null) {
		json_array_open(j, "type");
		json_string(j, NULL, time ? "string" : type);
		json_string(j, NULL, "null");
		json_array_close(j);
	} else {
		json_string(j, "type", time ? "string" : type);
	}
	if (time)
		json_string(j, "format", "date-time");
}

static void write_field(struct json_out *j, const struct line *f)
{
	char inner[64];
	size_t n = strlen(f->type);

	json_object_open(j, f->name);
	if (f->type[0] == '[') {
		snprintf(inner, sizeof(inner), "%.*s", (int)(n - 2), f->type + 1);
		json_string(j, "type", "array");
		json_object_open(j, "items");
		write_type(j, inner, false);
		json_object_close(j);
	} else {
		write_type(j, f->type, f->presence == OR_NULL);
	}
	if (f->help[0])
		json_string(j, "description", f->help);
	json_object_close(j);
}

/* The object whose line is `first`; returns the line after its fields. */
static size_t write_schema(struct json_out *j, size_t first)
{
	size_t end = first + 1;

	while (end < LINES && lines[end].type)
		end++;
	json_object_open(j, lines[first].name);
	json_string(j, "type", "object");
	json_string(j, "description", lines[first].help);
	if (end > first + 1) {
		json_object_open(j, "properties");
		for (size_t i = first + 1; i < end; i++)
			write_field(j, &lines[i]);
		json_object_close(j);
		json_array_open(j, "required");
		for (size_t i = first + 1; i < end; i++) {
			if (lines[i].presence != SOMETIMES)
				json_string(j, NULL, lines[i].name);
		}
		json_array_close(j);
		json_bool(j, "additionalProperties", false);
	}
	json_object_close(j);
	return end;
}

static void write_schema_object(struct json_out *j, const struct route_parameter *p)
{
	json_object_open(j, "schema");
	json_string(j, "type", p->type == PARAMETER_COUNT ? "integer" : "string");
	if (p->type == PARAMETER_COUNT) {
		json_u64(j, "minimum", p->low);
		json_u64(j, "maximum", p->high);
	} else if (p->type == PARAMETER_TEXT) {
		json_u64(j, "minLength", p->low);
		json_u64(j, "maxLength", p->high);
	} else {
		json_array_open(j, "enum");
		for (size_t i = 0; p->choices[i]; i++)
			json_string(j, NULL, p->choices[i]);
		json_array_close(j);
		json_string(j, "default", p->choices[0]);
	}
	json_object_close(j);
}

static void write_parameter(struct json_out *j, const struct route_parameter *p, const char *in)
{
	json_object_open(j, NULL);
	json_string(j, "name", p->name);
	json_string(j, "in", in);
	json_bool(j, "required", p->required);
	if (p->help)
		json_string(j, "description", p->help);
	write_schema_object(j, p);
	json_object_close(j);
}

/* The parameter in the path, if it has one. */
static bool path_parameter(const char *path, struct route_parameter *out, char name[32])
{
	const char *open = strchr(path, '{');

	if (!open)
		return false;
	snprintf(name, 32, "%.*s", (int)strcspn(open + 1, "}"), open + 1);
	*out = (struct route_parameter){
	        .name = name, .required = true, .type = PARAMETER_TEXT, .low = 1, .high = 64};
	if (strcmp(name, "number") == 0) {
		out->type = PARAMETER_COUNT;
		out->high = UINT32_MAX;
	}
	return true;
}

static void write_parameters(struct json_out *j, const struct route *r)
{
	struct route_parameter in_path;
	char name[32];
	bool has_path = path_parameter(r->path, &in_path, name);

	if (!has_path && !r->parameters[0].name)
		return;
	json_array_open(j, "parameters");
	if (has_path)
		write_parameter(j, &in_path, "path");
	for (size_t i = 0; i < ROUTE_PARAMETERS_MAX && r->parameters[i].name; i++)
		write_parameter(j, &r->parameters[i], "query");
	json_array_close(j);
}

/* One media type and what it holds: a schema's object, any object, or text. */
static void write_media(struct json_out *j, const char *type, const char *schema)
{
	json_object_open(j, type);
	json_object_open(j, "schema");
	if (schema)
		write_reference(j, schema);
	else
		json_string(j, "type", strcmp(type, "application/json") == 0 ? "object" : "string");
	json_object_close(j);
	json_object_close(j);
}

static void write_content(struct json_out *j, const char *type, const char *schema)
{
	json_object_open(j, "content");
	write_media(j, type, schema);
	json_object_close(j);
}

static void write_body(struct json_out *j, const struct route *r)
{
	if (r->body_max == 0)
		return;
	json_object_open(j, "requestBody");
	json_bool(j, "required", true);
	write_content(j, r->body_type, r->body_schema);
	json_object_close(j);
}

/* All media types of one status, together. */
static void write_answer(struct json_out *j, const struct route *r, size_t first)
{
	char status[16];

	snprintf(status, sizeof(status), "%u", r->answers[first].status);
	json_object_open(j, status);
	json_string(j, "description", r->answers[first].help);
	json_object_open(j, "content");
	for (size_t i = first; i < ROUTE_ANSWERS_MAX && r->answers[i].status; i++) {
		const struct route_answer *a = &r->answers[i];

		if (a->status != r->answers[first].status)
			continue;
		write_media(j, a->type, a->schema);
	}
	json_object_close(j);
	json_object_close(j);
}

static bool has_answer(const struct route *r, size_t before, unsigned status)
{
	for (size_t i = 0; i < before && r->answers[i].status; i++) {
		if (r->answers[i].status == status)
			return true;
	}
	return false;
}

static void write_error(struct json_out *j, const struct route *r, bool applies, unsigned status)
{
	char text[16];

	if (!applies || has_answer(r, ROUTE_ANSWERS_MAX, status))
		return;
	snprintf(text, sizeof(text), "%u", status);
	json_object_open(j, text);
	json_string(j, "description", reply_title(status));
	write_content(j, "application/json", "Error");
	json_object_close(j);
}

static void write_answers(struct json_out *j, const struct route *r)
{
	bool body = r->body_max > 0;

	json_object_open(j, "responses");
	for (size_t i = 0; i < ROUTE_ANSWERS_MAX && r->answers[i].status; i++) {
		if (!has_answer(r, i, r->answers[i].status))
			write_answer(j, r, i);
	}
	write_error(j, r, true, 400);
	write_error(j, r, r->rights != 0, 401);
	write_error(j, r, r->rights != 0, 403);
	write_error(j, r, strchr(r->path, '{') != NULL, 404);
	write_error(j, r, body, 411);
	write_error(j, r, body, 413);
	write_error(j, r, body, 415);
	write_error(j, r, r->rights != 0, 429);
	write_error(j, r, r->lane != LANE_AT_ONCE, 500);
	write_error(j, r, r->rights != 0 || body || r->lane != LANE_AT_ONCE, 503);
	json_object_close(j);
}

static void write_security(struct json_out *j, const struct route *r)
{
	json_array_open(j, "security");
	if (r->rights) {
		json_object_open(j, NULL);
		json_array_open(j, r->rights == RIGHT(SENSOR) ? "certificate" : "token");
		for (unsigned role = 0; role < ROLE_COUNT && r->rights != RIGHT(SENSOR); role++) {
			if (r->rights & 1u << role)
				json_string(j, NULL, role_name((enum role)role));
		}
		json_array_close(j);
		json_object_close(j);
	}
	json_array_close(j);
}

static void write_operation(struct json_out *j, const struct route *r)
{
	json_object_open(j, r->method == ROUTE_POST ? "post" : "get");
	json_string(j, "operationId", r->id);
	json_string(j, "summary", r->summary);
	write_security(j, r);
	write_parameters(j, r);
	write_body(j, r);
	write_answers(j, r);
	json_object_close(j);
}

static bool is_first_of_path(const struct route *table, const struct route *r)
{
	for (const struct route *before = table; before < r; before++) {
		if (strcmp(before->path, r->path) == 0)
			return false;
	}
	return true;
}

static void write_paths(struct json_out *j, const struct route *table)
{
	json_object_open(j, "paths");
	for (const struct route *r = table; r->path; r++) {
		if (!is_first_of_path(table, r))
			continue;
		json_object_open(j, r->path);
		for (const struct route *same = r; same->path; same++) {
			if (strcmp(same->path, r->path) == 0)
				write_operation(j, same);
		}
		json_object_close(j);
	}
	json_object_close(j);
}

static void write_schemes(struct json_out *j)
{
	json_object_open(j, "securitySchemes");
	json_object_open(j, "token");
	json_string(j, "type", "http");
	json_string(j, "scheme", "bearer");
	json_string(j, "description",
	            "an access token, nrt1...; the roles that may do it are listed");
	json_object_close(j);
	json_object_open(j, "certificate");
	json_string(j, "type", "mutualTLS");
	json_string(j, "description", "a sensor's certificate by the hub's authority");
	json_object_close(j);
	json_object_close(j);
}

void openapi_write(const struct route *table, struct json_out *j)
{
	json_object_open(j, NULL);
	json_string(j, "openapi", "3.1.0");
	json_object_open(j, "info");
	json_string(j, "title", "noroshi hub");
	json_string(j, "version", NOROSHI_VERSION);
	json_object_open(j, "license");
	json_string(j, "name", "Apache-2.0");
	json_string(j, "identifier", "Apache-2.0");
	json_object_close(j);
	json_object_close(j);
	write_paths(j, table);
	json_object_open(j, "components");
	write_schemes(j);
	json_object_open(j, "schemas");
	for (size_t at = 0; at < LINES;)
		at = write_schema(j, at);
	json_object_close(j);
	json_object_close(j);
	json_object_close(j);
}
