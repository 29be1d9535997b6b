/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Times and durations as text. Times are nanoseconds since 1970-01-01T00:00:00Z
 * without leap seconds, as captures carry them; text is RFC 3339 in UTC.
 * Pure functions, any thread.
 */
#ifndef BASE_TIMEFMT_H
#define BASE_TIMEFMT_H

#include "base/status.h"

#include <stdint.h>

#define NS_PER_SECOND UINT64_C(1000000000)

enum { TIME_TEXT_MAX = 40 };

/* "2026-01-31T12:34:56.123456Z" with `digits` (0 to 9) of the second's fraction, cut off
 * and not rounded. Any 64-bit value gives a valid text. */
void time_text(uint64_t time_ns, int digits, char out[TIME_TEXT_MAX]);

/* Parse RFC 3339 with Z or a numeric offset. STATUS_FORMAT otherwise, also before 1970. */
MUST_USE enum status time_parse(const char *text, uint64_t *time_ns);

/* Parse "90", "90s", "15m", "24h", "7d", "500ms" (a bare number is seconds; a fraction is
 * allowed). STATUS_FORMAT otherwise, also when it does not fit or is negative. */
MUST_USE enum status duration_parse(const char *text, uint64_t *duration_ns);

/* "3 d 4 h", "12 min 5 s", "8.4 s", "12 ms" for a person. */
void duration_text(double seconds, char out[TIME_TEXT_MAX]);

#endif
