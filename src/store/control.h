/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hub's control data in one SQLite file: members, sensors, invitations, certificates,
 * access tokens, sharing profiles, progress of batches, health, settings, and the audit log.
 *
 * Several processes may have the file open (the hub and the command line): what one commits the
 * others see in their next call. A change is on the disk when its function returns (WAL,
 * synchronous=FULL); it is whole or not at all, also after kill -9 or on a full disk
 * (STATUS_FULL: nothing was changed, and the next call works once there is room). A writer waits
 * for another one up to CONTROL_WAIT_MS, then STATUS_UNAVAILABLE.
 *
 * One struct control may be used by any thread; calls take turns, and one that writes waits for
 * the disk. A busy writer beside busy readers therefore opens a second one on the same file.
 * Lists come as arrays that the caller frees with free(). Times are seconds since 1970, and the
 * present is passed in. No secret is kept here: invitations and tokens are known by the SHA-256
 * of their secrets (base/token.h).
 *
 * Every change that a person or a sensor causes takes a struct control_actor and leaves a line in
 * the audit log, in the same transaction.
 *
 * Errors beside those named: STATUS_FULL, STATUS_IO, STATUS_UNAVAILABLE, STATUS_NO_MEMORY, and
 * STATUS_FORMAT for a damaged file.
 */
#ifndef STORE_CONTROL_H
#define STORE_CONTROL_H

#include "base/secret.h"
#include "base/status.h"
#include "model/health.h"
#include "model/role.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	CONTROL_WAIT_MS = 5000,
	CONTROL_HUB_ID_MAX = 17,       /* 16 hexadecimal digits and a NUL */
	CONTROL_TITLE_MAX = 128,       /* bytes of UTF-8 with the NUL */
	CONTROL_WORDS_MAX = 128,       /* health words with the NUL */
	CONTROL_SERIAL_MAX = 41,       /* PKI_SERIAL_MAX */
	CONTROL_WHO_MAX = 80,          /* an actor, with the NUL */
	CONTROL_DETAIL_MAX = 256,      /* what an audit line says, with the NUL */
	CONTROL_BOOTS_MAX = 256,       /* boots of a sensor whose progress is kept: the newest */
	CONTROL_CERTIFICATES_MAX = 16, /* of a sensor that are kept, and may be made in a day */
	CONTROL_TOKEN_USE_S = 3600,    /* last_used is written at most this often */
};

#define CONTROL_SEQUENCE_MAX INT64_MAX

struct control;

/* Who does it, and when. who: "cli:root", "token:NAME", "sensor:7"; never a secret. */
struct control_actor {
	const char *who;
	uint32_t now;
};

/* --- the file --- */

/* Make the file (mode 0600) with its tables and a hub id drawn at random. STATUS_CONFLICT if
 * something is there. */
MUST_USE enum status control_create(struct control **out, const char *path, uint32_t now,
                                    struct trouble *t);

/* Open an existing one; an older schema is brought up to date in one transaction.
 * STATUS_NOT_FOUND; STATUS_UNSUPPORTED for a newer schema; STATUS_FORMAT for another's file. */
MUST_USE enum status control_open(struct control **out, const char *path, struct trouble *t);

/* The file's schema version; CONTROL_SCHEMA in files of this program. */
enum { CONTROL_SCHEMA = 2 };
MUST_USE enum status control_schema(struct control *c, unsigned *version, struct trouble *t);

void control_close(struct control *c); /* NULL is allowed */

/* The hub's own name in deduplication tokens, drawn once by control_create(). */
MUST_USE enum status control_hub_id(struct control *c, char out[CONTROL_HUB_ID_MAX],
                                    struct trouble *t);

/* Free settings by key, for state that must survive a restart. STATUS_NOT_FOUND; STATUS_LIMIT if
 * the value does not fit into size. */
MUST_USE enum status control_setting(struct control *c, const char *key, char *out, size_t size,
                                     struct trouble *t);
MUST_USE enum status control_setting_set(struct control *c, const char *key, const char *value,
                                         const struct control_actor *by, struct trouble *t);

