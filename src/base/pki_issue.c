/* SPDX-License-Identifier: Apache-2.0 */
#include "base/pki_inner.h"

#include <arpa/inet.h>
#include <assert.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

enum { SERIAL_BYTES = 16, DAY_S = 86400, ALT_MAX = PKI_SERVER_NAMES * 260 };

/* An extension, as OpenSSL's x509v3_config(5) writes it. */
struct extension {
	int nid;
	const char *text; /* NULL: leave it out */
};

/* What goes into a certificate that is to be signed. */
struct wish {
	const char *name;
	const struct extension *extensions; /* ends with nid 0 */
	EVP_PKEY *key;                      /* public half */
	X509 *issuer;                       /* NULL: signs itself */
	uint64_t now, days;
};

static bool set_serial(X509 *certificate)
{
	uint8_t bytes[SERIAL_BYTES];
	BIGNUM *number;
	bool ok;

	if (secret_random(bytes, sizeof(bytes), NULL))
		return false;
	number = BN_bin2bn(bytes, sizeof(bytes), NULL);
	ok = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));
	BN_free(number);
	return ok;
}

/* From shortly ago, for sensors whose clock is late, and never beyond the issuer's own end. */
static bool set_life(X509 *certificate, const struct wish *w)
{
	time_t start = (time_t)(w->now > PKI_BACKDATE_S ? w->now - PKI_BACKDATE_S : 0);
	time_t end = (time_t)(w->now + w->days * DAY_S);

	if (!ASN1_TIME_set(X509_getm_notBefore(certificate), start) ||
	    !ASN1_TIME_set(X509_getm_notAfter(certificate), end))
		return false;
	if (w->issuer &&
	    ASN1_TIME_compare(X509_get0_notAfter(w->issuer), X509_get0_notAfter(certificate)) < 0)
		return X509_set1_notAfter(certificate, X509_get0_notAfter(w->issuer)) == 1;
	return true;
}

static bool set_names(X509 *certificate, const struct wish *w)
{
	X509_NAME *subject = X509_get_subject_name(certificate);
	const unsigned char *name = (const unsigned char *)w->name;

	return X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, name, -1, -1, 0) == 1 &&
	       X509_set_issuer_name(certificate,
	                            w->issuer ? X509_get_subject_name(w->issuer) : subject) == 1;
}

static bool set_extensions(X509 *certificate, const struct wish *w)
{
	X509V3_CTX context;

	X509V3_set_ctx(&context, w->issuer ? w->issuer : certificate, certificate, NULL, NULL, 0);
	for (const struct extension *e = w->extensions; e->nid; e++) {
		X509_EXTENSION *extension;
		bool ok;

		if (!e->text)
			continue;
		extension = X509V3_EXT_conf_nid(NULL, &context, e->nid, e->text);
		ok = extension && X509_add_ext(certificate, extension, -1) == 1;
		X509_EXTENSION_free(extension);
		if (!ok)
			return false;
	}
	return true;
}

static enum status sign(const struct wish *w, EVP_PKEY *signer, X509 **out, struct trouble *t)
{
	X509 *certificate = X509_new();

	*out = NULL;
	if (certificate && X509_set_version(certificate, X509_VERSION_3) == 1 &&
	    set_serial(certificate) && set_life(certificate, w) && set_names(certificate, w) &&
	    X509_set_pubkey(certificate, w->key) == 1 && set_extensions(certificate, w) &&
	    X509_sign(certificate, signer, EVP_sha256()) > 0) {
		*out = certificate;
		return STATUS_OK;
	}
	X509_free(certificate);
	return pki_failed(t, STATUS_UNAVAILABLE, NULL, "cannot make a certificate");
}

