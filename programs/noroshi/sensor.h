/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of `noroshi sensor` share.
 *
 * Three processes: the parent only waits and hands on signals; the capture process has the
 * capture socket and nothing else; the shipper has key, spool and network. Frames go from
 * the capture process to the shipper through a pipe, a changed configuration from the parent to
 * both, and figures stand on a board in shared memory. When one ends, so do the others.
 */
#ifndef NOROSHI_SENSOR_H
#define NOROSHI_SENSOR_H

#include "base/log.h"
#include "capture/capture_settings.h"
#include "command.h"
#include "conf/config.h"
#include "ship/enrol.h"

#include <limits.h>
#include <stdatomic.h>

#define SENSOR_DIRECTORY "/var/lib/noroshi-sensor"
#define SENSOR_USER      "noroshi-sensor" /* nobody where there is no such user */

struct sensor_settings {
	struct watch_settings watch; /* first: see capture/capture_settings.h */
	const char *directory;       /* NULL: the configuration file's */
	const char *owner;           /* to whom root gives the directory; NULL: SENSOR_USER */
	const char *url;
	uint64_t bandwidth; /* bytes a second to the hub; 0: no limit */
	uint64_t spool_size;
};

extern const struct config_table sensor_config;
extern const struct sensor_settings sensor_defaults;

/* Written by one process, read by another. */
struct sensor_board {
	/* the shipper's */
	_Atomic uint64_t spool_bytes, lost_windows, lost_rows, lost_packets, refused;
	/* the capture process's */
	_Atomic uint64_t packets, windows, dropped_kernel, dropped_own, malformed, skipped, late;
	_Atomic uint64_t outages, uptime_s, watching, raw_lost;
};

/* One run of the sensor; the children inherit it by fork. */
struct sensor {
	const char *config_path, *replay;
	double speed;
	bool keep_times, once;
	char directory[PATH_MAX], spool[PATH_MAX + 8], status[PATH_MAX + 16];
	struct enrol_files files;
	struct ini *ini;
	struct sensor_settings settings;
	struct pki_facts certificate; /* number and name */
	uint32_t destination_key;
	uint64_t boot_id;
	struct sensor_board *board;
	struct log log;
};

/* A configuration that came over a control pipe, for a child. */
struct sensor_news {
	struct ini *ini;
	struct sensor_settings settings;
};

/* What the children do; the return value is their exit status. */
int sensor_capture(struct sensor *s, int frames, int control);
int sensor_shipper(struct sensor *s, int frames, int control);

/* A child has its handlers: signals of the time before come now. */
void sensor_take_signals(void);

/* Wait at most wait_ms (-1: for ever) for a configuration. STATUS_END: the parent is gone;
 * STATUS_UNAVAILABLE: nothing came. */
MUST_USE enum status sensor_news_wait(struct sensor *s, int control, int wait_ms,
                                      struct sensor_news *out);
void sensor_news_clear(struct sensor_news *news);

/* The figures as JSON in the state directory, for `noroshi sensor status`. */
struct spool;
struct sender;
void sensor_status_write(const struct sensor *s, struct spool *spool, struct sender *sender);

/* The secret that hashes destinations: made once. */
MUST_USE enum status sensor_destination_key(const char *directory, uint32_t *key,
                                            struct trouble *t);

/* Key and spool are not for root, who may be a stranger to them later: what root owns in the
 * directory is given to the user of the sensor. Nothing happens unless we are root. */
MUST_USE enum status sensor_give_directory(const char *directory, const char *user,
                                           struct trouble *t);

/* Root becomes the owner of the directory. */
MUST_USE enum status sensor_become_owner(const char *directory, struct trouble *t);

void sensor_complain(const struct trouble *t);

int sensor_join_main(int argc, char **argv);
int sensor_status_main(int argc, char **argv);

extern const struct option_table sensor_options;
extern const struct option_table sensor_join_options;
extern const struct option_table sensor_status_options;
extern const struct command command_sensor;

#endif
