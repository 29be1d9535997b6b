/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the server's own files share. Private to serve/.
 */
#ifndef SERVE_INNER_H
#define SERVE_INNER_H

#include "serve/lane.h"
#include "serve/limiter.h"
#include "serve/request.h"
#include "serve/server.h"
#include "serve/watch.h"

#include <microhttpd.h>
#include <stdatomic.h>

struct control;
struct engine;

struct serve {
	struct serve_options options;             /* without zeros */
	struct control *control;                  /* for reading, by any thread */
	struct control *changes;                  /* for what waits for the disk */
	struct engine *engines[LANE_THREADS_MAX]; /* of the readers' threads, opened when needed */
	struct lane *sensors, *readers;
	struct watch *watch;
	struct limiter limiter;
	_Atomic uint64_t body_promised;
	_Atomic unsigned active; /* requests whose answer is not out yet */
	atomic_bool stopping;    /* long questions end with it too */
	char *key, *certificate; /* PEM texts */
	struct MHD_Daemon *tls, *plain;
	uint16_t tls_port, plain_port;
	time_t started;
};

/* --- exchange.c: libmicrohttpd's callbacks --- */

void *exchange_begin(void *state, const char *target, struct MHD_Connection *http);
enum MHD_Result exchange_step(void *state, struct MHD_Connection *http, const char *target,
                              const char *method, const char *version, const char *upload,
                              size_t *upload_size, void **request);
void exchange_end(void *state, struct MHD_Connection *http, void **request,
                  enum MHD_RequestTerminationCode why);
void exchange_connection(void *state, struct MHD_Connection *http, void **connection,
                         enum MHD_ConnectionNotificationCode what);

/* Run a request's handler in a lane's thread, then wake its connection. */
void exchange_work(void *state, unsigned thread, struct lane_job *job);

/* --- check.c: what is refused before anything is done --- */

/* The headers of a request whose line is read: fill route, caller, body room. False: the reply
 * is there. */
bool check_request(struct request *rq, const char *method);

/* --- auth.c --- */

/* Fill rq->caller as the route wants it. False: the reply is there. */
bool auth_check(struct request *rq);

/* Count a wrong credential from this connection; answers `status` (401 or 403) or, past the
 * limit, 429. */
void auth_fail(struct request *rq, unsigned status, const char *detail);

/* --- peer.c --- */

void peer_address(struct connection *c, const struct sockaddr *from);

/* Look at the certificate, once for each connection. */
void peer_look(struct connection *c, void *tls_session, const struct pki_authority *authority);

#endif