/* --- members --- */

struct control_member {
	uint32_t id; /* 1 and up, never given twice */
	char name[SLUG_MAX];
	char title[CONTROL_TITLE_MAX]; /* for people; may be empty */
	uint32_t created;
	uint32_t removed;               /* 0: it is one */
	uint32_t sensors;               /* active ones */
	bool own_profile;               /* false: the hub's default applies */
	struct sharing_profile profile; /* that applies */
};

/* STATUS_FORMAT unless slug_valid(name); STATUS_CONFLICT if a present member has the name. */
MUST_USE enum status control_member_add(struct control *c, const char *name, const char *title,
                                        const struct control_actor *by, uint32_t *id,
                                        struct trouble *t);

/* Its tokens and open invitations end with it. STATUS_CONFLICT while it has active sensors,
 * STATUS_NOT_FOUND if it is no present member. What its sensors saw stays. */
MUST_USE enum status control_member_remove(struct control *c, uint32_t id,
                                           const struct control_actor *by, struct trouble *t);

/* A present member. STATUS_NOT_FOUND. */
MUST_USE enum status control_member_by_name(struct control *c, const char *name,
                                            struct control_member *out, struct trouble *t);

/* All that are and were, by id: who resolves a stored number needs the removed ones too. */
MUST_USE enum status control_members(struct control *c, struct control_member **out, size_t *count,
                                     struct trouble *t);

/* What the others see of this member's sensors; member 0: the default of those without one.
 * profile NULL: back to the default (of member 0: to the built-in one, shared, 5 sensors and 5
 * sources: 30-detection section 9). STATUS_FORMAT for a minimum of 0. */
MUST_USE enum status control_profile_set(struct control *c, uint32_t member,
                                         const struct sharing_profile *profile,
                                         const struct control_actor *by, struct trouble *t);
MUST_USE enum status control_profile(struct control *c, uint32_t member,
                                     struct sharing_profile *out, struct trouble *t);

/* --- sensors --- */

enum control_sensor_state {
	CONTROL_SENSOR_ACTIVE,
	CONTROL_SENSOR_REVOKED,   /* may not hand in; its rows stay */
	CONTROL_SENSOR_WITHDRAWN, /* the same, and its rows are to be left out */
	CONTROL_SENSOR_STATES
};

/* "active", "revoked", "withdrawn" */
const char *control_sensor_state_name(enum control_sensor_state state);

struct control_sensor {
	uint32_t number; /* 1 and up, never given twice */
	uint32_t member;
	char name[SLUG_MAX]; /* of active sensors no two are alike */
	char member_name[SLUG_MAX];
	enum control_sensor_state state;
	uint32_t created, ended;  /* ended 0: active */
	uint32_t certificate_end; /* not_after of its last certificate */
	/* What control_health_update() last said; 0 and empty: nothing yet. */
	uint32_t last_contact, last_window;
	double addresses;
	char health[CONTROL_WORDS_MAX];
	char version[HEALTH_VERSION_MAX];
};

/* Whose certificate is this? Fast (prepared, about 20 microseconds): asked on every request, and
 * a revocation by another process counts at once. STATUS_DENIED for a serial that is unknown or
 * revoked, and for sensors that are not active; the certificate's own time limits are for
 * pki_check(). */
MUST_USE enum status control_sensor_by_serial(struct control *c, const char *serial,
                                              struct control_sensor *out, struct trouble *t);

/* In any state. STATUS_NOT_FOUND. */
MUST_USE enum status control_sensor_by_number(struct control *c, uint32_t number,
                                              struct control_sensor *out, struct trouble *t);

/* The active one, else the last that had the name. STATUS_NOT_FOUND. */
MUST_USE enum status control_sensor_by_name(struct control *c, const char *name,
                                            struct control_sensor *out, struct trouble *t);

/* All, by number; member 0: of every member. */
MUST_USE enum status control_sensors(struct control *c, uint32_t member,
                                     struct control_sensor **out, size_t *count, struct trouble *t);

