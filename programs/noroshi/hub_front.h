/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hub's own process: control data, journal and writer, HTTP server; wired from its settings.
 */
#ifndef NOROSHI_HUB_FRONT_H
#define NOROSHI_HUB_FRONT_H

#include "base/log.h"
#include "hub_place.h"

/* Serve until SIGTERM or SIGINT, which the caller has blocked. directory is the state's. Returns
 * the process's exit status; what went wrong is in the log. One thread when it is called. */
int front_run(struct hub_place *place, const struct log *log);

#endif
