/* SPDX-License-Identifier: Apache-2.0 */
/* Alone: the checks. `issue FOLDER` makes a certificate for FOLDER/request.pem, for the interop
 * test that lets another program read it. */
#include "base/pki.h"
#include "tap.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { NOW = 1750000000, DAY = 86400 };

static char folder[] = "/tmp/noroshi-pki-XXXXXX";

static const char *at(const char *name)
{
	static char paths[4][PKI_PEM_MAX];
	static unsigned next;
	char *path = paths[next++ % 4];

	snprintf(path, PKI_PEM_MAX, "%s/%s", folder, name);
	return path;
}

static size_t slurp(const char *path, char out[PKI_PEM_MAX])
{
	FILE *file = fopen(path, "rbe");
	size_t n = file ? fread(out, 1, PKI_PEM_MAX - 1, file) : 0;

	out[n] = '\0';
	if (file)
		fclose(file);
	return n;
}

static void check_keys(void)
{
	struct pki_key *key, *again;
	struct trouble t = {0};
	struct stat info;
	char pem[PKI_PEM_MAX];

	CHECK(pki_key_make(&key, &t) == STATUS_OK);
	CHECK(pki_key_save(key, at("a.key"), &t) == STATUS_OK);
	CHECK(stat(at("a.key"), &info) == 0 && (info.st_mode & 0777) == 0600);
	CHECK(pki_key_load(&again, at("a.key"), &t) == STATUS_OK);
	pki_key_free(again);
	/* Whoever else may use the key makes it worthless. */
	CHECK(chmod(at("a.key"), 0640) == 0);
	CHECK(pki_key_load(&again, at("a.key"), &t) == STATUS_DENIED && !again);
	CHECK(chmod(at("a.key"), 0600) == 0);
	/* Half a key, and a message that holds none of it. */
	CHECK(slurp(at("a.key"), pem) > 100);
	CHECK(truncate(at("a.key"), 100) == 0);
	CHECK(pki_key_load(&again, at("a.key"), &t) == STATUS_FORMAT && !again);
	pem[60] = '\0';
	CHECK(!strstr(t.text, pem + 40));
	CHECK(pki_key_load(&again, at("none.key"), &t) == STATUS_NOT_FOUND);
	CHECK(pki_key_save(key, at("no/such/folder.key"), &t) == STATUS_NOT_FOUND);
	pki_key_free(key);
	pki_key_free(NULL);
}

static void check_authority(const struct pki_authority *a)
{
	const struct pki_facts *facts = pki_authority_facts(a);
	struct pki_authority *again, *other;
	struct trouble t = {0};

	CHECK(facts->authority && facts->sensor == 0);
	CHECK_STR(facts->name, "noroshi test hub");
	CHECK_U64(facts->not_before, NOW - PKI_BACKDATE_S);
	CHECK_U64(facts->not_after, NOW + (uint64_t)PKI_AUTHORITY_DAYS * DAY);
	CHECK(pki_authority_save(a, at("ca.key"), at("ca.pem"), &t) == STATUS_OK);
	CHECK(pki_authority_load(&again, at("ca.key"), at("ca.pem"), &t) == STATUS_OK);
	CHECK(memcmp(pki_authority_facts(again), facts, sizeof(*facts)) == 0);
	CHECK_STR(pki_authority_pem(again), pki_authority_pem(a));
	pki_authority_free(again);
	CHECK(pki_authority_load(&again, NULL, at("ca.pem"), &t) == STATUS_OK);
	pki_authority_free(again);
	/* Another's key beside the certificate. */
	CHECK(pki_authority_make(&other, "other", NOW, &t) == STATUS_OK);
	CHECK(pki_authority_save(other, at("other.key"), at("other.pem"), &t) == STATUS_OK);
	CHECK(pki_authority_load(&again, at("other.key"), at("ca.pem"), &t) == STATUS_FORMAT);
	CHECK(!again);
	pki_authority_free(other);
}

