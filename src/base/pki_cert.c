/* SPDX-License-Identifier: Apache-2.0 */
#include "base/pki_inner.h"

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CHAIN_MAX = 16, PEM_CERTIFICATE_MAX = CHAIN_MAX * PKI_PEM_MAX };

/* DER starts a SEQUENCE (0x30, which in PEM text would be the digit 0). */
static bool looks_der(const void *bytes, size_t n)
{
	return n > 0 && *(const uint8_t *)bytes == 0x30;
}

static X509 *parse_der(const void *bytes, size_t n)
{
	const unsigned char *at = bytes, *end = at + n;
	X509 *certificate = d2i_X509(NULL, &at, (long)n);

	if (certificate && at != end) {
		X509_free(certificate);
		certificate = NULL;
	}
	return certificate;
}

static X509 *parse_pem(const void *bytes, size_t n)
{
	BIO *bio = BIO_new_mem_buf(bytes, (int)n);
	X509 *certificate = bio ? PEM_read_bio_X509(bio, NULL, pki_no_password, NULL) : NULL;

	BIO_free(bio);
	return certificate;
}

enum status pki_certificate_parse(const void *bytes, size_t n, X509 **out, struct trouble *t)
{
	*out = NULL;
	if (n == 0 || n >= PEM_CERTIFICATE_MAX)
		return trouble_set(t, STATUS_FORMAT, NULL, 0, "not a certificate: %zu bytes", n);
	*out = looks_der(bytes, n) ? parse_der(bytes, n) : parse_pem(bytes, n);
	if (!*out)
		return pki_failed(t, STATUS_FORMAT, NULL, "not a certificate");
	ERR_clear_error();
	return STATUS_OK;
}

static uint64_t seconds_of(const ASN1_TIME *time)
{
	struct tm parts;
	time_t seconds = -1;

	if (time && ASN1_TIME_to_tm(time, &parts) == 1)
		seconds = timegm(&parts);
	return seconds < 0 ? 0 : (uint64_t)seconds;
}

static bool copy_serial(X509 *certificate, char out[PKI_SERIAL_MAX])
{
	const ASN1_INTEGER *serial = X509_get0_serialNumber(certificate);
	BIGNUM *number = ASN1_INTEGER_to_BN(serial, NULL);
	uint8_t bytes[(PKI_SERIAL_MAX - 1) / 2];
	int n = number ? BN_num_bytes(number) : -1;
	bool fits = n > 0 && n <= (int)sizeof(bytes) && !BN_is_negative(number);

	out[0] = '\0';
	if (fits) {
		BN_bn2bin(number, bytes);
		hex_encode(bytes, (size_t)n, out);
	}
	BN_free(number);
	return fits;
}

/* A text of the certificate, "" if it holds a NUL or does not fit. */
static void copy_text(const unsigned char *text, int n, char *out, size_t size)
{
	out[0] = '\0';
	if (!text || n < 0 || (size_t)n >= size || memchr(text, '\0', (size_t)n))
		return;
	memcpy(out, text, (size_t)n);
	out[n] = '\0';
}

static void copy_name(X509 *certificate, char out[PKI_NAME_MAX])
{
	const X509_NAME *subject = X509_get_subject_name(certificate);
	int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
	unsigned char *text = NULL;
	int n = -1;

	if (at >= 0)
		n = ASN1_STRING_to_UTF8(&text,
		                        X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
	copy_text(text, n, out, PKI_NAME_MAX);
	OPENSSL_free(text);
}

/* urn:noroshi:sensor:7 -> 7; written in one way only. */
static uint32_t number_of(const char *uri)
{
	const char *digits = uri + strlen(PKI_SENSOR_URI);
	char *end;
	unsigned long long number;

	if (strncmp(uri, PKI_SENSOR_URI, strlen(PKI_SENSOR_URI)) != 0 || *digits < '1' ||
	    *digits > '9' || strlen(digits) > 10)
		return 0;
	number = strtoull(digits, &end, 10);
	return *end || number > UINT32_MAX ? 0 : (uint32_t)number;
}

static void copy_uri(X509 *certificate, struct pki_facts *out)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
	int count = names ? sk_GENERAL_NAME_num(names) : 0, uris = 0;

	out->uri[0] = '\0';
	for (int i = 0; i < count; i++) {
		const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);
		const ASN1_STRING *text = name->d.ia5;

		if (name->type == GEN_URI && uris++ == 0)
			copy_text(ASN1_STRING_get0_data(text), ASN1_STRING_length(text), out->uri,
			          sizeof(out->uri));
	}
	if (uris != 1)
		out->uri[0] = '\0';
	out->sensor = number_of(out->uri);
	GENERAL_NAMES_free(names);
}

static bool hash_key(X509 *certificate, uint8_t out[SHA256_BYTES])
{
	unsigned char *der = NULL;
	int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);

	if (n <= 0)
		return false;
	sha256(der, (size_t)n, out);
	OPENSSL_free(der);
	return true;
}

