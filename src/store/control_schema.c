/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables, as the steps that made them. A step is never edited once it is released: a new
 * one follows (docs/adr/0010). Times are seconds since 1970; 0 stands for "not yet".
 */
#include "store/control_inner.h"

#include <assert.h>

static const char *const steps[CONTROL_SCHEMA] = {
        /* 0 -> 1: who there is, who may what, and who did what */
        "CREATE TABLE settings ("
        "  key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;"

        "CREATE TABLE members ("
        "  id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, title TEXT NOT NULL,"
        "  created INTEGER NOT NULL, removed INTEGER NOT NULL DEFAULT 0) STRICT;"
        "CREATE UNIQUE INDEX member_name ON members (name) WHERE removed = 0;"

        /* member 0 is the default of all the others */
        "CREATE TABLE profiles ("
        "  member INTEGER PRIMARY KEY, shared INTEGER NOT NULL CHECK (shared IN (0, 1)),"
        "  min_sensors INTEGER NOT NULL CHECK (min_sensors > 0),"
        "  min_sources INTEGER NOT NULL CHECK (min_sources > 0)) STRICT;"

        "CREATE TABLE sensors ("
        "  number INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL,"
        "  member INTEGER NOT NULL REFERENCES members,"
        "  state INTEGER NOT NULL DEFAULT 0 CHECK (state IN (0, 1, 2)),"
        "  created INTEGER NOT NULL, ended INTEGER NOT NULL DEFAULT 0) STRICT;"
        "CREATE UNIQUE INDEX sensor_name ON sensors (name) WHERE state = 0;"
        "CREATE INDEX sensor_member ON sensors (member);"

        "CREATE TABLE certificates ("
        "  serial TEXT PRIMARY KEY, sensor INTEGER NOT NULL REFERENCES sensors,"
        "  issued INTEGER NOT NULL, not_after INTEGER NOT NULL,"
        "  revoked INTEGER NOT NULL DEFAULT 0) STRICT, WITHOUT ROWID;"
        "CREATE INDEX certificate_sensor ON certificates (sensor, issued);"

        "CREATE TABLE invitations ("
        "  hash BLOB PRIMARY KEY CHECK (length(hash) = 32), name TEXT NOT NULL,"
        "  member INTEGER NOT NULL REFERENCES members,"
        "  replaces INTEGER REFERENCES sensors, created INTEGER NOT NULL,"
        "  expires INTEGER NOT NULL, used INTEGER NOT NULL DEFAULT 0,"
        "  sensor INTEGER REFERENCES sensors) STRICT, WITHOUT ROWID;"
        "CREATE INDEX invitation_name ON invitations (name) WHERE used = 0;"

        "CREATE TABLE tokens ("
        "  id INTEGER PRIMARY KEY AUTOINCREMENT,"
        "  hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32), role TEXT NOT NULL,"
        "  member INTEGER REFERENCES members, name TEXT NOT NULL, created INTEGER NOT NULL,"
        "  expires INTEGER NOT NULL, revoked INTEGER NOT NULL DEFAULT 0,"
        "  last_used INTEGER NOT NULL DEFAULT 0) STRICT;"
        "CREATE UNIQUE INDEX token_name ON tokens (name) WHERE revoked = 0;"

        "CREATE TABLE audit ("
        "  id INTEGER PRIMARY KEY AUTOINCREMENT, time INTEGER NOT NULL, who TEXT NOT NULL,"
        "  what TEXT NOT NULL, detail TEXT NOT NULL) STRICT;"
        "CREATE TRIGGER audit_stays BEFORE DELETE ON audit"
        "  BEGIN SELECT raise(ABORT, 'the audit log is append-only'); END;"
        "CREATE TRIGGER audit_is_final BEFORE UPDATE ON audit"
        "  BEGIN SELECT raise(ABORT, 'the audit log is append-only'); END;",

        /* 1 -> 2: what the hub keeps about the data that come in */
        "CREATE TABLE progress ("
        "  sensor INTEGER NOT NULL REFERENCES sensors, boot INTEGER NOT NULL,"
        "  sequence INTEGER NOT NULL CHECK (sequence >= 0), time INTEGER NOT NULL,"
        "  PRIMARY KEY (sensor, boot)) STRICT;"

        "CREATE TABLE segments (number INTEGER PRIMARY KEY) STRICT;"

        "CREATE TABLE health ("
        "  sensor INTEGER PRIMARY KEY REFERENCES sensors, last_contact INTEGER NOT NULL,"
        "  last_window INTEGER NOT NULL, addresses REAL NOT NULL, words TEXT NOT NULL,"
        "  version TEXT NOT NULL) STRICT;",
};

const char *control_schema_step(unsigned from)
{
	assert(from < CONTROL_SCHEMA);
	return steps[from];
}
