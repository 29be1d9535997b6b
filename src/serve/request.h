/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One request, from its first line to its answer, and the connection that it came on.
 *
 * A handler sees a request that is checked: a known route, a caller with the right to it, known
 * parameters in range, a whole body of the right type. It reads them and fills `reply`. Only the
 * server makes and frees these; a request is used by one thread at a time.
 */
#ifndef SERVE_REQUEST_H
#define SERVE_REQUEST_H

#include "base/pki.h"
#include "model/role.h"
#include "serve/lane.h"
#include "serve/reply.h"
#include "serve/route.h"
#include "serve/target.h"
#include "serve/watch.h"

#include <sys/socket.h>

struct serve;
struct MHD_Connection;

/* What the peer's certificate is worth. */
enum peer_verdict {
	PEER_UNKNOWN, /* not looked at yet */
	PEER_NONE,    /* it sent none */
	PEER_GOOD,    /* signed by our authority for a sensor, and within its time when looked at */
	PEER_WRONG,   /* anything else; `wrong` says what */
};

/* The facts of a peer's certificate; revocation is asked for anew with each request. */
struct peer {
	enum peer_verdict verdict;
	struct pki_facts facts;
	char wrong[128];
};

struct connection {
	struct watched watched; /* first: the watch knows no other part */
	struct peer peer;
	struct sockaddr_storage address;
	char from[64]; /* the address as text, "local" for a Unix socket */
	bool tls;
	bool is_local; /* loopback or Unix socket */
};

/* Who asks. */
struct caller {
	bool known;
	enum role role;
	uint32_t member; /* 0: of none */
	uint32_t sensor; /* of role sensor */
	char name[SLUG_MAX];
};

enum request_phase { REQUEST_NEW, REQUEST_BODY, REQUEST_WORKING, REQUEST_ANSWERED };

struct request {
	struct lane_job job; /* first */
	struct serve *serve;
	struct connection *connection;
	struct MHD_Connection *http;
	enum request_phase phase;
	const char *target_wrong;
	struct target target;
	char path[256]; /* quoted, for the log; without the query, which may name somebody */
	const struct route *route;
	uint32_t number;  /* {number} of the path */
	const char *word; /* {address} of the path, decoded */
	struct caller caller;
	char *body;
	size_t body_size, body_room;
	uint64_t body_promised; /* counted against the server's budget */
	uint64_t body_seen;     /* bytes, also of a body that is passed over */
	uint64_t body_expected; /* as declared; UINT64_MAX: not */
	uint64_t began_ms;      /* when the whole request was there */
	struct reply reply;
};

/* The caller for the audit log: "token:NAME", "sensor:7". */
enum { CALLER_TEXT_MAX = 80 };
void caller_text(const struct caller *c, char out[CALLER_TEXT_MAX]);

#endif