/* End an active sensor: state is REVOKED or WITHDRAWN; its certificates are revoked with it. A
 * revoked one may still become WITHDRAWN. STATUS_NOT_FOUND; STATUS_CONFLICT if it is so already. */
MUST_USE enum status control_sensor_end(struct control *c, uint32_t number,
                                        enum control_sensor_state state,
                                        const struct control_actor *by, struct trouble *t);

/* --- invitations and certificates --- */

struct control_invitation {
	uint8_t hash[SHA256_BYTES]; /* token_text.hash */
	char name[SLUG_MAX];        /* of the sensor to be */
	uint32_t member;
	uint32_t expires;
	/* The number of an active sensor of that name that gets a new key (its disk died): the old
	 * certificates are revoked when the invitation is used. 0: a new sensor. */
	uint32_t replaces;
};

/* An open invitation for the same name ends. STATUS_FORMAT for a bad name, STATUS_NOT_FOUND for
 * the member or the sensor to replace, STATUS_CONFLICT if an active sensor has the name. */
MUST_USE enum status control_invitation_add(struct control *c,
                                            const struct control_invitation *invitation,
                                            const struct control_actor *by, struct trouble *t);

struct control_certificate {
	char serial[CONTROL_SERIAL_MAX]; /* lower-case hexadecimal, pki_facts.serial */
	uint32_t not_after;
};

/* Make the certificate of sensor `number` called `name`; called within the transaction, so it
 * must be quick and must not call control. */
typedef enum status control_issue(void *state, uint32_t number, const char *name,
                                  struct control_certificate *out, struct trouble *t);

/* Use an invitation: in one transaction it is used up, the sensor is made, `issue` makes its
 * certificate and that is recorded. Of any number at once exactly one succeeds; when `issue` fails
 * the invitation stays open and its status is returned. Unknown, used, expired and of a removed
 * member: STATUS_DENIED, all alike. who in the audit log is "sensor:NUMBER". */
MUST_USE enum status control_invitation_redeem(struct control *c, const uint8_t hash[SHA256_BYTES],
                                               uint32_t now, control_issue *issue, void *state,
                                               struct control_sensor *out, struct trouble *t);

/* Record a renewed certificate. The older ones stay good until they end, but only the newest
 * CONTROL_CERTIFICATES_MAX are known. STATUS_DENIED if the sensor is not active, STATUS_LIMIT if it
 * had as many within a day. */
MUST_USE enum status control_certificate_add(struct control *c, uint32_t sensor,
                                             const struct control_certificate *certificate,
                                             const struct control_actor *by, struct trouble *t);

/* --- access tokens --- */

struct control_token {
	uint32_t id;
	uint8_t hash[SHA256_BYTES];
	enum role role;
	uint32_t member;     /* 0: none; of role member never 0 */
	char name[SLUG_MAX]; /* of tokens in force no two are alike */
	char member_name[SLUG_MAX];
	uint32_t created;
	uint32_t expires;   /* 0: never */
	uint32_t revoked;   /* 0: not */
	uint32_t last_used; /* 0: never; to the hour */
};

/* From hash, role, member, name and expires of token. STATUS_FORMAT for a bad name, for role
 * sensor, and for role member without a member; STATUS_NOT_FOUND for the member; STATUS_CONFLICT
 * if one in force has the name. */
MUST_USE enum status control_token_add(struct control *c, const struct control_token *token,
                                       const struct control_actor *by, uint32_t *id,
                                       struct trouble *t);

/* Whose token is this? STATUS_DENIED if there is none in force. Notes the use, once an hour; that
 * this could not be noted is no error. */
MUST_USE enum status control_token_by_hash(struct control *c, const uint8_t hash[SHA256_BYTES],
                                           uint32_t now, struct control_token *out,
                                           struct trouble *t);

/* All, by id. */
MUST_USE enum status control_tokens(struct control *c, struct control_token **out, size_t *count,
                                    struct trouble *t);

/* The one in force that has the name. STATUS_NOT_FOUND. */
MUST_USE enum status control_token_revoke(struct control *c, const char *name,
                                          const struct control_actor *by, struct trouble *t);

