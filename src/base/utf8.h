/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walking over text that may not be valid UTF-8 (RFC 3629). Pure, any thread.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Bytes (1 to 4) of the valid sequence at s, 0 where there is none. s ends with a NUL byte,
 * which counts as a sequence of one. */
size_t utf8_length(const unsigned char *s);

/* The code point of a valid sequence of n bytes, as utf8_length() gave it. */
uint32_t utf8_point(const unsigned char *s, size_t n);

#endif
