/* SPDX-License-Identifier: Apache-2.0 */
#include "base/outfile.h"
#include "base/pki_inner.h"

#include <assert.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum status pki_authority_make(struct pki_authority **out, const char *name, uint64_t now,
                               struct trouble *t)
{
	struct pki_authority *a = calloc(1, sizeof(*a));
	struct pki_key *key = NULL;
	enum status st = a ? pki_key_make(&key, t) : STATUS_NO_MEMORY;

	*out = NULL;
	if (!a)
		return trouble_set(t, st, NULL, 0, "out of memory");
	if (!st) {
		a->pair = key->pair;
		key->pair = NULL;
		st = pki_authority_sign(a, name, now, t);
	}
	pki_key_free(key);
	if (st)
		pki_authority_free(a);
	else
		*out = a;
	return st;
}

static enum status save_text(const char *text, const char *path, struct trouble *t)
{
	struct outfile *file;
	enum status st = outfile_open_private(&file, path, t);

	if (st)
		return st;
	outfile_text(file, text);
	return outfile_commit(file, t);
}

enum status pki_authority_save(const struct pki_authority *a, const char *key_path,
                               const char *certificate_path, struct trouble *t)
{
	const struct pki_key key = {a->pair};
	enum status st;

	assert(a->pair && "an authority without a key has nothing to save");
	st = pki_key_save(&key, key_path, t);
	return st ? st : save_text(a->pem, certificate_path, t);
}

enum status pki_authority_parse(struct pki_authority **out, const char *pem, size_t n,
                                struct trouble *t)
{
	struct pki_authority *a = calloc(1, sizeof(*a));
	BIO *bio = BIO_new(BIO_s_mem());
	enum status st;

	*out = NULL;
	if (!a || !bio) {
		st = trouble_set(t, STATUS_NO_MEMORY, NULL, 0, "out of memory");
		goto out;
	}
	st = pki_certificate_parse(pem, n, &a->certificate, t);
	if (!st)
		st = pki_facts_of(a->certificate, &a->facts, t);
	if (!st && !a->facts.authority)
		st = trouble_set(t, STATUS_FORMAT, NULL, 0,
		                 "the certificate is not that of an authority");
	if (!st && PEM_write_bio_X509(bio, a->certificate) != 1)
		st = pki_failed(t, STATUS_NO_MEMORY, NULL, "cannot copy a certificate");
	if (!st)
		st = pki_pem_of(bio, a->pem, t);
out:
	BIO_free(bio);
	if (st)
		pki_authority_free(a);
	else
		*out = a;
	return st;
}

/* The key beside its certificate. */
static enum status add_key(struct pki_authority *a, const char *path, struct trouble *t)
{
	struct pki_key *key;
	enum status st = pki_key_load(&key, path, t);

	if (st)
		return st;
	assert(a && key);
	if (X509_check_private_key(a->certificate, key->pair) == 1) {
		a->pair = key->pair;
		key->pair = NULL;
	} else {
		ERR_clear_error();
		st = trouble_set(t, STATUS_FORMAT, path, 0,
		                 "not the key of the authority's certificate");
	}
	pki_key_free(key);
	return st;
}

enum status pki_authority_load(struct pki_authority **out, const char *key_path,
                               const char *certificate_path, struct trouble *t)
{
	char pem[PKI_PEM_MAX];
	size_t n;
	enum status st = pki_file_read(certificate_path, false, pem, &n, t);

	*out = NULL;
	if (st)
		return st;
	st = pki_authority_parse(out, pem, n, t);
	if (st && t)
		snprintf(t->file, sizeof(t->file), "%s", certificate_path);
	if (!st && key_path)
		st = add_key(*out, key_path, t);
	if (st) {
		pki_authority_free(*out);
		*out = NULL;
	}
	return st;
}

const char *pki_authority_pem(const struct pki_authority *a)
{
	return a->pem;
}

const struct pki_facts *pki_authority_facts(const struct pki_authority *a)
{
	return &a->facts;
}

void pki_authority_free(struct pki_authority *a)
{
	if (!a)
		return;
	EVP_PKEY_free(a->pair); /* wipes it */
	X509_free(a->certificate);
	free(a);
}
