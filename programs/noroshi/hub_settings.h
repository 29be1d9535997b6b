/* SPDX-License-Identifier: Apache-2.0 */
/* The hub's configuration file: one table, which reads it, samples it and documents it. */
#ifndef NOROSHI_HUB_SETTINGS_H
#define NOROSHI_HUB_SETTINGS_H

#include "conf/config.h"

#include <stdbool.h>
#include <stdint.h>

struct hub_settings {
	const char *directory, *listen, *plain;
	bool metrics_local;
	uint64_t connections, connections_address;
	const char *store_url, *store_user, *store_password_file, *store_database, *store_cluster;
	const char *store_authority, *storer;
	uint64_t store_memory, store_threads, query_memory, query_seconds;
	uint64_t journal_size;
	const char *country, *network;
	uint64_t keep_rows, keep_windows, keep_minutes, keep_hours, keep_days;
	uint64_t min_sensors, min_sources, round_to, grain;
	uint64_t certificate_days;
};

extern const struct config_table hub_config;
extern const struct hub_settings hub_defaults;

#endif
