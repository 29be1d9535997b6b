/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze_options.h"
#include "command.h"
#include "hub.h"
#include "hub_settings.h"
#include "sensor.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static const struct command *const commands[] = {
        &command_analyze, &command_synth,  &command_flows,  &command_hub,
        &command_query,   &command_sensor, &command_detect, &command_forecast,
};

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

/* Whose options the manual pages take from here; tools/fill-man asks at build time. */
static const struct option_table *const documented[] = {
        &query_options,          &analyze_options,     &synth_options,
        &flows_options,          &hub_init_options,    &hub_run_options,
        &hub_member_add_options, &hub_invite_options,  &hub_profile_options,
        &hub_token_add_options,  &hub_audit_options,   &hub_certificate_options,
        &sensor_options,         &sensor_join_options, &sensor_status_options,
        &detect_options,         &forecast_options,    &hub_check_options,
        &hub_move_options,       &hub_backup_options,  &hub_restore_options,
        &hub_withdraw_options,
};

/* Configuration files, as "hub.conf". */
static const struct {
	const char *name;
	const struct config_table *table;
	const void *defaults;
} configurations[] = {
        {"hub.conf", &hub_config, &hub_defaults},
        {"sensor.conf", &sensor_config, &sensor_defaults},
};

static int print_mdoc(const char *command)
{
	for (size_t i = 0; i < sizeof(documented) / sizeof(documented[0]); i++) {
		if (strcmp(documented[i]->command, command) == 0) {
			options_mdoc(documented[i], stdout);
			return 0;
		}
	}
	for (size_t i = 0; i < sizeof(configurations) / sizeof(configurations[0]); i++) {
		if (strcmp(configurations[i].name, command) == 0) {
			config_mdoc(configurations[i].table, configurations[i].defaults, stdout);
			return 0;
		}
	}
	fprintf(stderr, "noroshi: no table of options for '%s'\n", command);
	return EXIT_USAGE;
}

/* The sample of a configuration file, as in examples/. */
static int print_sample(const char *name)
{
	for (size_t i = 0; i < sizeof(configurations) / sizeof(configurations[0]); i++) {
		if (strcmp(configurations[i].name, name) == 0) {
			config_sample(configurations[i].table, configurations[i].defaults, stdout);
			return 0;
		}
	}
	fprintf(stderr, "noroshi: no configuration file is called '%s'\n", name);
	return EXIT_USAGE;
}

static int usage(FILE *out, int status)
{
	fputs("usage: noroshi COMMAND [OPTION]... [FILE]...\n\n", out);
	for (size_t i = 0; i < COMMANDS; i++)
		fprintf(out, "  %-10s %s\n", commands[i]->name, commands[i]->help);
	fputs("\n'noroshi COMMAND --help' lists a command's options; 'man noroshi' says more.\n",
	      out);
	return status;
}

int main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	if (argc < 2)
		return usage(stderr, EXIT_USAGE);
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0)
		return usage(stdout, 0);
	if (strcmp(argv[1], "--version") == 0)
		return puts("noroshi " NOROSHI_VERSION) < 0;
	if (argc == 3 && strcmp(argv[1], "--mdoc") == 0)
		return print_mdoc(argv[2]);
	if (argc == 3 && strcmp(argv[1], "--sample") == 0)
		return print_sample(argv[2]);
	for (size_t i = 0; i < COMMANDS; i++) {
		if (strcmp(argv[1], commands[i]->name) == 0)
			return commands[i]->run(argc - 1, argv + 1);
	}
	fprintf(stderr, "noroshi: '%s' is not a command\n", argv[1]);
	return usage(stderr, EXIT_USAGE);
}
