/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor.h"

#include "capture/raw.h"
#include "capture/ring.h"
#include "ship/spool.h"

#define AT(field) offsetof(struct sensor_settings, field)

static const struct setting hub_rows[] = {
        {.name = "url", .help = "the hub, as https://HOST:PORT", .offset = AT(url)},
        {.name = "bandwidth",
         .help = "a limit of what goes to the hub, in bytes a second (0: none)",
         .type = SETTING_SIZE,
         .offset = AT(bandwidth),
         .high = 1e12},
        {.name = "directory",
         .help = "where key, certificate and spool are; empty: the directory of this file",
         .offset = AT(directory)},
        {.name = "owner",
         .help = "the user to whom root gives that directory and who ships; empty: " SENSOR_USER
                 ", or nobody where there is no such user",
         .offset = AT(owner)},
};

static const struct setting spool_rows[] = {
        {.name = "size",
         .help = "the room on disk for what waits for the hub: 256M holds a week of a /24,",
         .type = SETTING_SIZE,
         .offset = AT(spool_size),
         .low = (double)SPOOL_BYTES_MIN,
         .high = (double)(UINT64_C(1) << 50)},
};

#define ROWS(rows)                                   \
	{                                            \
		rows, sizeof(rows) / sizeof(rows[0]) \
	}

static const struct config_section sections[] = {
        {"hub", "Where the windows go.", ROWS(hub_rows)},
        {"capture", "Where packets come from.", {capture_setting_rows, CAPTURE_SETTINGS}},
        {"spool", "What waits while the hub cannot be reached.", ROWS(spool_rows)},
        {"raw",
         "A ring of raw packets that stays on this machine; none unless it has a directory.",
         {raw_setting_rows, RAW_SETTINGS}},
};

const struct config_table sensor_config = {
        .command = "sensor",
        .help = "The configuration of a noroshi sensor; see noroshi-sensor(1).",
        .sections = sections,
        .count = sizeof(sections) / sizeof(sections[0]),
};

const struct sensor_settings sensor_defaults = {
        .watch = WATCH_SETTINGS_DEFAULTS,
        .spool_size = SPOOL_BYTES_DEFAULT,
};
