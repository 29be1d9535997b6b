/* SPDX-License-Identifier: Apache-2.0 */
#include "hub_store.h"

#include "base/metrics.h"
#include "enrich/geo.h"
#include "intake/intake.h"
#include "intake/journal.h"
#include "store/storer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	WAIT_OWN_S = 120,  /* for an engine that starts */
	WAIT_OTHER_S = 10, /* for one that should be there */
	STUCK_S = 120,     /* the journal does not get shorter */
	NAP_MS = 50,
};

static void nap(void)
{
	const struct timespec t = {0, NAP_MS * 1000000L};

	nanosleep(&t, NULL);
}

static const char *or_null(const char *text)
{
	return text && *text ? text : NULL;
}

static enum status take_hold(struct hub_store *h, struct trouble *t)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%.4000s/journal", h->place.dir);
	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		return trouble_set(t, status_of_errno(errno), path, 0, "cannot make it: %s",
		                   strerror(errno));
	snprintf(path, sizeof(path), "%.4000s/journal/lock", h->place.dir);
	h->hold = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (h->hold < 0)
		return trouble_set(t, status_of_errno(errno), path, 0, "cannot open: %s",
		                   strerror(errno));
	if (flock(h->hold, LOCK_EX | LOCK_NB) != 0) {
		close(h->hold);
		h->hold = -1;
	}
	return STATUS_OK;
}

static void let_go(struct hub_store *h)
{
	if (h->hold >= 0)
		close(h->hold);
	h->hold = -1;
}

/* Who answers may be a storer of before, on its way out: its data directory tells. */
static bool is_ours(const struct hub_place *place, struct storer *storer)
{
	char path[PATH_MAX], text[32] = "";
	FILE *file;

	snprintf(path, sizeof(path), "%.4000s/storer.lock", place->data);
	file = fopen(path, "re");
	if (!file)
		return false;
	if (!fgets(text, sizeof(text), file))
		text[0] = '\0';
	fclose(file);
	return storer_pid(storer) != 0 && atol(text) == (long)storer_pid(storer);
}

static enum status wait_for(struct engine *e, const struct hub_place *place, struct storer *storer,
                            unsigned seconds, struct trouble *t)
{
	enum status st = STATUS_UNAVAILABLE;

	for (unsigned waited = 0; waited <= seconds * 1000; waited += NAP_MS) {
		st = storer && !is_ours(place, storer) ? STATUS_UNAVAILABLE : engine_ping(e, t);
		if (st != STATUS_UNAVAILABLE)
			return st;
		nap();
	}
	return t->text[0]
	               ? st
	               : trouble_set(t, st, place->data, 0, "the embedded engine does not start");
}

enum status hub_store_engine(struct engine **out, const struct hub_place *place,
                             struct storer *storer, unsigned seconds, struct trouble *t)
{
	struct engine_options o;
	enum status st;

	hub_place_engine(place, &o);
	o.seconds = 0;
	o.memory_bytes = 0;
	st = engine_open(out, &o, t);
	if (!st)
		st = wait_for(*out, place, storer, seconds, t);
	if (st) {
		engine_free(*out);
		*out = NULL;
	}
	return st;
}

static enum status start_storer(struct hub_store *h, struct trouble *t)
{
	return storer_start(&h->storer,
	                    &(struct storer_options){
	                            .program = h->place.storer,
	                            .data = h->place.data,
	                            .socket = h->place.socket,
	                            .memory_bytes = h->place.settings.store_memory,
	                            .threads = (uint32_t)h->place.settings.store_threads,
	                            .quiet = h->log.level < LOG_LEVEL_NOTE,
	                            .log = &h->log,
	                    },
	                    t);
}

static enum status open_observations(const struct hub_store *h, struct engine *engine,
                                     struct observations **out, struct trouble *t)
{
	return observations_open(
	        out,
	        &(struct observations_config){.engine = engine,
	                                      .log = &h->log,
	                                      .cluster = or_null(h->place.settings.store_cluster)},
	        t);
}

enum status hub_store_open(struct hub_store *h, const struct hub_session *s, struct trouble *t)
{
	char config[PATH_MAX];
	enum status st;

	*h = (struct hub_store){.log = log_standard(), .hold = -1};
	h->log.level = isatty(STDERR_FILENO) ? LOG_LEVEL_NOTE : LOG_LEVEL_WARNING;
	hub_path(s, "hub.conf", config);
	st = hub_place_read(&h->place, config, t);
	if (!st)
		st = take_hold(h, t);
	if (!st)
		st = hub_place_password(&h->place, t);
	if (!st && h->hold >= 0 && hub_place_is_embedded(&h->place))
		st = start_storer(h, t);
	if (!st)
		st = hub_store_engine(&h->engine, &h->place, h->storer,
		                      h->storer ? WAIT_OWN_S : WAIT_OTHER_S, t);
	return st ? st : open_observations(h, h->engine, &h->observations, t);
}