static void check_sensor(const struct pki_authority *a, const struct pki_key *key)
{
	char request[PKI_PEM_MAX], pem[PKI_PEM_MAX], second[PKI_PEM_MAX];
	struct pki_facts facts, read, twin;
	struct pki_authority *other;
	struct trouble t = {0};
	size_t n;

	CHECK(pki_request_make(key, "whatever I like", request, &t) == STATUS_OK);
	n = strlen(request);
	CHECK(pki_issue_sensor(a, request, n, 7, "tokyo-1", 90, NOW, pem, &facts, &t) == STATUS_OK);
	CHECK(pki_facts_read(pem, strlen(pem), &read, &t) == STATUS_OK);
	CHECK(memcmp(&facts, &read, sizeof(read)) == 0);
	CHECK_STR(facts.name, "tokyo-1");
	CHECK_STR(facts.uri, "urn:noroshi:sensor:7");
	CHECK_U64(facts.sensor, 7);
	CHECK(!facts.authority && strlen(facts.serial) >= 26);
	CHECK_U64(facts.not_before, NOW - PKI_BACKDATE_S);
	CHECK_U64(facts.not_after, NOW + 90 * DAY);
	CHECK(pki_issue_sensor(a, request, n, 7, "tokyo-1", 90, NOW, second, &twin, &t) ==
	      STATUS_OK);
	CHECK(strcmp(facts.serial, twin.serial) != 0);
	CHECK(memcmp(facts.fingerprint, twin.fingerprint, SHA256_BYTES) == 0);
	CHECK(pki_issue_sensor(a, request, n, UINT32_MAX, "x", 90, NOW, second, &twin, &t) ==
	              STATUS_OK &&
	      twin.sensor == UINT32_MAX);

	n = strlen(pem);
	CHECK(pki_check(a, pem, n, PKI_USE_SENSOR, NOW, &read, &t) == STATUS_OK);
	CHECK(pki_check(a, pem, n, PKI_USE_SERVER, NOW, NULL, &t) == STATUS_DENIED);
	CHECK(pki_check(a, pem, n, PKI_USE_SENSOR, NOW - 299, NULL, &t) == STATUS_OK);
	CHECK(pki_check(a, pem, n, PKI_USE_SENSOR, NOW - 301, NULL, &t) == STATUS_DENIED);
	CHECK(pki_check(a, pem, n, PKI_USE_SENSOR, NOW + 90 * DAY - 1, NULL, &t) == STATUS_OK);
	CHECK(pki_check(a, pem, n, PKI_USE_SENSOR, NOW + 90 * DAY + 1, NULL, &t) == STATUS_DENIED);
	CHECK(strstr(t.text, "expired") != NULL);
	/* An authority of the same name with another key has signed nothing here. */
	CHECK(pki_authority_make(&other, "noroshi test hub", NOW, &t) == STATUS_OK);
	CHECK(pki_check(other, pem, n, PKI_USE_SENSOR, NOW, NULL, &t) == STATUS_DENIED);
	pki_authority_free(other);
	CHECK(pki_check(a, pki_authority_pem(a), strlen(pki_authority_pem(a)), PKI_USE_SENSOR, NOW,
	                NULL, &t) == STATUS_DENIED);
}

static void check_server(const struct pki_authority *a, const struct pki_key *key)
{
	static const char *const names[] = {"hub.example.net", "192.0.2.7", "2001:db8::7",
	                                    "localhost"};
	static const char *const bad[] = {
	        "",     "a b",        "x,IP:192.0.2.1", "-a.example", "192.0.2.300",
	        "a..b", "a.example.", "*.example",      "a_b",        "x\nDNS:y"};
	char pem[PKI_PEM_MAX], found[PKI_PEM_MAX];
	struct pki_facts facts;
	struct trouble t = {0};
	uint8_t nobody[SHA256_BYTES] = {0};
	size_t n;

	CHECK(pki_issue_server(a, key, names, 4, 30, NOW, pem, &facts, &t) == STATUS_OK);
	n = strlen(pem);
	CHECK_STR(facts.name, "hub.example.net");
	CHECK(pki_check(a, pem, n, PKI_USE_SERVER, NOW, NULL, &t) == STATUS_OK);
	CHECK(pki_check(a, pem, n, PKI_USE_SENSOR, NOW, NULL, &t) == STATUS_DENIED);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(pki_issue_server(a, key, &bad[i], 1, 30, NOW, found, NULL, &t) ==
		      STATUS_FORMAT);
	/* A sensor that joins finds the authority in the chain that it meets. */
	CHECK(pki_chain_find(pem, n, pki_authority_facts(a)->fingerprint, found, &t) == STATUS_OK);
	CHECK_STR(found, pki_authority_pem(a));
	CHECK(pki_chain_find(pem, n, nobody, found, &t) == STATUS_NOT_FOUND && !found[0]);
	CHECK(pki_chain_find("", 0, nobody, found, &t) == STATUS_FORMAT);
	/* Nobody outlives the authority. */
	CHECK(pki_issue_server(a, key, names, 1, 30, NOW + (PKI_AUTHORITY_DAYS - 1) * (uint64_t)DAY,
	                       pem, &facts, &t) == STATUS_OK);
	CHECK_U64(facts.not_after, pki_authority_facts(a)->not_after);
}

