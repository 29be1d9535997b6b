/* SPDX-License-Identifier: Apache-2.0 */
#include "base/token.h"
#include "tap.h"

/* RFC 4648 section 10 without its padding, and the two digits that base64url changes. */
static void check_base64url(void)
{
	static const char *const texts[] = {"",       "Zg",      "Zm8",     "Zm9v",
	                                    "Zm9vYg", "Zm9vYmE", "Zm9vYmFy"};
	char out[16];
	uint8_t back[8];

	for (size_t n = 0; n < sizeof(texts) / sizeof(texts[0]); n++) {
		base64url_encode("foobar", n, out);
		CHECK_STR(out, texts[n]);
		CHECK(strlen(out) + 1 == BASE64URL_SIZE(n));
		CHECK(base64url_decode(out, back, n) == STATUS_OK &&
		      memcmp(back, "foobar", n) == 0);
	}
	base64url_encode("\xfb\xff\xfe", 3, out);
	CHECK_STR(out, "-__-");
	CHECK(base64url_decode("Zm9+", back, 3) == STATUS_FORMAT);
	CHECK(base64url_decode("Zm", back, 3) == STATUS_FORMAT);
	CHECK(base64url_decode("Zg", back, 1) == STATUS_OK);
	/* A second way to write the same byte is refused. */
	CHECK(base64url_decode("Zh", back, 1) == STATUS_FORMAT);
}

static void check_digests(void)
{
	uint8_t hash[SHA256_BYTES];
	char hex[2 * SHA256_BYTES + 1];

	sha256("abc", 3, hash); /* FIPS 180-2, B.1 */
	hex_encode(hash, sizeof(hash), hex);
	CHECK_STR(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	CHECK(secret_equal("abc", "abc", 3) && !secret_equal("abc", "abd", 3));
}

/* Every truncation, every changed character, one character more: no token. */
static void check_damage(const struct token_text *token,
                         enum status (*parse)(const char *, struct token_text *))
{
	char text[TOKEN_TEXT_MAX + 1];
	struct token_text out;
	size_t n = strlen(token->text), taken = 0, changed = 0;

	for (size_t i = 0; i < n; i++) {
		memcpy(text, token->text, i);
		text[i] = '\0';
		taken += parse(text, &out) == STATUS_OK;
		memcpy(text, token->text, n + 1);
		text[i] = '!';
		changed += parse(text, &out) == STATUS_OK;
	}
	CHECK_U64(taken, 0);
	CHECK_U64(changed, 0);
	memcpy(text, token->text, n);
	memcpy(text + n, "A", 2);
	CHECK(parse(text, &out) == STATUS_FORMAT);
}

int main(void)
{
	uint8_t fingerprint[SHA256_BYTES];
	struct token_text invitation, access, other;

	check_base64url();
	check_digests();
	sha256("a key", 5, fingerprint);
	CHECK(token_invitation_make(fingerprint, &invitation, NULL) == STATUS_OK);
	CHECK(strncmp(invitation.text, "nrs1.", 5) == 0);
	CHECK(token_invitation_parse(invitation.text, &other) == STATUS_OK);
	CHECK(memcmp(&invitation, &other, sizeof(other)) == 0);
	CHECK(memcmp(other.fingerprint, fingerprint, sizeof(fingerprint)) == 0);
	check_damage(&invitation, token_invitation_parse);

	CHECK(token_access_make(&access, NULL) == STATUS_OK);
	CHECK(token_access_parse(access.text, &other) == STATUS_OK);
	CHECK(memcmp(&access, &other, sizeof(other)) == 0);
	check_damage(&access, token_access_parse);
	CHECK(token_access_parse(invitation.text, &other) == STATUS_FORMAT);
	CHECK(token_access_make(&other, NULL) == STATUS_OK);
	CHECK(strcmp(other.text, access.text) != 0);
	CHECK(memcmp(other.hash, access.hash, sizeof(other.hash)) != 0);
	return tap_done();
}
