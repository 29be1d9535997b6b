/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The note in a hub's backup: of which hub, when, by which versions, and what lies beside it.
 *
 *   backup            this note, written last: without "complete" the backup was cut short
 *   control.db        members, sensors, tokens, progress
 *   observations/     store/observations.h writes it
 *   authority.key ... the files of backup_files, as they were
 */
#ifndef NOROSHI_HUB_BACKUP_NOTE_H
#define NOROSHI_HUB_BACKUP_NOTE_H

#include "base/secret.h"
#include "store/control.h"

enum { BACKUP_FILES = 6, BACKUP_VERSION_MAX = 64 };

/* control.db is the first. */
extern const char *const backup_files[BACKUP_FILES];

struct backup_note {
	char hub[CONTROL_HUB_ID_MAX];
	char version[BACKUP_VERSION_MAX]; /* of noroshi */
	char engine[BACKUP_VERSION_MAX];
	unsigned control_schema, observations_schema;
	uint32_t begun, finished; /* seconds since 1970; finished 0: cut short */
	char digest[BACKUP_FILES][2 * SHA256_BYTES + 1];
};

/* STATUS_NOT_FOUND: none there. */
MUST_USE enum status backup_note_read(struct backup_note *note, const char *dir, struct trouble *t);
MUST_USE enum status backup_note_write(const struct backup_note *note, const char *dir,
                                       struct trouble *t);

#endif
