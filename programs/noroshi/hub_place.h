/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a hub is and what it was told: the state directory, its configuration, and how its store is
 * reached. What the hub itself, its tools and `noroshi query --config` share.
 */
#ifndef NOROSHI_HUB_PLACE_H
#define NOROSHI_HUB_PLACE_H

#include "hub_settings.h"
#include "store/engine.h"
#include "store/observations.h"

#include <limits.h>
#include <stdbool.h>

enum { HUB_PASSWORD_MAX = 512 };

struct hub_place {
	struct hub_settings settings; /* texts belong to the ini */
	struct ini *ini;
	char dir[PATH_MAX]; /* the state directory */
	char data[PATH_MAX], socket[PATH_MAX], storer[PATH_MAX];
	char password[HUB_PASSWORD_MAX];
};

/* Read a configuration. The state directory is the one that it names, else its own. */
MUST_USE enum status hub_place_read(struct hub_place *p, const char *config, struct trouble *t);

/* The store's password, where there is one: read before files go out of reach. */
MUST_USE enum status hub_place_password(struct hub_place *p, struct trouble *t);

/* How a question reaches the store: with the limits of one. */
void hub_place_engine(const struct hub_place *p, struct engine_options *out);

/* Is the store the embedded engine, that somebody must run? */
bool hub_place_is_embedded(const struct hub_place *p);

struct observations_keep hub_place_keep(const struct hub_place *p);

/* A hub is running on it: its journal is taken. */
bool hub_place_is_running(const struct hub_place *p);

/* Where noroshi-storer is unless somebody says else: beside this program. */
void hub_place_storer(char out[PATH_MAX]);

void hub_place_clear(struct hub_place *p);

#endif
