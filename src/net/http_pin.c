/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http_pin.h"

#include "net/http_client.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <string.h>

static int has_key(X509 *certificate, const uint8_t *pin)
{
	uint8_t digest[HTTP_PIN_BYTES];
	unsigned char *der = NULL;
	unsigned length = 0;
	int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
	int same = n > 0 && EVP_Digest(der, (size_t)n, digest, &length, EVP_sha256(), NULL) == 1 &&
	           length == sizeof(digest) && CRYPTO_memcmp(digest, pin, sizeof(digest)) == 0;

	OPENSSL_free(der);
	return same;
}

/* The pinned certificate of the chain becomes the only anchor; the rest is OpenSSL's check. */
static int verify(X509_STORE_CTX *context, void *pin)
{
	STACK_OF(X509) *chain = X509_STORE_CTX_get0_untrusted(context);
	STACK_OF(X509) *anchors = sk_X509_new_null();
	int ok = 0;

	for (int i = 0; anchors && i < sk_X509_num(chain); i++) {
		if (has_key(sk_X509_value(chain, i), pin))
			sk_X509_push(anchors, sk_X509_value(chain, i));
	}
	if (anchors && sk_X509_num(anchors) > 0) {
		X509_STORE_CTX_set0_trusted_stack(context, anchors);
		/* A check that succeeds leaves the error as it was. */
		X509_STORE_CTX_set_error(context, X509_V_OK);
		ok = X509_verify_cert(context) == 1;
	} else {
		X509_STORE_CTX_set_error(context, X509_V_ERR_CERT_UNTRUSTED);
	}
	sk_X509_free(anchors);
	return ok;
}

void http_pin_install(void *context, const uint8_t *pin)
{
	SSL_CTX_set_cert_verify_callback(context, verify, (void *)(uintptr_t)pin);
}
