/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each route does (serve/route.h). A handler reads its checked request and fills the
 * reply; `thread` is its number within the lane. Private to serve/.
 */
#ifndef SERVE_HANDLERS_H
#define SERVE_HANDLERS_H

#include "serve/body.h"
#include "serve/inner.h"

/* handle_self.c */
void handle_healthz(struct request *rq, unsigned thread);
void handle_openapi(struct request *rq, unsigned thread);
void handle_metrics(struct request *rq, unsigned thread);
void handle_status(struct request *rq, unsigned thread);

/* handle_sensor.c */
void handle_enrol(struct request *rq, unsigned thread);
void handle_renew(struct request *rq, unsigned thread);
void handle_batch(struct request *rq, unsigned thread);

/* handle_view.c */
void handle_sensors(struct request *rq, unsigned thread);
void handle_sensor_one(struct request *rq, unsigned thread);
void handle_members(struct request *rq, unsigned thread);

/* handle_change.c */
void handle_revoke(struct request *rq, unsigned thread);
void handle_invite(struct request *rq, unsigned thread);

/* handle_query.c */
void handle_query(struct request *rq, unsigned thread);
void handle_source(struct request *rq, unsigned thread);

struct control_sensor;

/* --- shared by them --- */

/* Seconds since 1970 as RFC 3339; 0: null. */
void write_time(struct json_out *j, const char *key, uint64_t seconds);
void write_sensor(struct json_out *j, const char *key, const struct control_sensor *s);

/* The caller sees all sensors. */
bool caller_sees_all(const struct caller *c);
/* The caller sees this sensor. */
bool caller_sees(const struct caller *c, const struct control_sensor *s);

/* A failure of the control data: into the log with its reason, and as an answer. */
void answer_failure(struct request *rq, enum status st, const struct trouble *t);

/* The body's fields. NULL, and the reply 400 or 422. The caller frees it with body_free(). */
struct body *read_body(struct request *rq, const struct body_field *fields, size_t count);

#endif
