/* SPDX-License-Identifier: Apache-2.0 */
/* Counts of bytes as people write them. Pure, any thread. */
#ifndef CONF_SIZE_H
#define CONF_SIZE_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* "4096"; with `units` also "256M", "1GiB": K, M, G, T are powers of 1024. STATUS_FORMAT
 * otherwise, also where it does not fit. */
MUST_USE enum status size_parse(const char *text, bool units, uint64_t *value);

/* The shortest such text: 268435456 is "256M". */
void size_print(uint64_t value, char *out, size_t size);

#endif