/* A request that asks to be an authority and another sensor, made with OpenSSL itself. */
static void greedy_request(EVP_PKEY *key, char out[PKI_PEM_MAX])
{
	X509_REQ *request = X509_REQ_new();
	STACK_OF(X509_EXTENSION) *list = sk_X509_EXTENSION_new_null();
	BIO *bio = BIO_new(BIO_s_mem());
	int n;

	sk_X509_EXTENSION_push(
	        list, X509V3_EXT_conf_nid(NULL, NULL, NID_basic_constraints, "critical,CA:TRUE"));
	sk_X509_EXTENSION_push(list, X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name,
	                                                 "URI:urn:noroshi:sensor:1,DNS:hub"));
	X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(request), "CN", MBSTRING_ASC,
	                           (const unsigned char *)"administrator", -1, -1, 0);
	X509_REQ_add_extensions(request, list);
	X509_REQ_set_pubkey(request, key);
	X509_REQ_sign(request, key, EVP_sha256());
	PEM_write_bio_X509_REQ(bio, request);
	n = BIO_read(bio, out, PKI_PEM_MAX - 1);
	out[n > 0 ? n : 0] = '\0';
	sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
	X509_REQ_free(request);
	BIO_free(bio);
}

static void check_greedy(const struct pki_authority *a)
{
	EVP_PKEY *key = EVP_EC_gen("P-256"), *wide = EVP_EC_gen("P-384"), *rsa = EVP_RSA_gen(2048);
	char request[PKI_PEM_MAX], pem[PKI_PEM_MAX];
	struct pki_facts facts;
	struct trouble t = {0};
	X509 *certificate;
	BIO *bio;

	greedy_request(key, request);
	CHECK(pki_issue_sensor(a, request, strlen(request), 9, "nine", 1, NOW, pem, &facts, &t) ==
	      STATUS_OK);
	CHECK_STR(facts.name, "nine");
	CHECK_U64(facts.sensor, 9);
	CHECK(!facts.authority);
	bio = BIO_new_mem_buf(pem, -1);
	certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	CHECK(X509_check_ca(certificate) == 0 &&
	      X509_check_host(certificate, "hub", 3, 0, NULL) == 0);
	CHECK(X509_get_ext_count(certificate) == 6);
	X509_free(certificate);
	BIO_free(bio);
	/* Other kinds of key. */
	greedy_request(wide, request);
	CHECK(pki_issue_sensor(a, request, strlen(request), 9, "nine", 1, NOW, pem, NULL, &t) ==
	      STATUS_FORMAT);
	greedy_request(rsa, request);
	CHECK(pki_issue_sensor(a, request, strlen(request), 9, "nine", 1, NOW, pem, NULL, &t) ==
	      STATUS_FORMAT);
	/* Parameters written out instead of named. */
	CHECK(EVP_PKEY_set_utf8_string_param(key, "encoding", "explicit") == 1);
	greedy_request(key, request);
	CHECK(strlen(request) > 700);
	CHECK(pki_issue_sensor(a, request, strlen(request), 9, "nine", 1, NOW, pem, NULL, &t) ==
	      STATUS_FORMAT);
	EVP_PKEY_free(key);
	EVP_PKEY_free(wide);
	EVP_PKEY_free(rsa);
}

