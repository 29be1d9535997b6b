/* SPDX-License-Identifier: Apache-2.0 */
/* The keys of scenario files: tables for conf/setting.h, by the group of the type. Pure. */
#ifndef SYNTH_KEYS_H
#define SYNTH_KEYS_H

#include "conf/setting.h"

enum key_group {
	KEYS_SCAN,      /* a tool that the type names */
	KEYS_SWEEP,     /* the same with a choice of tool */
	KEYS_AMPLIFIER, /* vectors instead of ports */
	KEYS_GROUP,     /* senders that move together */
	KEYS_GROWTH,
	KEYS_REPLY, /* backscatter */
	KEYS_FORGED,
};

enum { KEY_TABLES_MAX = 4 };

/* Keys before the first section: into a struct scenario. */
struct setting_table keys_global(void);

/* Keys of a section: into a struct campaign. Returns how many tables were put. */
size_t keys_of_group(enum key_group group, struct setting_table tables[KEY_TABLES_MAX]);

#endif
