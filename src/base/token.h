/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The two texts that carry a secret from the hub to a person:
 *
 *   nrs1.SECRET.FINGERPRINT   an invitation: a sensor joins with it, once
 *   nrt1.SECRET               an access token for the HTTP interface
 *
 * SECRET is 32 random bytes and FINGERPRINT the SHA-256 of the hub's certificate authority's
 * public key (SubjectPublicKeyInfo, DER), both as base64url. The hub keeps `hash` alone, the
 * SHA-256 of the secret's 32 bytes: no salt is needed against guessing 256 bits. Plain data, the
 * caller wipes it (secret_wipe); any thread.
 */
#ifndef BASE_TOKEN_H
#define BASE_TOKEN_H

#include "base/secret.h"

enum { TOKEN_TEXT_MAX = 96 }; /* with the NUL */

struct token_text {
	char text[TOKEN_TEXT_MAX];         /* the whole, for the person who gets it */
	uint8_t hash[SHA256_BYTES];        /* what the hub keeps */
	uint8_t fingerprint[SHA256_BYTES]; /* of invitations */
};

/* Draw a new one. STATUS_UNAVAILABLE where there is no randomness. */
MUST_USE enum status token_invitation_make(const uint8_t fingerprint[SHA256_BYTES],
                                           struct token_text *out, struct trouble *t);
MUST_USE enum status token_access_make(struct token_text *out, struct trouble *t);

/* Read what somebody sent; STATUS_FORMAT for anything that is not exactly such a text. */
MUST_USE enum status token_invitation_parse(const char *text, struct token_text *out);
MUST_USE enum status token_access_parse(const char *text, struct token_text *out);

#endif
