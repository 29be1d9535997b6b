/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a configuration file says of capturing: the sections [capture] and [raw].
 *
 * watch_settings_init(), then conf/config.h with the tables; texts point into the ini, the
 * prefixes are owned: watch_settings_clear().
 */
#ifndef CAPTURE_CAPTURE_SETTINGS_H
#define CAPTURE_CAPTURE_SETTINGS_H

#include "capture/raw.h"
#include "capture/ring.h"
#include "conf/setting.h"
#include "model/addr.h"

#include <stdbool.h>
#include <stdint.h>

#define CAPTURE_MEMORY_DEFAULT UINT64_C(33554432) /* 32 MiB */

struct capture_settings {
	const char *interface; /* NULL: none, as with a replay */
	struct prefix_set net; /* the monitored space, sealed */
	const char *filter;    /* pcap-filter(7); NULL: everything */
	uint64_t threads;      /* 1 to 16 */
	uint64_t ring;         /* bytes in the kernel, over all threads */
	uint64_t memory;       /* bytes for open windows and those on their way */
	bool promiscuous;
	bool live;        /* windows of one second beside those of a minute */
	const char *user; /* whom root becomes */
};

/* A local ring of raw packets. */
struct raw_settings {
	const char *directory; /* NULL: none is kept */
	uint64_t size;         /* bytes of all files */
};

struct watch_settings {
	struct capture_settings capture;
	struct raw_settings raw;
};

/* Sections [capture] and [raw]. Their offsets are those of struct watch_settings, which a
 * program's settings for conf/config.h must therefore begin with. */
extern const struct setting_table capture_setting_table, raw_setting_table;

/* The same as arrays, for tables that are constants. */
enum { CAPTURE_SETTINGS = 9, RAW_SETTINGS = 2 };
extern const struct setting capture_setting_rows[CAPTURE_SETTINGS];
extern const struct setting raw_setting_rows[RAW_SETTINGS];

/* What watch_settings_init() sets, as an initialiser. */
#define WATCH_SETTINGS_DEFAULTS                               \
	{                                                     \
		.capture = {.threads = 1,                     \
		            .ring = RING_BYTES_DEFAULT,       \
		            .memory = CAPTURE_MEMORY_DEFAULT, \
		            .promiscuous = true,              \
		            .live = true,                     \
		            .user = "nobody"},                \
		.raw = {.size = RAW_BYTES_DEFAULT},           \
	}

void watch_settings_init(struct watch_settings *s);

/* What no single key can tell: net is there, ring and memory are enough for the threads. */
MUST_USE enum status capture_settings_check(const struct capture_settings *s, struct trouble *t);

void watch_settings_clear(struct watch_settings *s);

#endif
