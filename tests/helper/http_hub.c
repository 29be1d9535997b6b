/* SPDX-License-Identifier: Apache-2.0 */
/*
 * http_hub DIRECTORY SECONDS [SOCKET]: the hub's HTTP server over real control data, with so much
 * patience and an intake that only counts, for tests/scenario/52-http*.py. With a storer's socket
 * it makes the tables there and answers questions.
 *
 * Prints one JSON line with its ports, then obeys one command a line and answers one line each:
 *   token ROLE MEMBER|- NAME      an access token's text
 *   invite NAME MEMBER            an invitation's text
 *   revoke-token NAME | revoke-sensor NUMBER
 *   issue good|expired|brief|early|other NUMBER NAME REQUEST CERTIFICATE   sign a request file
 *   quit
 */
#include "base/pki.h"
#include "base/token.h"
#include "serve/server.h"
#include "store/control.h"
#include "store/engine.h"
#include "store/observations.h"

#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { DAY = 86400, ARGUMENTS = 6 };

struct hub {
	char directory[256];
	struct pki_authority *authority, *other;
	struct control *control;
	struct serve *serve;
	struct metrics metrics;
	struct log log;
	struct engine_options store;
};

static struct trouble trouble;

static void need(enum status st)
{
	char text[1024];

	if (st == STATUS_OK)
		return;
	trouble_print(&trouble, text, sizeof(text));
	fprintf(stderr, "http_hub: %s (%s)\n", text, status_text(st));
	exit(1);
}

static const char *path_of(const struct hub *h, const char *name)
{
	static char path[4][512];
	static unsigned next;
	char *out = path[next++ % 4];

	snprintf(out, sizeof(path[0]), "%s/%s", h->directory, name);
	return out;
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		exit(1);
	close(fd);
}

/* A frame's first letter says what becomes of it. */
static enum intake_verdict submit(struct intake *in, uint32_t sensor, const uint8_t *frame,
                                  size_t n, struct intake_answer *answer)
{
	const struct timespec moment = {.tv_nsec = 20000000};

	(void)in;
	*answer = (struct intake_answer){.boot_id = sensor, .sequence = n, .retry_after_s = 7};
	nanosleep(&moment, NULL); /* a disk's */
	switch (n ? frame[0] : 'm') {
	case 'a':
		return INTAKE_ACKNOWLEDGED;
	case 'r':
		return INTAKE_REPEAT;
	case 'p':
		return INTAKE_PROVISIONAL;
	case 'u':
		snprintf(answer->why, sizeof(answer->why), "another's id");
		return INTAKE_REFUSED;
	case 'l':
		snprintf(answer->why, sizeof(answer->why), "no room");
		return INTAKE_LATER;
	default:
		snprintf(answer->why, sizeof(answer->why), "no frame");
		return INTAKE_MALFORMED;
	}
}

static void make_state(struct hub *h)
{
	static const char *const names[] = {"127.0.0.1", "::1", "localhost"};
	const uint64_t now = (uint64_t)time(NULL);
	const struct control_actor by = {"cli:test", (uint32_t)now};
	struct pki_key *key;
	char chain[PKI_PEM_MAX];
	uint32_t id;

	need(pki_authority_make(&h->authority, "test hub", now, &trouble));
	need(pki_authority_make(&h->other, "test hub", now, &trouble));
	need(pki_key_make(&key, &trouble));
	need(pki_key_save(key, path_of(h, "hub.key"), &trouble));
	need(pki_issue_server(h->authority, key, names, 3, 30, now, chain, NULL, &trouble));
	write_file(path_of(h, "hub.pem"), chain);
	write_file(path_of(h, "authority.pem"), pki_authority_pem(h->authority));
	pki_key_free(key);
	need(control_create(&h->control, path_of(h, "control.db"), by.now, &trouble));
	need(control_member_add(h->control, "alpha", "Alpha", &by, &id, &trouble));
	need(control_member_add(h->control, "beta", "Beta", &by, &id, &trouble));
}

static void start(struct hub *h, unsigned patience)
{
	static char control[512], key[512], certificate[512], plain[512];
	struct serve_options o = {
	        .listen = "127.0.0.1:0",
	        .plain = plain,
	        .key = key,
	        .certificate = certificate,
	        .authority = h->authority,
	        .control = control,
	        .submit = submit,
	        .store = h->store.socket ? &h->store : NULL,
	        .others = SHARING_DEFAULT,
	        .folder = h->directory,
	        .connections_max = 200,
	        .address_max = 100,
	        .body_bytes_max = 40 << 20,
	        .header_seconds = patience,
	        .idle_seconds = 2 * patience,
	        .body_seconds = patience,
	        .answer_seconds = 2 * patience,
	        .metrics_local = true,
	        .metrics = &h->metrics,
	        .log = &h->log,
	};

	snprintf(control, sizeof(control), "%s", path_of(h, "control.db"));
	snprintf(key, sizeof(key), "%s", path_of(h, "hub.key"));
	snprintf(certificate, sizeof(certificate), "%s", path_of(h, "hub.pem"));
	snprintf(plain, sizeof(plain), "%s", path_of(h, "http.sock"));
	need(serve_start(&h->serve, &o, &trouble));
}

