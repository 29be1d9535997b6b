/* SPDX-License-Identifier: Apache-2.0 */
#include "base/outfile.h"
#include "base/pki_inner.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <string.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum status pki_failed(struct trouble *t, enum status st, const char *file, const char *what)
{
	unsigned long error = ERR_peek_last_error();
	const char *reason = ERR_reason_error_string(error);

	if (ERR_GET_REASON(error) == ERR_R_MALLOC_FAILURE)
		st = STATUS_NO_MEMORY;
	ERR_clear_error();
	return trouble_set(t, st, file, 0, "%s%s%s", what, reason ? ": " : "",
	                   reason ? reason : "");
}

int pki_no_password(char *out, int size, int writes, void *state)
{
	(void)out, (void)size, (void)writes, (void)state;
	return -1;
}

bool pki_is_p256(EVP_PKEY *key)
{
	char group[32];
	size_t n;

	return EVP_PKEY_get_base_id(key) == EVP_PKEY_EC &&
	       EVP_PKEY_get_group_name(key, group, sizeof(group), &n) == 1 &&
	       strcmp(group, "prime256v1") == 0;
}

/* Takes the pair, or frees it. */
static enum status wrap(EVP_PKEY *pair, struct pki_key **out, struct trouble *t)
{
	struct pki_key *key = malloc(sizeof(*key));

	*out = key;
	if (!key) {
		EVP_PKEY_free(pair);
		return trouble_set(t, STATUS_NO_MEMORY, NULL, 0, "out of memory");
	}
	key->pair = pair;
	return STATUS_OK;
}

enum status pki_key_make(struct pki_key **out, struct trouble *t)
{
	EVP_PKEY *pair = EVP_EC_gen("P-256");

	*out = NULL;
	if (!pair)
		return pki_failed(t, STATUS_UNAVAILABLE, NULL, "cannot make a key");
	return wrap(pair, out, t);
}

static enum status read_rest(int fd, const char *path, char out[PKI_PEM_MAX], size_t *n,
                             struct trouble *t)
{
	size_t used = 0;
	ssize_t got;

	do {
		got = read(fd, out + used, PKI_PEM_MAX - used);
		used += got > 0 ? (size_t)got : 0;
	} while (used < PKI_PEM_MAX && (got > 0 || (got < 0 && errno == EINTR)));
	if (got < 0)
		return trouble_set(t, status_of_errno(errno), path, 0, "cannot read: %s",
		                   strerror(errno));
	if (used == PKI_PEM_MAX)
		return trouble_set(t, STATUS_FORMAT, path, 0,
		                   "larger than any key or certificate of ours");
	out[used] = '\0';
	*n = used;
	return STATUS_OK;
}

enum status pki_file_read(const char *path, bool secret, char out[PKI_PEM_MAX], size_t *n,
                          struct trouble *t)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct stat info;
	enum status st;

	*n = 0;
	out[0] = '\0';
	if (fd < 0)
		return trouble_set(t, errno == EACCES ? STATUS_DENIED : status_of_errno(errno),
		                   path, 0, "cannot read: %s", strerror(errno));
	if (fstat(fd, &info) != 0)
		st = trouble_set(t, STATUS_IO, path, 0, "cannot read: %s", strerror(errno));
	else if (secret && (info.st_mode & (S_IRWXG | S_IRWXO)))
		st = trouble_set(t, STATUS_DENIED, path, 0,
		                 "others than its owner may use this key: chmod 600 it");
	else
		st = read_rest(fd, path, out, n, t);
	close(fd);
	return st;
}

static EVP_PKEY *parse_pair(const char *pem, size_t n)
{
	BIO *bio = BIO_new_mem_buf(pem, (int)n);
	EVP_PKEY *pair = bio ? PEM_read_bio_PrivateKey(bio, NULL, pki_no_password, NULL) : NULL;

	BIO_free(bio);
	if (pair && !pki_is_p256(pair)) {
		EVP_PKEY_free(pair);
		pair = NULL;
	}
	return pair;
}

enum status pki_key_load(struct pki_key **out, const char *path, struct trouble *t)
{
	char pem[PKI_PEM_MAX];
	EVP_PKEY *pair;
	size_t n;
	enum status st = pki_file_read(path, true, pem, &n, t);

	*out = NULL;
	if (!st) {
		pair = parse_pair(pem, n);
		if (pair)
			st = wrap(pair, out, t);
		else
			st = pki_failed(t, STATUS_FORMAT, path, "not an EC P-256 private key");
	}
	secret_wipe(pem, sizeof(pem));
	return st;
}

static enum status save_pem(const char *pem, size_t n, const char *path, struct trouble *t)
{
	struct outfile *file;
	enum status st = outfile_open_private(&file, path, t);

	if (st)
		return st;
	outfile_write(file, pem, n);
	return outfile_commit(file, t);
}

enum status pki_key_save(const struct pki_key *key, const char *path, struct trouble *t)
{
	BIO *bio = BIO_new(BIO_s_secmem());
	enum status st;
	char *pem;
	long n;

	if (!bio || PEM_write_bio_PKCS8PrivateKey(bio, key->pair, NULL, NULL, 0, NULL, NULL) != 1) {
		st = pki_failed(t, STATUS_NO_MEMORY, path, "cannot write the key");
	} else {
		n = BIO_get_mem_data(bio, &pem);
		st = save_pem(pem, (size_t)n, path, t);
		secret_wipe(pem, (size_t)n);
	}
	BIO_free(bio);
	return st;
}

enum status pki_key_fingerprint(const struct pki_key *key, uint8_t out[SHA256_BYTES],
                                struct trouble *t)
{
	unsigned char *der = NULL;
	int n = i2d_PUBKEY(key->pair, &der);

	if (n <= 0)
		return pki_failed(t, STATUS_NO_MEMORY, NULL, "cannot encode the public key");
	sha256(der, (size_t)n, out);
	OPENSSL_free(der);
	return STATUS_OK;
}

void pki_key_free(struct pki_key *key)
{
	if (!key)
		return;
	EVP_PKEY_free(key->pair); /* wipes it */
	free(key);
}

enum status pki_pem_of(BIO *bio, char out[PKI_PEM_MAX], struct trouble *t)
{
	char *pem;
	long n = BIO_get_mem_data(bio, &pem);

	out[0] = '\0';
	if (n <= 0 || n >= PKI_PEM_MAX)
		return trouble_set(t, STATUS_LIMIT, NULL, 0, "a PEM text of %ld bytes is too long",
		                   n);
	memcpy(out, pem, (size_t)n);
	out[n] = '\0';
	return STATUS_OK;
}

enum status pki_request_make(const struct pki_key *key, const char *name, char out[PKI_PEM_MAX],
                             struct trouble *t)
{
	const unsigned char *text = (const unsigned char *)name;
	X509_REQ *request = X509_REQ_new();
	BIO *bio = BIO_new(BIO_s_mem());
	enum status st;

	if (request && bio && X509_REQ_set_version(request, X509_REQ_VERSION_1) == 1 &&
	    X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(request), "CN", MBSTRING_UTF8,
	                               text, -1, -1, 0) == 1 &&
	    X509_REQ_set_pubkey(request, key->pair) == 1 &&
	    X509_REQ_sign(request, key->pair, EVP_sha256()) > 0 &&
	    PEM_write_bio_X509_REQ(bio, request) == 1)
		st = pki_pem_of(bio, out, t);
	else
		st = pki_failed(t, STATUS_FORMAT, NULL, "cannot make a certificate request");
	X509_REQ_free(request);
	BIO_free(bio);
	return st;
}
