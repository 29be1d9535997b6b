/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/reply.h"

#include <microhttpd.h>
#include <stdarg.h>
#include <stdio.h>

void reply_clear(struct reply *r)
{
	outfile_abandon(r->out);
	*r = (struct reply){.folder = r->folder};
}

struct outfile *reply_open(struct reply *r, unsigned status, const char *type, uint64_t limit)
{
	outfile_abandon(r->out);
	r->out = outfile_open_scratch(r->folder, limit);
	r->status = r->out ? status : 500;
	r->type = type;
	return r->out;
}

struct json_out *reply_json(struct reply *r, unsigned status)
{
	if (!reply_open(r, status, "application/json", REPLY_LIMIT))
		return NULL;
	json_init(&r->json, r->out, 0);
	return &r->json;
}

const char *reply_title(unsigned status)
{
	return MHD_get_reason_phrase_for(status);
}

void reply_error(struct reply *r, unsigned status, const char *fmt, ...)
{
	char detail[REPLY_DETAIL_MAX];
	struct json_out *j = reply_json(r, status);
	va_list args;

	if (!j)
		return;
	va_start(args, fmt);
	vsnprintf(detail, sizeof(detail), fmt, args);
	va_end(args);
	json_object_open(j, NULL);
	json_object_open(j, "error");
	json_u64(j, "status", status);
	json_string(j, "title", reply_title(status));
	json_string(j, "detail", detail);
	json_object_close(j);
	json_object_close(j);
}

void reply_trouble(struct reply *r, enum status st)
{
	if (st == STATUS_FULL || st == STATUS_UNAVAILABLE || st == STATUS_LIMIT) {
		r->retry_after_s = 10;
		reply_error(r, 503, "%s", status_text(st));
	} else {
		reply_error(r, 500, "the hub could not do it; its log says why");
	}
}

enum status reply_take(struct reply *r, struct outfile_scratch *body)
{
	enum status st = STATUS_NO_MEMORY;

	if (r->out) {
		st = outfile_take(r->out, body);
		r->out = NULL;
	}
	if (st) {
		reply_trouble(r, st);
		st = STATUS_NO_MEMORY;
		if (r->out)
			st = outfile_take(r->out, body);
		r->out = NULL;
	}
	return st;
}
