/* SPDX-License-Identifier: Apache-2.0 */
/* `noroshi sensor status`: the figures that the shipper wrote (sensor_figures.c). */
#include "sensor.h"

#include "base/clock.h"
#include "base/timefmt.h"
#include "report/safe.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FRESH_S = 30 };

static uint64_t wall_s(void)
{
	return clock_wall_ns() / NS_PER_SECOND;
}

struct status_settings {
	const char *directory;
	bool json, help;
};

static const struct option rows[] = {
        {"dir", "DIR", "The sensor's directory; " SENSOR_DIRECTORY " unless given.", OPTION_TEXT,
         offsetof(struct status_settings, directory), 0, 0},
        {"json", NULL, "Print JSON.", OPTION_FLAG, offsetof(struct status_settings, json), 0, 0},
        {"help", NULL, "Print this.", OPTION_FLAG, offsetof(struct status_settings, help), 0, 0},
};

const struct option_table sensor_status_options = {
        .command = "sensor status",
        .synopsis = "[--dir DIR] [--json]",
        .about = "Tells what a sensor sees, what waits for the hub, and what was lost. Exit status "
                 "1: it does not run, or cannot tell.",
        .rows = rows,
        .count = sizeof(rows) / sizeof(rows[0]),
};

static uint64_t number(const json_t *root, const char *part, const char *name)
{
	const json_t *value = json_object_get(part ? json_object_get(root, part) : root, name);
	json_int_t n = json_integer_value(value);

	return n > 0 ? (uint64_t)n : 0;
}

static const char *text(const json_t *root, const char *part, const char *name, char out[256])
{
	const json_t *value = json_object_get(part ? json_object_get(root, part) : root, name);

	safe_text(json_is_string(value) ? json_string_value(value) : "", 60, out, 256);
	return out;
}

static bool flag(const json_t *root, const char *part, const char *name)
{
	return json_is_true(json_object_get(json_object_get(root, part), name));
}

static void print_time(const char *name, uint64_t when_s)
{
	char out[TIME_TEXT_MAX] = "never";

	if (when_s)
		time_text(when_s * NS_PER_SECOND, 0, out);
	printf("  %-22s %s\n", name, out);
}

static void print_number(const json_t *root, const char *label, const char *part, const char *name)
{
	printf("  %-22s %" PRIu64 "\n", label, number(root, part, name));
}

static void print_text(const json_t *root, bool runs)
{
	char a[256];

	printf("sensor %" PRIu64 " (%s), %s\n", number(root, NULL, "sensor"),
	       text(root, NULL, "name", a), runs ? "running" : "NOT RUNNING");
	print_time("figures of", number(root, NULL, "time_s"));
	printf("capture%s\n", flag(root, "capture", "watching") ? "" : " (sees nothing now)");
	print_number(root, "packets", "capture", "packets");
	print_number(root, "dropped by the kernel", "capture", "dropped_kernel");
	print_number(root, "dropped by us", "capture", "dropped_own");
	print_number(root, "malformed", "capture", "malformed");
	print_number(root, "outages", "capture", "outages");
	printf("spool\n");
	print_number(root, "windows waiting", "spool", "waiting_frames");
	print_number(root, "bytes waiting", "spool", "waiting_bytes");
	print_number(root, "bytes allowed", "spool", "disk_max");
	print_time("oldest window", number(root, "spool", "oldest_s"));
	print_number(root, "windows lost", "spool", "lost_windows");
	print_number(root, "rows lost", "spool", "lost_rows");
	print_number(root, "packets lost", "spool", "lost_packets");
	print_number(root, "refused by the hub", "spool", "refused");
	printf("hub %s\n", text(root, "hub", "url", a));
	print_time("last acknowledged", number(root, "hub", "last_ack_s"));
	if (!flag(root, "hub", "reached"))
		printf("  %-22s %s\n", "not reached", text(root, "hub", "why", a));
	print_time("certificate until", number(root, "hub", "certificate_until_s"));
}

static int print_status(const struct status_settings *o)
{
	char path[PATH_MAX];
	json_error_t error;
	json_t *root;
	bool runs;

	snprintf(path, sizeof(path), "%s/status.json", o->directory);
	root = json_load_file(path, 0, &error);
	if (!json_is_object(root)) {
		fprintf(stderr, "noroshi: %s: %s; has this sensor run?\n", path,
		        root ? "no figures" : error.text);
		json_decref(root);
		return EXIT_NOTHING;
	}
	runs = number(root, NULL, "time_s") + FRESH_S >= wall_s();
	if (o->json) {
		json_dumpf(root, stdout, JSON_INDENT(1));
		putchar('\n');
	} else {
		print_text(root, runs);
	}
	json_decref(root);
	return runs ? 0 : EXIT_NOTHING;
}

int sensor_status_main(int argc, char **argv)
{
	struct status_settings o = {.directory = SENSOR_DIRECTORY};
	struct text_list operands = {0};
	struct trouble t = {0};

	if (options_parse(&sensor_status_options, argc, argv, &o, &operands, &t)) {
		sensor_complain(&t);
		return EXIT_USAGE;
	}
	text_list_clear(&operands);
	if (o.help) {
		options_help(&sensor_status_options, stdout);
		return 0;
	}
	return print_status(&o);
}
