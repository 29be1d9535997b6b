/* SPDX-License-Identifier: Apache-2.0 */
#include "hub_settings.h"

#define AT(field) offsetof(struct hub_settings, field)

#define TEXT(name, help, field)                                       \
	{                                                             \
		name, help, SETTING_TEXT, AT(field), 0, 0, NULL, NULL \
	}
#define COUNT(name, help, field, low, high)                                 \
	{                                                                   \
		name, help, SETTING_COUNT, AT(field), low, high, NULL, NULL \
	}
#define SIZE(name, help, field, low, high)                                 \
	{                                                                  \
		name, help, SETTING_SIZE, AT(field), low, high, NULL, NULL \
	}

static const struct setting hub_rows[] = {
        TEXT("directory",
             "Where the hub keeps its state; empty: the directory of this file. 'noroshi hub init' "
             "makes it.",
             directory),
        TEXT("listen", "The address and port for sensors, members and programs, with TLS.", listen),
        TEXT("plain",
             "A loopback address and port, or the path of a Unix socket, without TLS: for a "
             "web server in front, and for local programs. Empty: none.",
             plain),
        {"local-metrics", "Whether /metrics needs no token from this machine", SETTING_FLAG,
         AT(metrics_local), 0, 0, NULL, NULL},
        COUNT("connections", "Connections in all,", connections, 16, 100000),
        COUNT("address-connections", "Connections from one address,", connections_address, 1,
              100000),
        COUNT("certificate-days", "How long a sensor's certificate lives, in days,",
              certificate_days, 1, 3650),
};

static const struct setting store_rows[] = {
        TEXT("url",
             "A ClickHouse server, as http://host:8123 or https://host:8443. Empty: the engine "
             "that comes with noroshi, in the state directory.",
             store_url),
        TEXT("user", "The server's user.", store_user),
        TEXT("password-file", "A file with the user's password on its first line.",
             store_password_file),
        TEXT("database", "The server's database. Empty: its default one.", store_database),
        TEXT("cluster",
             "The name of the server's cluster, for replicated and distributed tables. Empty: one "
             "server.",
             store_cluster),
        TEXT("authority",
             "A PEM file with who signs the server's certificate. Empty: the system's.",
             store_authority),
        TEXT("program", "The embedded engine's program. Empty: noroshi-storer beside noroshi.",
             storer),
        SIZE("memory", "What the embedded engine may take,", store_memory, 268435456., 1e15),
        COUNT("threads", "Threads of the embedded engine; 0: as many as processors;", store_threads,
              0, 1024),
        SIZE("query-memory", "What one question may take,", query_memory, 16777216., 1e15),
        COUNT("query-seconds", "How long one question may take, in seconds,", query_seconds, 1,
              86400),
};

static const struct setting intake_rows[] = {
        SIZE("journal-size",
             "What may wait on disk for the store; past it sensors are asked to come later,",
             journal_size, 16777216., 1e15),
        TEXT("country", "A MaxMind-format file with countries. Empty: none.", country),
        TEXT("network", "A MaxMind-format file with networks (AS numbers). Empty: none.", network),
};

static const struct setting keep_rows[] = {
        COUNT("rows", "Days that flow rows are kept; 0: for ever;", keep_rows, 0, 36500),
        COUNT("windows", "Days that the windows' honest figures are kept; 0: for ever;",
              keep_windows, 0, 36500),
        COUNT("minutes", "Days that sums by minute are kept; 0: for ever;", keep_minutes, 0, 36500),
        COUNT("hours", "Days that sums by hour are kept; 0: for ever;", keep_hours, 0, 36500),
        COUNT("days", "Days that sums by day are kept; 0: for ever;", keep_days, 0, 36500),
};

static const struct setting sharing_rows[] = {
        COUNT("min-sensors", "Sensors that add to a figure over others' sensors, at least",
              min_sensors, 1, 10000),
        COUNT("min-sources", "Sources that add to a figure over others' sensors, at least",
              min_sources, 1, 1000000),
        COUNT("round-to", "Figures over others' sensors are rounded to multiples of a number",
              round_to, 1, 1000000),
        COUNT("grain", "Minutes of the narrowest column over others' sensors, a divisor of 1440,",
              grain, 1, 1440),
};

#define ROWS(rows)                                   \
	{                                            \
		rows, sizeof(rows) / sizeof(rows[0]) \
	}

static const struct config_section sections[] = {
        {"hub", "Where the hub is and who may reach it.", ROWS(hub_rows)},
        {"store", "Where observations are kept.", ROWS(store_rows)},
        {"intake", "What becomes of windows on their way in.", ROWS(intake_rows)},
        {"keep", "How long observations are kept.", ROWS(keep_rows)},
        {"sharing", "What members see of each other's sensors, where a member's profile asks less.",
         ROWS(sharing_rows)},
};

const struct config_table hub_config = {
        .command = "hub",
        .help = "The configuration of a noroshi hub; see noroshi-hub(1).",
        .sections = sections,
        .count = sizeof(sections) / sizeof(sections[0]),
};

const struct hub_settings hub_defaults = {
        .listen = "[::]:7443",
        .metrics_local = true,
        .connections = 1024,
        .connections_address = 256,
        .certificate_days = 90,
        .store_memory = UINT64_C(2) << 30,
        .query_memory = UINT64_C(1) << 30,
        .query_seconds = 60,
        .journal_size = UINT64_C(1) << 30,
        .keep_rows = 90,
        .keep_windows = 400,
        .keep_minutes = 60,
        .keep_hours = 800,
        .min_sensors = 5,
        .min_sources = 5,
        .round_to = 10,
        .grain = 10,
};