enum status pki_facts_of(X509 *certificate, struct pki_facts *out, struct trouble *t)
{
	memset(out, 0, sizeof(*out));
	if (!copy_serial(certificate, out->serial))
		return trouble_set(t, STATUS_FORMAT, NULL, 0,
		                   "the certificate's serial number is no positive number of at "
		                   "most 20 bytes");
	out->not_before = seconds_of(X509_get0_notBefore(certificate));
	out->not_after = seconds_of(X509_get0_notAfter(certificate));
	out->authority = X509_check_ca(certificate) == 1;
	copy_name(certificate, out->name);
	copy_uri(certificate, out);
	if (!hash_key(certificate, out->fingerprint))
		return pki_failed(t, STATUS_FORMAT, NULL, "the certificate has no public key");
	ERR_clear_error();
	return STATUS_OK;
}

enum status pki_facts_read(const void *bytes, size_t n, struct pki_facts *out, struct trouble *t)
{
	X509 *certificate;
	enum status st = pki_certificate_parse(bytes, n, &certificate, t);

	memset(out, 0, sizeof(*out));
	if (!st)
		st = pki_facts_of(certificate, out, t);
	X509_free(certificate);
	return st;
}

/* Trust in the authority alone: nothing of the system, no chain in between. */
static enum status verify(const struct pki_authority *a, X509 *certificate, enum pki_use use,
                          uint64_t now, struct trouble *t)
{
	X509_STORE *store = X509_STORE_new();
	X509_STORE_CTX *check = X509_STORE_CTX_new();
	X509_VERIFY_PARAM *rules;
	enum status st = STATUS_OK;

	if (!store || !check || X509_STORE_add_cert(store, a->certificate) != 1 ||
	    X509_STORE_CTX_init(check, store, certificate, NULL) != 1) {
		st = pki_failed(t, STATUS_NO_MEMORY, NULL, "cannot check a certificate");
		goto out;
	}
	rules = X509_STORE_CTX_get0_param(check);
	X509_VERIFY_PARAM_set_time(rules, (time_t)now);
	X509_VERIFY_PARAM_set_depth(rules, 1);
	X509_VERIFY_PARAM_set_purpose(rules, use == PKI_USE_SENSOR ? X509_PURPOSE_SSL_CLIENT
	                                                           : X509_PURPOSE_SSL_SERVER);
	if (X509_verify_cert(check) != 1)
		st = trouble_set(t, STATUS_DENIED, NULL, 0, "the certificate is not good: %s",
		                 X509_verify_cert_error_string(X509_STORE_CTX_get_error(check)));
out:
	X509_STORE_CTX_free(check);
	X509_STORE_free(store);
	ERR_clear_error();
	return st;
}

enum status pki_check(const struct pki_authority *a, const void *bytes, size_t n, enum pki_use use,
                      uint64_t now, struct pki_facts *facts, struct trouble *t)
{
	struct pki_facts unused;
	X509 *certificate;
	enum status st = pki_certificate_parse(bytes, n, &certificate, t);

	if (!st)
		st = pki_facts_of(certificate, facts ? facts : &unused, t);
	if (!st && X509_check_ca(certificate) != 0)
		st = trouble_set(t, STATUS_DENIED, NULL, 0, "an authority is no sensor or server");
	if (!st)
		st = verify(a, certificate, use, now, t);
	X509_free(certificate);
	return st;
}

/* STATUS_OK and PEM text for the one that is sought, STATUS_END for another. */
static enum status take_if(X509 *certificate, const uint8_t fingerprint[SHA256_BYTES],
                           char out[PKI_PEM_MAX], struct trouble *t)
{
	uint8_t hash[SHA256_BYTES];
	enum status st;
	BIO *bio;

	if (!hash_key(certificate, hash) || memcmp(hash, fingerprint, sizeof(hash)) != 0)
		return STATUS_END;
	bio = BIO_new(BIO_s_mem());
	if (bio && PEM_write_bio_X509(bio, certificate) == 1)
		st = pki_pem_of(bio, out, t);
	else
		st = pki_failed(t, STATUS_NO_MEMORY, NULL, "cannot copy a certificate");
	BIO_free(bio);
	return st;
}

enum status pki_chain_find(const char *chain, size_t n, const uint8_t fingerprint[SHA256_BYTES],
                           char out[PKI_PEM_MAX], struct trouble *t)
{
	BIO *bio = n < PEM_CERTIFICATE_MAX ? BIO_new_mem_buf(chain, (int)n) : NULL;
	enum status st = STATUS_END;
	int count = 0;

	out[0] = '\0';
	while (bio && st == STATUS_END && count < CHAIN_MAX) {
		X509 *certificate = PEM_read_bio_X509(bio, NULL, pki_no_password, NULL);

		if (!certificate)
			break;
		count++;
		st = take_if(certificate, fingerprint, out, t);
		X509_free(certificate);
	}
	BIO_free(bio);
	ERR_clear_error();
	if (st == STATUS_END && (count == 0 || count == CHAIN_MAX))
		st = trouble_set(t, STATUS_FORMAT, NULL, 0, "not a chain of up to %d certificates",
		                 (int)CHAIN_MAX - 1);
	else if (st == STATUS_END)
		st = trouble_set(t, STATUS_NOT_FOUND, NULL, 0,
		                 "none of %d certificates has the expected fingerprint", count);
	return st;
}
