/* SPDX-License-Identifier: Apache-2.0 */
/* One request of the front: its parameters, its session, its body. One thread. Every function
 * that hands back a text gives NULL or a message in ClickHouse's form, which the request owns. */
#ifndef STORER_FRONT_REQUEST_H
#define STORER_FRONT_REQUEST_H

#include "library.h"
#include "statement.h"

#include <microhttpd.h>

struct front_request {
	struct library *library;
	struct MHD_Connection *connection;
	bool gets; /* may only read */
	struct session *session;
	const char *sql; /* of `query=`; MHD's */
	const char *database;
	char format[STATEMENT_FORMAT_MAX + 1]; /* of the answer, or of an insert's data */
	char *settings[LIBRARY_ARGUMENTS_MAX];
	size_t setting_count;
	bool inserts; /* the body is data */
	char *body;   /* else the statement's second half */
	size_t body_bytes, body_room;
	const char *out; /* of the answer: not sent yet */
	size_t out_bytes;
	bool ended;
	char error[1024]; /* ours; "" so far */
};

/* NULL: no memory. */
struct front_request *front_request_new(struct library *l, struct MHD_Connection *c, bool gets);

/* The head is there. */
const char *front_request_begin(struct front_request *r);

/* Bytes of the body; failures are told by the end. */
void front_request_data(struct front_request *r, const char *bytes, size_t n);

/* The body is whole: do it. */
const char *front_request_end(struct front_request *r);

/* The number of "Code: 62. DB::Exception: ..."; 1002 (UNKNOWN_EXCEPTION) where there is none. */
int front_request_code(const char *message);

void front_request_free(struct front_request *r);

#endif
