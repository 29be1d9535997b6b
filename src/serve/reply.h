/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What goes back for a request: status, headers, body. A handler opens a body and writes it, or
 * gives an error; the last one counts. Bodies are scratch outputs (base/outfile.h): a failure
 * half-way becomes an error's answer, never half a body. Owned by its request; one thread at a
 * time.
 */
#ifndef SERVE_REPLY_H
#define SERVE_REPLY_H

#include "base/json_out.h"
#include "base/outfile.h"

#include <stdbool.h>
#include <stdint.h>

enum { REPLY_DETAIL_MAX = 512, REPLY_ERROR_BYTES = 4096, REPLY_LIMIT = 64 << 20 };

struct reply {
	const char *folder; /* for long bodies; kept by the caller */
	unsigned status;    /* 0: nothing yet */
	const char *type;   /* media type */
	struct outfile *out;
	struct json_out json;
	char allow[64];           /* 405 */
	const char *authenticate; /* 401 */
	const char *disposition;  /* Content-Disposition, or NULL */
	char complete[128];       /* Noroshi-Complete: of an answer to a question; "": none */
	uint32_t retry_after_s;   /* 0: none */
	bool close;               /* this connection is of no more use */
};

/* Start a body of at most `limit` bytes. NULL, and the reply an error, where there is no memory. */
struct outfile *reply_open(struct reply *r, unsigned status, const char *type, uint64_t limit);

/* The same for JSON, up to REPLY_LIMIT. */
struct json_out *reply_json(struct reply *r, unsigned status);

/* {"error":{"status":404,"title":"Not Found","detail":"..."}}. The detail is one sentence. */
void reply_error(struct reply *r, unsigned status, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* The answer for a status that came from below: FULL, UNAVAILABLE and LIMIT are for later
 * (503), the rest is our fault (500). The trouble's text is for our log, not for strangers. */
void reply_trouble(struct reply *r, enum status st);

/* "Not Found" */
const char *reply_title(unsigned status);

/* End the body. If that fails the error's body is in *body instead; if even that fails,
 * STATUS_NO_MEMORY. */
MUST_USE enum status reply_take(struct reply *r, struct outfile_scratch *body);

void reply_clear(struct reply *r);

#endif