/* --- progress: which batches are in the store --- */

struct control_progress {
	uint32_t sensor;
	uint64_t boot;
	uint64_t sequence; /* the highest that is stored; at most CONTROL_SEQUENCE_MAX */
	uint32_t time;     /* when it was handed in */
};

/* In ONE transaction: each (sensor, boot) moves to the higher of its and the given sequence, and
 * the journal segment counts as done. Repeating it changes nothing. Past CONTROL_BOOTS_MAX the
 * boots of a sensor that were longest without a batch are forgotten. STATUS_LIMIT for too high a
 * sequence; STATUS_CONFLICT for a number that is no sensor's: then nothing was changed. */
MUST_USE enum status control_progress_advance(struct control *c, const struct control_progress *p,
                                              size_t count, uint64_t segment, struct trouble *t);

/* All, by sensor and time: for the front at its start. */
MUST_USE enum status control_progress_all(struct control *c, struct control_progress **out,
                                          size_t *count, struct trouble *t);

/* Are all rows of this segment in the store? Numbers go up to CONTROL_SEQUENCE_MAX. */
MUST_USE enum status control_segment_done(struct control *c, uint64_t segment, bool *done,
                                          struct trouble *t);

/* The highest segment that was ever done, 0 if none: numbers go on from there. */
MUST_USE enum status control_segment_last(struct control *c, uint64_t *segment, struct trouble *t);

/* All segments below this number are done: keep that alone. Never lower than before. */
MUST_USE enum status control_segments_forget(struct control *c, uint64_t below, struct trouble *t);

/* --- health --- */

struct control_health {
	uint32_t sensor;
	uint32_t last_contact;         /* of any request */
	uint32_t last_window;          /* start of the newest final window */
	double addresses;              /* monitored, as that window says */
	char words[CONTROL_WORDS_MAX]; /* "silent lossy", "" for well */
	char version[HEALTH_VERSION_MAX];
};

/* Replace the state of these sensors, in one transaction. Numbers that are no sensor's are left
 * out. No audit. */
MUST_USE enum status control_health_update(struct control *c, const struct control_health *items,
                                           size_t count, struct trouble *t);

/* --- audit --- */

struct control_audit {
	uint64_t id; /* 1 and up, in order */
	uint32_t time;
	char who[CONTROL_WHO_MAX];
	char what[32]; /* "sensor-revoke" */
	char detail[CONTROL_DETAIL_MAX];
};

/* Add a line for a deed that control data know nothing of (a backup, a withdrawal). */
MUST_USE enum status control_audit_add(struct control *c, const struct control_actor *by,
                                       const char *what, const char *detail, struct trouble *t);

/* The newest `limit` lines below id `before` (0: from the end), newest first. */
MUST_USE enum status control_audits(struct control *c, uint64_t before, size_t limit,
                                    struct control_audit **out, size_t *count, struct trouble *t);

/* The id of the last line, 0 if none. Whatever changes members, sensors, profiles or tokens moves
 * it: who keeps copies of them compares this first. Fast. */
MUST_USE enum status control_audit_last(struct control *c, uint64_t *id, struct trouble *t);

/* --- care --- */

/* Look for damage: SQLite's own checks, and rows that contradict each other. `say` gets one
 * sentence for each finding (at most 100). STATUS_FORMAT if there is any. */
typedef void control_finding(void *state, const char *sentence);
MUST_USE enum status control_check(struct control *c, control_finding *say, void *state,
                                   struct trouble *t);

/* A copy of the present state while other processes go on working (in this one, give it a struct
 * control of its own: it is held until the copy is done). The file appears whole, durable and
 * with mode 0600. STATUS_CONFLICT if it exists. */
MUST_USE enum status control_backup(struct control *c, const char *path, struct trouble *t);

/* Make `path` from a backup that is checked first. STATUS_CONFLICT if path exists, STATUS_FORMAT if
 * the backup is damaged or no such file. */
MUST_USE enum status control_restore(const char *backup, const char *path, struct trouble *t);

#endif
