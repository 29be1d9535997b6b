/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What secrets need: random bytes, wiping, comparing, hashing, and base64url.
 *
 * Buffers are the caller's. Any thread. A secret's text belongs into no message and no log:
 * nothing here puts it there.
 */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SHA256_BYTES = 32 };

/* Characters that n bytes take as base64url without padding, with the NUL. */
#define BASE64URL_SIZE(n) (((n)*8 + 5) / 6 + 1)

/* n bytes from the system's generator (OpenSSL's, which is seeded by getrandom(2)).
 * STATUS_UNAVAILABLE where there is none; out is then all zero. */
MUST_USE enum status secret_random(void *out, size_t n, struct trouble *t);

/* Overwrite memory in a way that the compiler keeps. */
void secret_wipe(void *at, size_t n);

/* Equal n bytes, in a time that does not depend on where they differ. */
bool secret_equal(const void *a, const void *b, size_t n);

void sha256(const void *bytes, size_t n, uint8_t out[SHA256_BYTES]);

/* RFC 4648 section 5 without padding. out holds BASE64URL_SIZE(n). */
void base64url_encode(const void *bytes, size_t n, char *out);

/* Exactly n bytes from the first BASE64URL_SIZE(n) - 1 characters of text. STATUS_FORMAT for
 * other characters, or where the bits beyond the last byte are not zero: a text has one form. */
MUST_USE enum status base64url_decode(const char *text, void *out, size_t n);

/* 2n lower-case digits and a NUL. */
void hex_encode(const void *bytes, size_t n, char *out);

#endif
