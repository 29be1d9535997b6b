/* SPDX-License-Identifier: Apache-2.0 */
#include "hub_front.h"

#include "base/confine.h"
#include "base/metrics.h"
#include "base/pki.h"
#include "command.h"
#include "enrich/geo.h"
#include "intake/intake.h"
#include "notify.h"
#include "serve/server.h"
#include "store/control.h"
#include "store/engine.h"
#include "store/observations.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_MAX_HERE = 512 };

/* Files of the state directory. */
struct paths {
	char control[PATH_MAX_HERE], journal[PATH_MAX_HERE];
	char authority_key[PATH_MAX_HERE], authority[PATH_MAX_HERE];
	char key[PATH_MAX_HERE], certificate[PATH_MAX_HERE], folder[PATH_MAX_HERE];
};

struct front {
	struct hub_place *place;
	const struct hub_settings *settings; /* the place's */
	const struct log *log;
	struct paths paths;
	char hub_id[CONTROL_HUB_ID_MAX];
	struct engine_options engine; /* how every connection to the store is made */
	struct engine *writer;        /* the writer's own */
	struct observations_keep keep;
	struct control *control;
	struct pki_authority *authority;
	struct geo *country, *network;
	struct metrics metrics;
	struct intake *intake;
	struct serve *serve;
};

static void set_paths(struct paths *p, const char *directory)
{
	const struct {
		char *path;
		const char *name;
	} files[] = {
	        {p->control, "control.db"},
	        {p->journal, "journal"},
	        {p->authority_key, "authority.key"},
	        {p->authority, "authority.pem"},
	        {p->key, "hub.key"},
	        {p->certificate, "hub.pem"},
	        {p->folder, "answers"},
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		snprintf(files[i].path, PATH_MAX_HERE, "%.400s/%s", directory, files[i].name);
}

static const char *or_null(const char *text)
{
	return text && *text ? text : NULL;
}

/* For intake's writer, in its thread. An insert may take longer than a question. */
static enum status open_store(void *state, struct observations **out, struct trouble *t)
{
	struct front *f = state;
	struct engine_options o = f->engine;
	enum status st = STATUS_OK;

	o.seconds = 0;
	o.memory_bytes = 0;
	if (!f->writer)
		st = engine_open(&f->writer, &o, t);
	if (!st)
		st = engine_ping(f->writer, t);
	if (!st)
		st = observations_open(out,
		                       &(struct observations_config){
		                               .engine = f->writer,
		                               .log = f->log,
		                               .cluster = or_null(f->settings->store_cluster)},
		                       t);
	return st;
}

static enum status open_names(struct geo **out, const char *path, struct trouble *t)
{
	return or_null(path) ? geo_open(out, path, t) : STATUS_OK;
}

static enum status open_state(struct front *f, struct trouble *t)
{
	enum status st = control_open(&f->control, f->paths.control, t);

	if (!st)
		st = control_hub_id(f->control, f->hub_id, t);
	if (!st)
		st = pki_authority_load(&f->authority, f->paths.authority_key, f->paths.authority,
		                        t);
	if (!st)
		st = open_names(&f->country, f->settings->country, t);
	if (!st)
		st = open_names(&f->network, f->settings->network, t);
	if (!st && mkdir(f->paths.folder, 0700) != 0 && errno != EEXIST)
		st = trouble_set(t, status_of_errno(errno), f->paths.folder, 0, "cannot make: %s",
		                 strerror(errno));
	return st;
}

static enum status open_intake(struct front *f, struct trouble *t)
{
	f->keep = hub_place_keep(f->place);
	return intake_open(&f->intake,
	                   &(struct intake_options){
	                           .journal = f->paths.journal,
	                           .journal_bytes_max = f->settings->journal_size,
	                           .control = f->control,
	                           .open_store = open_store,
	                           .store_state = f,
	                           .keep = &f->keep,
	                           .country = f->country,
	                           .network = f->network,
	                           .hub_id = f->hub_id,
	                           .metrics = &f->metrics,
	                           .log = f->log,
	                   },
	                   t);
}

static enum status open_server(struct front *f, struct trouble *t)
{
	const struct hub_settings *s = f->settings;

	return serve_start(&f->serve,
	                   &(struct serve_options){
	                           .listen = or_null(s->listen),
	                           .plain = or_null(s->plain),
	                           .key = f->paths.key,
	                           .certificate = f->paths.certificate,
	                           .authority = f->authority,
	                           .certificate_days = (uint32_t)s->certificate_days,
	                           .control = f->paths.control,
	                           .intake = f->intake,
	                           .submit = intake_submit,
	                           .store = &f->engine,
	                           .others = {.min_sensors = (uint32_t)s->min_sensors,
	                                      .min_sources = (uint32_t)s->min_sources,
	                                      .round_to = (uint32_t)s->round_to,
	                                      .grain_minutes = (uint32_t)s->grain},
	                           .keep = f->keep,
	                           .folder = f->paths.folder,
	                           .connections_max = (unsigned)s->connections,
	                           .address_max = (unsigned)s->connections_address,
	                           .metrics_local = s->metrics_local,
	                           .metrics = &f->metrics,
	                           .log = f->log,
	                   },
	                   t);
}

/* What of the disk this process needs; the rest is out of its reach. */
static enum status confine_front(const struct front *f, struct trouble *t)
{
	const char *wanted[] = {"/etc",
	                        "/usr/share",
	                        "/run/systemd/resolve",
	                        f->settings->country,
	                        f->settings->network,
	                        f->settings->store_password_file,
	                        f->settings->store_authority};
	const char *read[sizeof(wanted) / sizeof(wanted[0]) + 1] = {0};
	const char *write[] = {f->place->dir, NULL};
	struct confine_result result;
	size_t n = 0;

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		if (or_null(wanted[i]) && access(wanted[i], R_OK) == 0)
			read[n++] = wanted[i];
	}
	if (geteuid() == 0) {
		log_warning(f->log, "running-as-root",
		            "hint=\"give the state directory to a user of its own\"");
		return STATUS_OK;
	}
	return confine(&(struct confine_options){.role = CONFINE_HUB, .read = read, .write = write},
	               f->log, &result, t);
}

