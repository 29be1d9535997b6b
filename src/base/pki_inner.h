/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of base/pki.h share; nobody else includes it. */
#ifndef BASE_PKI_INNER_H
#define BASE_PKI_INNER_H

#include "base/pki.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

struct pki_key {
	EVP_PKEY *pair;
};

struct pki_authority {
	EVP_PKEY *pair; /* NULL: to check with only */
	X509 *certificate;
	char pem[PKI_PEM_MAX];
	struct pki_facts facts;
};

#define PKI_SENSOR_URI "urn:noroshi:sensor:"

/* STATUS_NO_MEMORY or `st`, with OpenSSL's reason (which never holds a key); clears its queue. */
enum status pki_failed(struct trouble *t, enum status st, const char *file, const char *what);

/* For PEM readers: no password is asked for, on no terminal. */
int pki_no_password(char *out, int size, int writes, void *state);

/* EC on P-256, the only kind taken. */
bool pki_is_p256(EVP_PKEY *key);

MUST_USE enum status pki_facts_of(X509 *certificate, struct pki_facts *out, struct trouble *t);

/* The self-signed certificate of an authority that has a key already. */
MUST_USE enum status pki_authority_sign(struct pki_authority *a, const char *name, uint64_t now,
                                        struct trouble *t);

/* The text that `bio` holds. STATUS_LIMIT if it is longer than any of ours. */
MUST_USE enum status pki_pem_of(BIO *bio, char out[PKI_PEM_MAX], struct trouble *t);

/* One certificate, DER or the first in PEM; NULL and STATUS_FORMAT otherwise. */
MUST_USE enum status pki_certificate_parse(const void *bytes, size_t n, X509 **out,
                                           struct trouble *t);

/* All of a file of at most PKI_PEM_MAX - 1 bytes, NUL added. secret: refuse what others may
 * read. */
MUST_USE enum status pki_file_read(const char *path, bool secret, char out[PKI_PEM_MAX], size_t *n,
                                   struct trouble *t);

#endif
