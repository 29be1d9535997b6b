/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What we use of libchdb 26.7's C interface: its package has no header. Checked against the
 * library's exported symbols; tests/scenario/50-storer.py runs each of them.
 *
 * A connection runs one statement at a time, in any thread; several connections to the one data
 * path may run at once. Results and streams are freed by the call named after them.
 */
#ifndef STORER_CHDB_H
#define STORER_CHDB_H

#include <stddef.h>
#include <stdint.h>

struct chdb_handle; /* a struct of one pointer of the library's */
struct chdb_result;
struct chdb_insert;

enum chdb_class { CHDB_READ_ONLY, CHDB_MUTATING, CHDB_GLOBAL, CHDB_CONTROL, CHDB_UNKNOWN };

struct chdb_analysis {
	uint32_t struct_size, statements, flags, class;
};

/* Before the first connection: 0 keeps the library's hands off our signals. */
void chdb_set_signal_handlers_enabled(int enabled);

/* --path=, --config-file= of the first one start the engine; --SETTING=VALUE hold for this
 * connection alone. NULL: it failed, also for a value that is no value of the setting. */
struct chdb_handle **chdb_connect(int argc, char **argv);
void chdb_close_conn(struct chdb_handle **connection);
const char *chdb_version(void);

int chdb_classify_query_n(struct chdb_handle *c, const char *sql, size_t n, const char *database,
                          size_t database_n, struct chdb_analysis *out);

struct chdb_result *chdb_query_n(struct chdb_handle *c, const char *sql, size_t n,
                                 const char *format, size_t format_n);
struct chdb_result *chdb_stream_query_n(struct chdb_handle *c, const char *sql, size_t n,
                                        const char *format, size_t format_n);
/* Without bytes: the end. */
struct chdb_result *chdb_stream_fetch_result(struct chdb_handle *c, struct chdb_result *stream);
void chdb_stream_cancel_query(struct chdb_handle *c, struct chdb_result *stream);

const char *chdb_result_buffer(struct chdb_result *r);
size_t chdb_result_length(struct chdb_result *r);
const char *chdb_result_error(struct chdb_result *r); /* NULL: none */
void chdb_destroy_query_result(struct chdb_result *r);

/* The statement without FORMAT. Never NULL; not 0 of append: see the result of done. */
struct chdb_insert *chdb_stream_insert_n(struct chdb_handle *c, const char *sql, size_t n,
                                         const char *format, size_t format_n);
const char *chdb_stream_insert_error(struct chdb_insert *s);
int chdb_stream_append(struct chdb_insert *s, const void *bytes, size_t n);
struct chdb_result *chdb_stream_done(struct chdb_insert *s);
void chdb_stream_cancel_insert(struct chdb_insert *s);
void chdb_destroy_insert_stream(struct chdb_insert *s);

#endif
