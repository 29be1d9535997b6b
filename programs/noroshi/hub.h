/* SPDX-License-Identifier: Apache-2.0 */
/* The subcommands of `noroshi hub`, one line each, and the options that its manual page shows. */
#ifndef NOROSHI_HUB_H
#define NOROSHI_HUB_H

#include "command.h"

extern const struct command command_hub_init;
extern const struct command command_hub_run;
extern const struct command command_hub_member;
extern const struct command command_hub_invite;
extern const struct command command_hub_sensors;
extern const struct command command_hub_revoke;
extern const struct command command_hub_profile;
extern const struct command command_hub_token;
extern const struct command command_hub_audit;
extern const struct command command_hub_certificate;
extern const struct command command_hub_check;
extern const struct command command_hub_move;
extern const struct command command_hub_withdraw;
extern const struct command command_hub_restore;
extern const struct command command_hub_backup;

extern const struct option_table hub_init_options;
extern const struct option_table hub_run_options;
extern const struct option_table hub_member_add_options;
extern const struct option_table hub_invite_options;
extern const struct option_table hub_profile_options;
extern const struct option_table hub_token_add_options;
extern const struct option_table hub_audit_options;
extern const struct option_table hub_certificate_options;
extern const struct option_table hub_check_options;
extern const struct option_table hub_move_options;
extern const struct option_table hub_withdraw_options;
extern const struct option_table hub_restore_options;
extern const struct option_table hub_backup_options;

#endif
