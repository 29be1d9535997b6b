/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the hub's answer to a batch means (POST /v1/sensor/batch). Pure, no memory is kept, any
 * thread.
 *
 * A frame is only given up where the hub says that it will never take it: 400, 413, 422. A hub that
 * does not know us (401, 403, 404), is busy (429, 503), or answers what we do not understand is
 * asked again later: data are not thrown away for somebody's mistake.
 */
#ifndef SHIP_HUB_ANSWER_H
#define SHIP_HUB_ANSWER_H

#include "net/http_client.h"

enum hub_verdict {
	HUB_TAKEN,    /* durable at the hub; a live frame: accepted */
	HUB_REFUSED,  /* for good */
	HUB_LATER,    /* try again */
	HUB_STRANGER, /* it does not let us in: revoked, perhaps for now */
};

enum { HUB_WHY_MAX = 256, HUB_RETRY_MAX_S = 3600 };

struct hub_answer {
	enum hub_verdict verdict;
	bool repeat;            /* it had the frame already */
	uint32_t retry_after_s; /* asked for; 0: nothing said; at most HUB_RETRY_MAX_S */
	uint64_t date_s;        /* its clock, seconds since 1970; 0: not said */
	char why[HUB_WHY_MAX];  /* where it was not taken: one line, may hold anything */
};

/* sequence 0 and boot_id 0: a live frame, of which no acknowledgement is expected. */
void hub_answer_read(const struct http_response *r, uint64_t boot_id, uint64_t sequence,
                     struct hub_answer *out);

/* The `detail` of an error's body, or its first bytes; any answer of the hub. */
void hub_error_text(const struct http_response *r, char *out, size_t size);

/* The answer's Date in seconds since 1970 (RFC 9110 section 5.6.7, the one form that is
 * sent); 0: none. */
uint64_t hub_date(const struct http_response *r);

#endif
