/* SPDX-License-Identifier: Apache-2.0 */
#include "base/token.h"

#include <stdio.h>
#include <string.h>

static const char invitation_mark[] = "nrs1.", access_mark[] = "nrt1.";

enum { SECRET_BYTES = 32, DIGITS = BASE64URL_SIZE(SECRET_BYTES) - 1, MARK = 5 };

_Static_assert(MARK + DIGITS + 1 + DIGITS + 1 <= TOKEN_TEXT_MAX, "an invitation fits");

/* The mark, the secret, and its hash. */
static enum status draw(const char *mark, struct token_text *out, struct trouble *t)
{
	uint8_t secret[SECRET_BYTES];
	enum status st = secret_random(secret, sizeof(secret), t);

	memset(out, 0, sizeof(*out));
	if (st)
		return st;
	memcpy(out->text, mark, MARK);
	base64url_encode(secret, sizeof(secret), out->text + MARK);
	sha256(secret, sizeof(secret), out->hash);
	secret_wipe(secret, sizeof(secret));
	return STATUS_OK;
}

static enum status read_secret(const char *mark, size_t length, const char *text,
                               struct token_text *out)
{
	uint8_t secret[SECRET_BYTES];
	enum status st;

	memset(out, 0, sizeof(*out));
	if (strnlen(text, TOKEN_TEXT_MAX) != length || memcmp(text, mark, MARK) != 0)
		return STATUS_FORMAT;
	st = base64url_decode(text + MARK, secret, sizeof(secret));
	if (!st) {
		memcpy(out->text, text, length + 1);
		sha256(secret, sizeof(secret), out->hash);
	}
	secret_wipe(secret, sizeof(secret));
	return st;
}

enum status token_invitation_make(const uint8_t fingerprint[SHA256_BYTES], struct token_text *out,
                                  struct trouble *t)
{
	enum status st = draw(invitation_mark, out, t);

	if (st)
		return st;
	memcpy(out->fingerprint, fingerprint, SHA256_BYTES);
	out->text[MARK + DIGITS] = '.';
	base64url_encode(fingerprint, SHA256_BYTES, out->text + MARK + DIGITS + 1);
	return STATUS_OK;
}

enum status token_access_make(struct token_text *out, struct trouble *t)
{
	return draw(access_mark, out, t);
}

enum status token_invitation_parse(const char *text, struct token_text *out)
{
	enum status st = read_secret(invitation_mark, MARK + DIGITS + 1 + DIGITS, text, out);

	if (!st && (text[MARK + DIGITS] != '.' ||
	            base64url_decode(text + MARK + DIGITS + 1, out->fingerprint, SHA256_BYTES)))
		st = STATUS_FORMAT;
	if (st)
		secret_wipe(out, sizeof(*out));
	return st;
}

enum status token_access_parse(const char *text, struct token_text *out)
{
	return read_secret(access_mark, MARK + DIGITS, text, out);
}