static void serve_until_told(struct front *f)
{
	const struct timespec second = {1, 0};
	sigset_t wanted;
	int number;

	sigemptyset(&wanted);
	sigaddset(&wanted, SIGTERM);
	sigaddset(&wanted, SIGINT);
	sigaddset(&wanted, SIGHUP);
	log_note(f->log, "hub-ready", "port=%u plain_port=%u", serve_port(f->serve),
	         serve_plain_port(f->serve));
	notify("READY=1");
	do {
		number = sigtimedwait(&wanted, NULL, &second);
		if (number == SIGHUP)
			log_note(f->log, "hub-keeps-settings",
			         "hint=\"restart the hub to read its configuration again\"");
	} while (number != SIGTERM && number != SIGINT);
	log_note(f->log, "hub-stops", "signal=%d", number);
	notify("STOPPING=1");
}

static void front_clear(struct front *f)
{
	serve_stop(f->serve);
	intake_close(f->intake);
	engine_free(f->writer);
	control_close(f->control);
	pki_authority_free(f->authority);
	geo_free(f->country);
	geo_free(f->network);
	free(f);
}

int front_run(struct hub_place *place, const struct log *log)
{
	struct front *f = calloc(1, sizeof(*f));
	struct trouble t = {0};
	enum status st;

	if (!f)
		return EXIT_NOTHING;
	f->place = place;
	f->settings = &place->settings;
	f->log = log;
	set_paths(&f->paths, place->dir);
	st = confine_front(f, &t);
	if (!st)
		st = hub_place_password(place, &t);
	if (!st)
		st = open_state(f, &t);
	hub_place_engine(place, &f->engine);
	if (!st)
		st = open_intake(f, &t);
	if (!st)
		st = open_server(f, &t);
	if (st)
		log_trouble(log, LOG_LEVEL_ERROR, "hub-not-started", &t);
	else
		serve_until_told(f);
	front_clear(f);
	return st ? EXIT_NOTHING : 0;
}
