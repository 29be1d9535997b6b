/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys, requests and certificates of one hub and its sensors (X.509, RFC 5280; PKCS #10,
 * RFC 2986), by OpenSSL's libcrypto. Keys are EC P-256, signatures ECDSA with SHA-256: both TLS
 * stacks in use (GnuTLS in the server, OpenSSL in the client) take them everywhere.
 *
 * The hub's authority is a self-signed certificate that signs leaves only (pathlen 0):
 * one for the hub's server, one a sensor. A sensor's certificate says
 *
 *   subject  CN = its name          SAN  URI:urn:noroshi:sensor:NUMBER
 *   extended key usage clientAuth   serial  128 random bits
 *
 * and all of it comes from the hub: of a request, nothing but the public key is taken.
 *
 * Objects belong to their maker (_free takes NULL); one thread at a time writes them, any number
 * may read a certificate or sign with an authority at once. PEM texts go into the caller's
 * buffers of PKI_PEM_MAX bytes. Times are seconds since 1970. Bytes from outside may be anything
 * (STATUS_FORMAT); no message holds any part of a key.
 */
#ifndef BASE_PKI_H
#define BASE_PKI_H

#include "base/secret.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	PKI_PEM_MAX = 8192,      /* longest PEM text taken or given, with the NUL */
	PKI_SERIAL_MAX = 41,     /* hexadecimal, lower case, with the NUL (RFC 5280: 20 bytes) */
	PKI_NAME_MAX = 65,       /* a common name, with the NUL (RFC 5280: ub-common-name 64) */
	PKI_URI_MAX = 64,        /* the SAN URI, with the NUL */
	PKI_SERVER_NAMES = 32,   /* most names of a server certificate */
	PKI_BACKDATE_S = 5 * 60, /* certificates are valid from this long before their making */
	PKI_SENSOR_DAYS = 90,    /* life of a sensor's certificate unless the operator says else */
	PKI_SERVER_DAYS = 825,
	PKI_AUTHORITY_DAYS = 7305, /* 20 years */
};

struct pki_key;
struct pki_authority;

/* What a certificate says. */
struct pki_facts {
	char serial[PKI_SERIAL_MAX];
	char name[PKI_NAME_MAX];           /* subject's common name; "" if none */
	char uri[PKI_URI_MAX];             /* the only SAN URI; "" if none or several */
	uint32_t sensor;                   /* from urn:noroshi:sensor:NUMBER; 0 if it is none */
	bool authority;                    /* basicConstraints CA:TRUE */
	uint64_t not_before, not_after;    /* seconds since 1970, both inclusive */
	uint8_t fingerprint[SHA256_BYTES]; /* SHA-256 of the SubjectPublicKeyInfo */
};

/* --- keys --- */

MUST_USE enum status pki_key_make(struct pki_key **out, struct trouble *t);

/* An unencrypted PEM private key. STATUS_FORMAT if it is no EC P-256 key, STATUS_DENIED if
 * group or others may read or write the file. */
MUST_USE enum status pki_key_load(struct pki_key **out, const char *path, struct trouble *t);

/* PKCS #8 PEM; the file appears whole, durable and with mode 0600, or not at all. */
MUST_USE enum status pki_key_save(const struct pki_key *key, const char *path, struct trouble *t);

/* SHA-256 of the SubjectPublicKeyInfo, as in the facts of its certificate. */
MUST_USE enum status pki_key_fingerprint(const struct pki_key *key, uint8_t out[SHA256_BYTES],
                                         struct trouble *t);

void pki_key_free(struct pki_key *key);

/* --- requests (the sensor's side) --- */

/* A request for this key. `name` is for people: the hub takes none of it. */
MUST_USE enum status pki_request_make(const struct pki_key *key, const char *name,
                                      char out[PKI_PEM_MAX], struct trouble *t);

/* --- the authority (the hub's side) --- */

/* A new key and its self-signed certificate, in memory. name: 1 to 64 characters. */
MUST_USE enum status pki_authority_make(struct pki_authority **out, const char *name, uint64_t now,
                                        struct trouble *t);

MUST_USE enum status pki_authority_save(const struct pki_authority *a, const char *key_path,
                                        const char *certificate_path, struct trouble *t);

/* STATUS_FORMAT also if key and certificate are no pair or the certificate is no authority's.
 * key_path NULL: only to check others with, not to issue. */
MUST_USE enum status pki_authority_load(struct pki_authority **out, const char *key_path,
                                        const char *certificate_path, struct trouble *t);

/* The same from PEM in memory, to check with (a sensor, after it joined). */
MUST_USE enum status pki_authority_parse(struct pki_authority **out, const char *pem, size_t n,
                                         struct trouble *t);

/* The certificate as PEM text, owned by a. */
const char *pki_authority_pem(const struct pki_authority *a);
const struct pki_facts *pki_authority_facts(const struct pki_authority *a);

void pki_authority_free(struct pki_authority *a);

/* A certificate for sensor `number` (1 and up) called `name`, for the public key in a stranger's
 * request (PEM, n bytes). STATUS_FORMAT unless it is one request for an EC P-256 key, signed by
 * that key. facts may be NULL. */
MUST_USE enum status pki_issue_sensor(const struct pki_authority *a, const char *request, size_t n,
                                      uint32_t number, const char *name, uint32_t days,
                                      uint64_t now, char out[PKI_PEM_MAX], struct pki_facts *facts,
                                      struct trouble *t);

/* A certificate for a server under `count` (1 to PKI_SERVER_NAMES) DNS names or IP addresses.
 * The text is the chain as a server presents it: leaf, then authority, so that a sensor that
 * joins can meet the authority's fingerprint. STATUS_FORMAT for a text that is neither. */
MUST_USE enum status pki_issue_server(const struct pki_authority *a, const struct pki_key *key,
                                      const char *const *names, size_t count, uint32_t days,
                                      uint64_t now, char out[PKI_PEM_MAX], struct pki_facts *facts,
                                      struct trouble *t);

/* --- certificates of others --- */

/* The facts of one certificate, DER or the first one in PEM; no signature is checked. */
MUST_USE enum status pki_facts_read(const void *bytes, size_t n, struct pki_facts *out,
                                    struct trouble *t);

enum pki_use { PKI_USE_SENSOR, PKI_USE_SERVER }; /* clientAuth, serverAuth */

/* Did the authority sign this certificate (DER or first in PEM), for this use, and is it valid
 * at `now`? STATUS_FORMAT if it is none, STATUS_DENIED with the reason if not. */
MUST_USE enum status pki_check(const struct pki_authority *a, const void *bytes, size_t n,
                               enum pki_use use, uint64_t now, struct pki_facts *facts,
                               struct trouble *t);

/* The certificate with this public key's fingerprint out of a chain of PEM texts, as PEM: how
 * `sensor join` picks the authority that its token names. STATUS_NOT_FOUND if none has it,
 * STATUS_FORMAT if the chain cannot be read or has more than 16. */
MUST_USE enum status pki_chain_find(const char *chain, size_t n,
                                    const uint8_t fingerprint[SHA256_BYTES], char out[PKI_PEM_MAX],
                                    struct trouble *t);

#endif
