/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The OpenAPI 3.1 description of a table of routes. What follows from a row without being
 * written there - 400 for parameters, 401 and 403 for rights, 413 for bodies - is added here
 * as the server acts. Pure, any thread.
 */
#ifndef SERVE_OPENAPI_H
#define SERVE_OPENAPI_H

#include "base/json_out.h"
#include "serve/route.h"

void openapi_write(const struct route *table, struct json_out *j);

#endif