enum status pki_authority_sign(struct pki_authority *a, const char *name, uint64_t now,
                               struct trouble *t)
{
	static const struct extension extensions[] = {
	        {NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
	        {NID_key_usage, "critical,keyCertSign,cRLSign"},
	        {NID_subject_key_identifier, "hash"},
	        {0, NULL},
	};
	const struct wish w = {
	        .name = name,
	        .extensions = extensions,
	        .key = a->pair,
	        .now = now,
	        .days = PKI_AUTHORITY_DAYS,
	};
	BIO *bio = BIO_new(BIO_s_mem());
	enum status st = sign(&w, a->pair, &a->certificate, t);

	if (!st && (!bio || PEM_write_bio_X509(bio, a->certificate) != 1))
		st = pki_failed(t, STATUS_NO_MEMORY, NULL, "cannot write a certificate");
	if (!st)
		st = pki_pem_of(bio, a->pem, t);
	if (!st)
		st = pki_facts_of(a->certificate, &a->facts, t);
	BIO_free(bio);
	return st;
}

/* Issue a leaf; with_chain: the authority's certificate stands behind it. */
static enum status issue(const struct pki_authority *a, struct wish *w, bool with_chain,
                         char out[PKI_PEM_MAX], struct pki_facts *facts, struct trouble *t)
{
	X509 *certificate = NULL;
	BIO *bio = BIO_new(BIO_s_mem());
	enum status st;

	assert(a->pair && "this authority was loaded to check with only");
	assert(w->days > 0 && w->days <= PKI_AUTHORITY_DAYS);
	w->issuer = a->certificate;
	st = sign(w, a->pair, &certificate, t);
	if (!st && (!bio || PEM_write_bio_X509(bio, certificate) != 1 ||
	            (with_chain && BIO_puts(bio, a->pem) <= 0)))
		st = pki_failed(t, STATUS_NO_MEMORY, NULL, "cannot write a certificate");
	if (!st)
		st = pki_pem_of(bio, out, t);
	if (!st && facts)
		st = pki_facts_of(certificate, facts, t);
	X509_free(certificate);
	BIO_free(bio);
	return st;
}

/* One request and nothing before or behind it. */
static X509_REQ *parse_request(const char *pem, size_t n)
{
	static const char begin[] = "-----BEGIN CERTIFICATE REQUEST-----";
	static const char end[] = "-----END CERTIFICATE REQUEST-----";
	X509_REQ *request;
	BIO *bio;

	while (n > 0 && (pem[n - 1] == '\n' || pem[n - 1] == '\r'))
		n--;
	if (n >= PKI_PEM_MAX || n < sizeof(begin) + sizeof(end) ||
	    memcmp(pem, begin, sizeof(begin) - 1) != 0 ||
	    memmem(pem + 1, n - 1, "-----BEGIN", 10) ||
	    memcmp(pem + n - sizeof(end) + 1, end, sizeof(end) - 1) != 0)
		return NULL;
	bio = BIO_new_mem_buf(pem, (int)n);
	request = bio ? PEM_read_bio_X509_REQ(bio, NULL, pki_no_password, NULL) : NULL;
	BIO_free(bio);
	return request;
}

/* P-256 by name: a key with parameters of its own may be anything (CVE-2020-0601), and TLS
 * refuses it. */
static bool is_acceptable(EVP_PKEY *key)
{
	int is_explicit = 0;

	return key && pki_is_p256(key) &&
	       EVP_PKEY_get_int_param(key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS,
	                              &is_explicit) == 1 &&
	       !is_explicit;
}

enum status pki_issue_sensor(const struct pki_authority *a, const char *request, size_t n,
                             uint32_t number, const char *name, uint32_t days, uint64_t now,
                             char out[PKI_PEM_MAX], struct pki_facts *facts, struct trouble *t)
{
	char uri[PKI_URI_MAX];
	const struct extension extensions[] = {
	        {NID_basic_constraints, "critical,CA:FALSE"},
	        {NID_key_usage, "critical,digitalSignature"},
	        {NID_ext_key_usage, "clientAuth"},
	        {NID_subject_alt_name, uri},
	        {NID_subject_key_identifier, "hash"},
	        {NID_authority_key_identifier, "keyid:always"},
	        {0, NULL},
	};
	X509_REQ *parsed = parse_request(request, n);
	struct wish w = {.name = name,
	                 .extensions = extensions,
	                 .key = parsed ? X509_REQ_get0_pubkey(parsed) : NULL,
	                 .now = now,
	                 .days = days};
	enum status st;

	assert(number > 0);
	snprintf(uri, sizeof(uri), "URI:" PKI_SENSOR_URI "%u", number);
	if (!is_acceptable(w.key) || X509_REQ_verify(parsed, w.key) != 1) {
		ERR_clear_error();
		st = trouble_set(t, STATUS_FORMAT, NULL, 0,
		                 "not a certificate request for an EC P-256 key, signed by it");
	} else {
		st = issue(a, &w, false, out, facts, t);
	}
	X509_REQ_free(parsed);
	return st;
}

/* Letters, digits and inner hyphens between dots; the last label is no number, or it would be
 * a mistyped address (RFC 1123 section 2.1). */
static bool is_dns_name(const char *name)
{
	static const char taken[] =
	        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
	size_t n = 0;

	if (strlen(name) > 253)
		return false;
	for (const char *label = name;; label += n + 1) {
		n = strspn(label, taken);
		if (n == 0 || n > 63 || label[0] == '-' || label[n - 1] == '-')
			return false;
		if (label[n] == '\0')
			return strspn(label, "0123456789") < n;
		if (label[n] != '.')
			return false;
	}
}

/* "DNS:a,IP:192.0.2.1" for x509v3_config(5), whose own signs no name can hold. */
static enum status list_names(const char *const *names, size_t count, char out[ALT_MAX],
                              struct trouble *t)
{
	size_t used = 0;

	assert(count > 0 && count <= PKI_SERVER_NAMES);
	for (size_t i = 0; i < count; i++) {
		uint8_t address[16];
		bool is_address = inet_pton(AF_INET, names[i], address) == 1 ||
		                  inet_pton(AF_INET6, names[i], address) == 1;

		if (!is_address && !is_dns_name(names[i]))
			return trouble_set(t, STATUS_FORMAT, NULL, 0,
			                   "'%.80s' is neither a DNS name nor an IP address",
			                   names[i]);
		used += (size_t)snprintf(out + used, ALT_MAX - used, "%s%s:%s", i ? "," : "",
		                         is_address ? "IP" : "DNS", names[i]);
		assert(used < ALT_MAX);
	}
	return STATUS_OK;
}

enum status pki_issue_server(const struct pki_authority *a, const struct pki_key *key,
                             const char *const *names, size_t count, uint32_t days, uint64_t now,
                             char out[PKI_PEM_MAX], struct pki_facts *facts, struct trouble *t)
{
	char alternatives[ALT_MAX];
	const struct extension extensions[] = {
	        {NID_basic_constraints, "critical,CA:FALSE"},
	        {NID_key_usage, "critical,digitalSignature"},
	        {NID_ext_key_usage, "serverAuth"},
	        {NID_subject_alt_name, alternatives},
	        {NID_subject_key_identifier, "hash"},
	        {NID_authority_key_identifier, "keyid:always"},
	        {0, NULL},
	};
	struct wish w = {.name = strlen(names[0]) < PKI_NAME_MAX ? names[0] : "noroshi hub",
	                 .extensions = extensions,
	                 .key = key->pair,
	                 .now = now,
	                 .days = days};
	enum status st = list_names(names, count, alternatives, t);

	return st ? st : issue(a, &w, true, out, facts, t);
}
