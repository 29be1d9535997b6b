/* SPDX-License-Identifier: Apache-2.0 */
/* faulty_hub.py as a child, with an authority, a hub's certificate and a sensor's. */
#ifndef TESTS_FAULTY_HUB_H
#define TESTS_FAULTY_HUB_H

#include "base/pki.h"
#include "ship/enrol.h"
#include "spool_frames.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>

enum { SENSOR = 7, LIVE_DAYS = 90 };

struct hub {
	struct folder folder;
	struct enrol_files files;
	struct pki_authority *authority;
	struct pki_key *sensor_key;
	pid_t process;
	FILE *lines; /* what it prints */
	char url[64];
};

static inline void must(enum status st, const struct trouble *t)
{
	if (st) {
		fprintf(stderr, "%s: %s\n", t->file, t->text);
		abort();
	}
}

static inline void write_text(const struct hub *h, const char *name, const char *text)
{
	char path[PATH_MAX];
	FILE *out;

	snprintf(path, sizeof(path), "%s/%s", h->folder.path, name);
	out = fopen(path, "w");
	if (!out || fputs(text, out) < 0 || fclose(out))
		abort();
}

/* A certificate for the sensor's key, made `age_days` ago. */
static inline void issue(struct hub *h, unsigned age_days, char pem[PKI_PEM_MAX])
{
	char request[PKI_PEM_MAX];
	struct trouble t;
	uint64_t then = (uint64_t)time(NULL) - age_days * UINT64_C(86400);

	must(pki_request_make(h->sensor_key, "x", request, &t), &t);
	must(pki_issue_sensor(h->authority, request, strlen(request), SENSOR, "north", LIVE_DAYS,
	                      then, pem, NULL, &t),
	     &t);
}

/* Keys and certificates of all sides. */
static inline void hub_prepare(struct hub *h, unsigned age_days)
{
	static const char *const names[] = {"127.0.0.1", "localhost"};
	char path[PATH_MAX], pem[PKI_PEM_MAX];
	struct pki_key *key;
	struct trouble t;
	uint64_t long_ago = (uint64_t)time(NULL) - 200 * UINT64_C(86400);

	*h = (struct hub){.folder = make_folder()};
	signal(SIGPIPE, SIG_IGN);
	must(enrol_files_in(h->folder.path, &h->files), &t);
	must(pki_authority_make(&h->authority, "test hub", long_ago, &t), &t);
	write_text(h, "authority.pem", pki_authority_pem(h->authority));
	must(pki_key_make(&key, &t), &t);
	snprintf(path, sizeof(path), "%s/hub.key", h->folder.path);
	must(pki_key_save(key, path, &t), &t);
	must(pki_issue_server(h->authority, key, names, 2, 500, long_ago, pem, NULL, &t), &t);
	write_text(h, "hub.pem", pem);
	pki_key_free(key);
	must(pki_key_make(&h->sensor_key, &t), &t);
	must(pki_key_save(h->sensor_key, h->files.key, &t), &t);
	issue(h, age_days, pem);
	write_text(h, "sensor.pem", pem);
}

/* The next line that the hub prints. */
static inline const char *hub_line(struct hub *h)
{
	static char line[512];

	if (!fgets(line, sizeof(line), h->lines))
		return "";
	line[strcspn(line, "\n")] = '\0';
	return line;
}

/* plan: words parted by blanks. */
static inline void hub_start(struct hub *h, const char *plan)
{
	const char *source = getenv("NOROSHI_SOURCE");
	char script[PATH_MAX], words[256];
	const char *arguments[32] = {"python3", script, h->folder.path};
	size_t n = 3;
	int pipe_fds[2];

	snprintf(script, sizeof(script), "%s/tests/unit/ship/faulty_hub.py", source ? source : ".");
	snprintf(words, sizeof(words), "%s", plan);
	for (char *word = strtok(words, " "); word && n < 31; word = strtok(NULL, " "))
		arguments[n++] = word;
	if (pipe2(pipe_fds, O_CLOEXEC))
		abort();
	h->process = fork();
	if (h->process == 0) {
		dup2(pipe_fds[1], STDOUT_FILENO);
		execvp("python3", (char *const *)(uintptr_t)arguments);
		_exit(127);
	}
	close(pipe_fds[1]);
	h->lines = fdopen(pipe_fds[0], "r");
	snprintf(h->url, sizeof(h->url), "https://127.0.0.1:%d", atoi(hub_line(h)));
}

static inline void hub_stop(struct hub *h)
{
	if (h->process > 0) {
		kill(h->process, SIGKILL);
		waitpid(h->process, NULL, 0);
		fclose(h->lines);
	}
	h->process = 0;
}

static inline void hub_clear(struct hub *h)
{
	hub_stop(h);
	pki_authority_free(h->authority);
	pki_key_free(h->sensor_key);
	remove_folder(&h->folder);
}

#endif