static void make_tables(struct hub *h)
{
	struct observations_config config = {.log = &h->log};
	struct observations *tables;
	struct engine *engine;

	need(engine_open(&engine, &h->store, &trouble));
	config.engine = engine;
	need(observations_open(&tables, &config, &trouble));
	observations_close(tables);
	engine_free(engine);
}

static uint32_t member_of(struct hub *h, const char *name)
{
	struct control_member member;

	if (strcmp(name, "-") == 0)
		return 0;
	need(control_member_by_name(h->control, name, &member, &trouble));
	return member.id;
}

static void make_token(struct hub *h, char **word, const struct control_actor *by)
{
	struct control_token token = {.member = member_of(h, word[2])};
	struct token_text text;
	uint32_t id;

	need(role_parse(word[1], &token.role));
	need(token_access_make(&text, &trouble));
	memcpy(token.hash, text.hash, sizeof(token.hash));
	snprintf(token.name, sizeof(token.name), "%s", word[3]);
	need(control_token_add(h->control, &token, by, &id, &trouble));
	printf("%s\n", text.text);
}

static void invite(struct hub *h, char **word, const struct control_actor *by)
{
	struct control_invitation invitation = {.member = member_of(h, word[2]),
	                                        .expires = by->now + DAY};
	struct token_text text;

	need(token_invitation_make(pki_authority_facts(h->authority)->fingerprint, &text,
	                           &trouble));
	memcpy(invitation.hash, text.hash, sizeof(invitation.hash));
	snprintf(invitation.name, sizeof(invitation.name), "%s", word[1]);
	need(control_invitation_add(h->control, &invitation, by, &trouble));
	printf("%s\n", text.text);
}

static void issue(struct hub *h, char **word)
{
	const struct pki_authority *by = strcmp(word[1], "other") == 0 ? h->other : h->authority;
	uint64_t now = (uint64_t)time(NULL);
	char request[PKI_PEM_MAX] = "", pem[PKI_PEM_MAX];
	FILE *in = fopen(word[4], "r");
	size_t n = in ? fread(request, 1, sizeof(request) - 1, in) : 0;

	if (strcmp(word[1], "expired") == 0)
		now -= 10 * DAY;
	if (strcmp(word[1], "brief") == 0)
		now -= DAY - 3; /* its day ends in three seconds */
	if (strcmp(word[1], "early") == 0)
		now += 10 * DAY;
	if (in)
		fclose(in);
	need(pki_issue_sensor(by, request, n, (uint32_t)atoi(word[2]), word[3], 1, now, pem, NULL,
	                      &trouble));
	write_file(word[5], pem);
	printf("done\n");
}

static void obey(struct hub *h, char **word)
{
	const struct control_actor by = {"cli:test", (uint32_t)time(NULL)};

	if (strcmp(word[0], "token") == 0) {
		make_token(h, word, &by);
	} else if (strcmp(word[0], "invite") == 0) {
		invite(h, word, &by);
	} else if (strcmp(word[0], "issue") == 0) {
		issue(h, word);
	} else if (strcmp(word[0], "revoke-token") == 0) {
		need(control_token_revoke(h->control, word[1], &by, &trouble));
		printf("done\n");
	} else if (strcmp(word[0], "revoke-sensor") == 0) {
		need(control_sensor_end(h->control, (uint32_t)atoi(word[1]), CONTROL_SENSOR_REVOKED,
		                        &by, &trouble));
		printf("done\n");
	} else {
		printf("what?\n");
	}
	fflush(stdout);
}

int main(int argc, char **argv)
{
	static struct hub h;
	char line[2048];

	if (argc != 3 && argc != 4)
		return 2;
	signal(SIGPIPE, SIG_IGN);
	snprintf(h.directory, sizeof(h.directory), "%s", argv[1]);
	h.log = (struct log){.fd = STDERR_FILENO, .level = LOG_LEVEL_DEBUG};
	h.store.socket = argv[3];
	if (h.store.socket)
		make_tables(&h);
	make_state(&h);
	start(&h, (unsigned)atoi(argv[2]));
	printf("{\"port\": %u}\n", serve_port(h.serve));
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin) && strncmp(line, "quit", 4) != 0) {
		char nothing[1] = "", *word[ARGUMENTS], *rest, *at = strtok_r(line, " \n", &rest);

		for (int i = 0; i < ARGUMENTS; i++) {
			word[i] = at ? at : nothing;
			at = at ? strtok_r(NULL, " \n", &rest) : NULL;
		}
		obey(&h, word);
	}
	serve_stop(h.serve);
	control_close(h.control);
	pki_authority_free(h.authority);
	pki_authority_free(h.other);
	return 0;
}
