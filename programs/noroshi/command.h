/* SPDX-License-Identifier: Apache-2.0 */
/* A subcommand: one file, one line in main.c. */
#ifndef NOROSHI_COMMAND_H
#define NOROSHI_COMMAND_H

#include "conf/options.h"

/* Exit statuses: 0 done, EXIT_NOTHING nothing readable or nothing written, EXIT_USAGE. */
enum { EXIT_NOTHING = 1, EXIT_USAGE = 2 };

struct command {
	const char *name;
	const char *help;                  /* one line */
	int (*run)(int argc, char **argv); /* argv[0] is the command's name */
};

/* What --help and the manual pages print; analyze's is in analyze_options.h. */
extern const struct option_table synth_options;
extern const struct option_table flows_options;
extern const struct option_table query_options;
extern const struct option_table detect_options;
extern const struct option_table forecast_options;

extern const struct command command_analyze;
extern const struct command command_synth;
extern const struct command command_flows;
extern const struct command command_query;
extern const struct command command_forecast;
extern const struct command command_hub;
extern const struct command command_detect;

#endif