/* Cut anywhere, and each byte changed: the request never, the certificate never as signed. */
static void check_damage(const struct pki_authority *a, const struct pki_key *key)
{
	char request[PKI_PEM_MAX], pem[PKI_PEM_MAX], out[PKI_PEM_MAX], damaged[PKI_PEM_MAX];
	struct pki_facts facts;
	size_t n, bad = 0, taken = 0;

	CHECK(pki_request_make(key, "seven", request, NULL) == STATUS_OK);
	n = strlen(request) - 1; /* the last line end may go */
	for (size_t i = 0; i < n; i++) {
		bad += pki_issue_sensor(a, request, i, 7, "seven", 1, NOW, out, NULL, NULL) !=
		       STATUS_FORMAT;
		memcpy(damaged, request, n);
		damaged[i] ^= 1;
		taken += pki_issue_sensor(a, damaged, n, 7, "seven", 1, NOW, out, &facts, NULL) ==
		         STATUS_OK;
	}
	/* A changed byte may leave the same meaning (a line end), not another request. */
	CHECK(taken < 12);
	CHECK_U64(bad, 0);
	CHECK(pki_issue_sensor(a, request, n, 7, "seven", 1, NOW, pem, NULL, NULL) == STATUS_OK);
	n = strlen(pem) - 1;
	for (size_t i = 0; i < n; i++) {
		bad += pki_facts_read(pem, i, &facts, NULL) != STATUS_FORMAT;
		memcpy(damaged, pem, n);
		damaged[i] ^= 1;
		if (pki_check(a, damaged, n, PKI_USE_SENSOR, NOW, &facts, NULL) == STATUS_OK)
			bad += facts.sensor != 7;
	}
	CHECK_U64(bad, 0);
	/* Two requests in one text, and one behind other words. */
	snprintf(damaged, sizeof(damaged), "%s%s", request, request);
	CHECK(pki_issue_sensor(a, damaged, strlen(damaged), 7, "s", 1, NOW, out, NULL, NULL) ==
	      STATUS_FORMAT);
	snprintf(damaged, sizeof(damaged), "hello\n%s", request);
	CHECK(pki_issue_sensor(a, damaged, strlen(damaged), 7, "s", 1, NOW, out, NULL, NULL) ==
	      STATUS_FORMAT);
}

static void check_der(const struct pki_authority *a)
{
	unsigned char *der = NULL, longer[4096];
	const char *pem = pki_authority_pem(a);
	struct pki_facts facts;
	size_t bad = 0;
	BIO *bio = BIO_new_mem_buf(pem, -1);
	X509 *certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	int n = i2d_X509(certificate, &der);

	CHECK(n > 0 && pki_facts_read(der, (size_t)n, &facts, NULL) == STATUS_OK);
	CHECK(memcmp(&facts, pki_authority_facts(a), sizeof(facts)) == 0);
	for (int i = 0; i < n; i++)
		bad += pki_facts_read(der, (size_t)i, &facts, NULL) != STATUS_FORMAT;
	CHECK_U64(bad, 0);
	memcpy(longer, der, (size_t)n);
	longer[n] = 0;
	CHECK(pki_facts_read(longer, (size_t)n + 1, &facts, NULL) == STATUS_FORMAT);
	X509_free(certificate);
	BIO_free(bio);
	OPENSSL_free(der);
}

static int issue(const char *place)
{
	char request[PKI_PEM_MAX], pem[PKI_PEM_MAX], path[PKI_PEM_MAX];
	struct pki_authority *a;
	struct trouble t = {0};
	FILE *out;

	snprintf(path, sizeof(path), "%s/request.pem", place);
	slurp(path, request);
	if (pki_authority_make(&a, "interop", (uint64_t)time(NULL), &t))
		return 1;
	if (pki_issue_sensor(a, request, strlen(request), 7, "seven", 90, (uint64_t)time(NULL), pem,
	                     NULL, &t)) {
		fprintf(stderr, "%s\n", t.text);
		return 1;
	}
	snprintf(path, sizeof(path), "%s/authority.pem", place);
	out = fopen(path, "we");
	if (!out || fputs(pki_authority_pem(a), out) < 0 || fclose(out))
		return 1;
	pki_authority_free(a);
	return fputs(pem, stdout) < 0;
}

int main(int argc, char **argv)
{
	struct pki_authority *a;
	struct pki_key *key;
	char remove[64];

	if (argc == 3 && strcmp(argv[1], "issue") == 0)
		return issue(argv[2]);
	if (!mkdtemp(folder))
		return 1;
	check_keys();
	CHECK(pki_authority_make(&a, "noroshi test hub", NOW, NULL) == STATUS_OK);
	CHECK(pki_key_make(&key, NULL) == STATUS_OK);
	check_authority(a);
	check_sensor(a, key);
	check_server(a, key);
	check_greedy(a);
	check_damage(a, key);
	check_der(a);
	pki_key_free(key);
	pki_authority_free(a);
	snprintf(remove, sizeof(remove), "rm -r %s", folder);
	CHECK(system(remove) == 0);
	return tap_done();
}
