/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trust in one CA by its public key's fingerprint, for a TLS context that libcurl made: the
 * chain that the server sends must hold a certificate with that key and lead up to it. Host name
 * and dates are checked as always. Internal to net/. The pin must outlive the context.
 */
#ifndef NET_HTTP_PIN_H
#define NET_HTTP_PIN_H

#include <stdint.h>

/* context: SSL_CTX *. pin: HTTP_PIN_BYTES bytes, SHA-256 of the SubjectPublicKeyInfo (DER). */
void http_pin_install(void *context, const uint8_t *pin);

#endif