bool hub_store_is_still(const struct hub_store *h)
{
	return h->hold >= 0;
}

enum status hub_store_want_still(const struct hub_store *h, const char *why, struct trouble *t)
{
	if (h->hold >= 0)
		return STATUS_OK;
	return trouble_set(t, STATUS_CONFLICT, h->place.dir, 0,
	                   "%s wants the hub to stand still: a hub, or another tool, is at work "
	                   "here; stop it (sensors keep what they see), and start it again after",
	                   why);
}

void hub_store_close(struct hub_store *h)
{
	observations_close(h->observations);
	engine_free(h->engine);
	storer_stop(h->storer);
	let_go(h);
	hub_place_clear(&h->place);
}

/* --- what waits in the journal --- */

struct drain {
	struct hub_store *store;
	struct engine *engine; /* the writer's */
	struct geo *country, *network;
	struct metrics metrics;
	char hub_id[CONTROL_HUB_ID_MAX], journal[PATH_MAX];
};

/* In the writer's thread. */
static enum status open_for_writer(void *state, struct observations **out, struct trouble *t)
{
	struct drain *d = state;
	enum status st = STATUS_OK;

	if (!d->engine)
		st = hub_store_engine(&d->engine, &d->store->place, NULL, WAIT_OTHER_S, t);
	return st ? st : open_observations(d->store, d->engine, out, t);
}

/* For as long as it gets shorter. */
static enum status drain_all(struct drain *d, struct intake *in, struct trouble *t)
{
	uint64_t before = 0, now;

	for (unsigned waited = 0; waited < STUCK_S; waited++) {
		if (intake_drain(in, 1000) == STATUS_OK)
			return STATUS_OK;
		now = atomic_load(&d->metrics.value[METRIC_STORE_SEGMENTS]);
		waited = now != before ? 0 : waited;
		before = now;
	}
	return trouble_set(t, STATUS_UNAVAILABLE, d->journal, 0,
	                   "what waits in the journal does not go into the store");
}

static enum status run_intake(struct drain *d, struct hub_session *s, struct trouble *t)
{
	struct intake *in = NULL;
	enum status st = intake_open(&in,
	                             &(struct intake_options){
	                                     .journal = d->journal,
	                                     .journal_bytes_max = UINT64_MAX,
	                                     .control = s->control,
	                                     .open_store = open_for_writer,
	                                     .store_state = d,
	                                     .country = d->country,
	                                     .network = d->network,
	                                     .hub_id = d->hub_id,
	                                     .metrics = &d->metrics,
	                                     .log = &d->store->log,
	                             },
	                             t);

	if (!st)
		st = drain_all(d, in, t);
	intake_close(in);
	return st;
}

static enum status open_names(struct drain *d, struct trouble *t)
{
	const struct hub_settings *s = &d->store->place.settings;
	enum status st = STATUS_OK;

	if (or_null(s->country))
		st = geo_open(&d->country, s->country, t);
	if (!st && or_null(s->network))
		st = geo_open(&d->network, s->network, t);
	return st;
}

/* The intake takes the lock itself; between the two a hub may start, and then that is told. */
static enum status drain(struct drain *d, struct hub_session *s, struct trouble *t)
{
	enum status st = control_hub_id(s->control, d->hub_id, t);

	if (!st)
		st = open_names(d, t);
	if (st)
		return st;
	let_go(d->store);
	st = run_intake(d, s, t);
	if (!st)
		st = take_hold(d->store, t);
	return st ? st : hub_store_want_still(d->store, "this", t);
}

enum status hub_store_drain(struct hub_store *h, struct hub_session *s, struct trouble *t)
{
	uint64_t oldest, newest;
	struct drain *d;
	enum status st = hub_store_want_still(h, "this", t);

	if (st)
		return st;
	d = calloc(1, sizeof(*d));
	if (!d)
		return trouble_set(t, STATUS_NO_MEMORY, NULL, 0, "out of memory");
	d->store = h;
	snprintf(d->journal, sizeof(d->journal), "%.4000s/journal", h->place.dir);
	st = journal_span(d->journal, &oldest, &newest, t);
	if (!st && newest)
		st = drain(d, s, t);
	engine_free(d->engine);
	geo_free(d->country);
	geo_free(d->network);
	free(d);
	return st;
}
