/* SPDX-License-Identifier: Apache-2.0 */
#include "ship/hub_answer.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

uint64_t hub_date(const struct http_response *r)
{
	char text[64];
	struct tm tm = {0};
	const char *end;
	time_t when;

	if (!http_response_header(r, "Date", text, sizeof(text)))
		return 0;
	end = strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &tm);
	if (!end || *end)
		return 0;
	when = timegm(&tm);
	return when > 0 ? (uint64_t)when : 0;
}

static uint32_t retry_after(const struct http_response *r)
{
	char text[64], *end;
	unsigned long seconds;

	if (!http_response_header(r, "Retry-After", text, sizeof(text)) || text[0] < '0' ||
	    text[0] > '9')
		return 0;
	seconds = strtoul(text, &end, 10);
	if (*end)
		return 0;
	return seconds > HUB_RETRY_MAX_S ? HUB_RETRY_MAX_S : (uint32_t)seconds;
}

void hub_error_text(const struct http_response *r, char *out, size_t size)
{
	json_t *root = json_loadb(r->body ? r->body : "", r->body_bytes, 0, NULL);
	const char *detail;

	if (root && json_unpack(root, "{s:{s:s}}", "error", "detail", &detail) == 0)
		snprintf(out, size, "%s", detail);
	else
		snprintf(out, size, "it answered %d %.100s", r->status, r->body ? r->body : "");
	json_decref(root);
	for (char *c = out; *c; c++) {
		if ((unsigned char)*c < 0x20)
			*c = ' ';
	}
}

/* Is this an acknowledgement that covers the frame? The hub takes those of a boot in order. */
static bool acknowledges(const struct http_response *r, uint64_t boot_id, uint64_t sequence,
                         bool *repeat)
{
	json_t *root = json_loadb(r->body, r->body_bytes, 0, NULL);
	const char *boot;
	json_int_t number;
	char want[17];
	int again = 0;
	bool ok;

	snprintf(want, sizeof(want), "%016" PRIx64, boot_id);
	ok = root &&
	     json_unpack(root, "{s:{s:s, s:I}, s?b}", "acknowledged", "boot", &boot, "sequence",
	                 &number, "repeat", &again) == 0 &&
	     strcmp(boot, want) == 0 && number >= 0 && (uint64_t)number >= sequence;
	*repeat = ok && again;
	json_decref(root);
	return ok;
}

static enum hub_verdict verdict_of(int status)
{
	switch (status) {
	case 400:
	case 413:
	case 422:
		return HUB_REFUSED;
	case 401:
	case 403:
	case 404:
		return HUB_STRANGER;
	default:
		return HUB_LATER;
	}
}

void hub_answer_read(const struct http_response *r, uint64_t boot_id, uint64_t sequence,
                     struct hub_answer *out)
{
	*out = (struct hub_answer){.date_s = hub_date(r)};
	if (r->status / 100 != 2) {
		out->verdict = verdict_of(r->status);
		out->retry_after_s = retry_after(r);
		hub_error_text(r, out->why, sizeof(out->why));
	} else if ((boot_id || sequence) && !acknowledges(r, boot_id, sequence, &out->repeat)) {
		out->verdict = HUB_LATER;
		snprintf(out->why, sizeof(out->why), "its answer does not acknowledge our frame");
	} else {
		out->verdict = HUB_TAKEN;
	}
}
