/* SPDX-License-Identifier: Apache-2.0 */
#include "hub.h"

#include "hub_admin.h"

#include <string.h>

static const struct command *const commands[] = {
        &command_hub_init,    &command_hub_run,         &command_hub_member,   &command_hub_invite,
        &command_hub_sensors, &command_hub_revoke,      &command_hub_profile,  &command_hub_token,
        &command_hub_audit,   &command_hub_certificate, &command_hub_check,    &command_hub_move,
        &command_hub_backup,  &command_hub_restore,     &command_hub_withdraw,
};

/* `noroshi hub --config FILE` is `noroshi hub run --config FILE`. */
static int run(int argc, char **argv)
{
	if (argc > 1 && strncmp(argv[1], "--config", 8) == 0)
		return command_hub_run.run(argc, argv);
	return hub_dispatch("hub", commands, sizeof(commands) / sizeof(commands[0]), argc, argv);
}

const struct command command_hub = {
        "hub", "the place where sensors hand in: make it, run it, keep it", run};
