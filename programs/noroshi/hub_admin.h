/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the commands that administer a hub share: options, the open control data, who acts, what is
 * printed. They work whether the hub runs or not: both may have the control data open.
 */
#ifndef NOROSHI_HUB_ADMIN_H
#define NOROSHI_HUB_ADMIN_H

#include "command.h"

#include "base/json_out.h"
#include "base/timefmt.h"
#include "store/control.h"

#include <limits.h>

/* Every settings struct of a hub command begins with it. */
struct hub_common {
	const char *dir;
	bool json, help;
};

#define HUB_DIR_ROW                                                           \
	{                                                                     \
		"dir", "DIR",                                                 \
		        "The hub's state directory; else $NOROSHI_HUB, else " \
		        "/var/lib/noroshi-hub.",                              \
		        OPTION_TEXT, offsetof(struct hub_common, dir), 0, 0   \
	}
#define HUB_JSON_ROW                                                                              \
	{                                                                                         \
		"json", NULL, "Print JSON.", OPTION_FLAG, offsetof(struct hub_common, json), 0, 0 \
	}
#define HUB_HELP_ROW                                                                              \
	{                                                                                         \
		"help", NULL, "Print this.", OPTION_FLAG, offsetof(struct hub_common, help), 0, 0 \
	}

/* One command at work. */
struct hub_session {
	const struct hub_common *common; /* the command's settings begin here */
	const struct text_list *operands;
	char dir[PATH_MAX];
	struct control *control; /* NULL for tasks that do not want it */
	struct control_actor actor;
	char who[CONTROL_WHO_MAX];
	struct outfile *out; /* standard output */
};

struct hub_task {
	const struct option_table *table;
	size_t operands_min, operands_max;
	const char *needs; /* what is missing where there are fewer: "a sensor's name" */
	bool no_control;   /* it is not there yet */
	enum status (*work)(struct hub_session *s, struct trouble *t);
};

/* Parse, open, work, close; the exit status. settings hold their defaults. */
int hub_task_run(const struct hub_task *task, int argc, char **argv, struct hub_common *settings);

/* Pick a subcommand by argv[1]. */
int hub_dispatch(const char *name, const struct command *const *commands, size_t count, int argc,
                 char **argv);

/* The path of a file in the state directory. */
void hub_path(const struct hub_session *s, const char *name, char out[PATH_MAX]);

/* "https://NAME:PORT" as the sensors may reach it: the first name of the certificate and the port
 * in hub.conf. */
MUST_USE enum status hub_url(struct hub_session *s, char *out, size_t size, struct trouble *t);

/* STATUS_NOT_FOUND with a hint where there is no such member; 0 for NULL. */
MUST_USE enum status hub_member_id(struct hub_session *s, const char *name, uint32_t *id,
                                   struct trouble *t);

/* A sensor by name or number. STATUS_NOT_FOUND. */
MUST_USE enum status hub_sensor_find(struct hub_session *s, const char *text,
                                     struct control_sensor *out, struct trouble *t);

/* --- printing --- */

/* Seconds since 1970 as RFC 3339; "-" for 0. */
void hub_time(uint32_t seconds, char out[TIME_TEXT_MAX]);
void hub_json_time(struct json_out *j, const char *key, uint32_t seconds); /* null for 0 */

/* A table whose columns line up; the cells are made harmless for a terminal. */
struct hub_table {
	size_t columns, cells, room;
	char **texts; /* row by row, the first is the heading */
	bool failed;  /* out of memory */
};

void hub_table_add(struct hub_table *table, const char *cell);
void hub_table_number(struct hub_table *table, uint64_t number);

/* Print and free it. */
void hub_table_print(struct hub_table *table, struct outfile *out);

#endif
