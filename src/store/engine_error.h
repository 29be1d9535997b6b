/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What ClickHouse says where it refuses: its number and message out of a body, and the status
 * that a caller acts on. The text is a server's: control characters are blanked. Pure, internal
 * to store/.
 */
#ifndef STORE_ENGINE_ERROR_H
#define STORE_ENGINE_ERROR_H

#include "base/status.h"

#include <stddef.h>

/* By engine_error.def; STATUS_IO for any other code. */
enum status engine_error_status(int code);

/* Where "Code: N..., DB::Exception: text" stands last in n bytes: N, else 0. *message is what
 * follows "DB::Exception: ", up to n's end. */
int engine_error_find(const char *bytes, size_t n, const char **message);

/* Fill t from a body (of n bytes) and the number of the header (0: none); *code is set. */
enum status engine_error_explain(const char *where, const char *bytes, size_t n, int *code,
                                 struct trouble *t);

#endif
