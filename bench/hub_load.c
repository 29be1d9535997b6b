/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many simulated sensors of one hub, over mutual TLS (bench/hub).
 *
 *   bench_hub_load make HUB FOLDER SENSORS
 *       gives a hub that does not run yet a member with so many sensors: their certificates go to
 *       FOLDER/NUMBER.pem, the key that all of them share to FOLDER/key
 *   bench_hub_load final URL AUTHORITY FOLDER SENSORS THREADS SECONDS ROWS
 *       each sensor in turn hands in a window of ROWS rows and waits until it is acknowledged
 *   bench_hub_load live URL AUTHORITY FOLDER SENSORS THREADS SECONDS ROWS
 *       each sensor hands in a provisional frame of ROWS rows each second, the first one at port 7,
 *       by which it is counted. FOLDER/handed-in gets the time at which each was begun to be sent.
 *
 * Prints JSON. Frames are packed beforehand, so that the sensors' work is not measured.
 */
#include "hub_load.h"

#include "base/clock.h"
#include "base/outfile.h"
#include "base/pki.h"
#include "base/token.h"
#include "net/http_client.h"
#include "store/control.h"

#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { THREADS_MAX = 64, SENSORS_MAX = 100000, FRAMES_MAX = 4000000 };

/* What a thread did. */
struct tally {
	uint64_t frames, rows, bytes, later, refused, broken;
	float *took_ms; /* of each acknowledged frame */
	double *begun;  /* seconds since 1970 */
};

struct load {
	const char *url, *authority, *folder;
	unsigned sensors, threads, seconds;
	bool live;
	struct load_frames frames;
};

struct lane {
	const struct load *load;
	unsigned first, end; /* sensor numbers */
	struct http_client **clients;
	uint32_t *rounds; /* of each sensor: windows handed in */
	struct load_frame frame;
	struct tally tally;
	struct trouble trouble;
	enum status status;
};

static double steady_s(void)
{
	return (double)clock_steady_ns() / 1e9;
}

/* --- make --- */

struct certifier {
	const struct pki_authority *authority;
	const char *request, *folder;
	uint32_t now;
};

static enum status certify(void *state, uint32_t number, const char *name,
                           struct control_certificate *out, struct trouble *t)
{
	const struct certifier *c = state;
	char pem[PKI_PEM_MAX], path[PATH_MAX];
	struct pki_facts facts;
	struct outfile *file = NULL;
	enum status st = pki_issue_sensor(c->authority, c->request, strlen(c->request), number,
	                                  name, PKI_SENSOR_DAYS, c->now, pem, &facts, t);

	if (st)
		return st;
	memcpy(out->serial, facts.serial, sizeof(out->serial));
	out->not_after = (uint32_t)facts.not_after;
	(void)snprintf(path, sizeof(path), "%s/%u.pem", c->folder, number);
	st = outfile_open(&file, path, t);
	if (st)
		return st;
	outfile_text(file, pem);
	return outfile_commit(file, t);
}

static enum status make_sensor(struct control *control, struct certifier *c, unsigned i,
                               const uint8_t fingerprint[SHA256_BYTES], uint32_t member,
                               struct trouble *t)
{
	const struct control_actor by = {"bench", c->now};
	struct control_invitation invitation = {.member = member, .expires = c->now + 3600};
	struct control_sensor sensor;
	struct token_text token;
	enum status st = token_invitation_make(fingerprint, &token, t);

	(void)snprintf(invitation.name, sizeof(invitation.name), "s%u", i);
	memcpy(invitation.hash, token.hash, sizeof(token.hash));
	if (!st)
		st = control_invitation_add(control, &invitation, &by, t);
	if (!st)
		st = control_invitation_redeem(control, token.hash, c->now, certify, c, &sensor, t);
	return st;
}

static enum status make_all(struct control *control, struct certifier *c, unsigned sensors,
                            struct trouble *t)
{
	const struct control_actor by = {"bench", c->now};
	uint32_t member;
	enum status st = control_member_add(control, "bench", "", &by, &member, t);

	for (unsigned i = 1; i <= sensors && !st; i++)
		st = make_sensor(control, c, i, pki_authority_facts(c->authority)->fingerprint,
		                 member, t);
	return st;
}

static enum status make(const char *hub, const char *folder, unsigned sensors, struct trouble *t)
{
	char path[PATH_MAX], key_path[PATH_MAX], request[PKI_PEM_MAX];
	struct certifier c = {NULL, request, folder, (uint32_t)(clock_wall_ns() / 1000000000)};
	struct pki_authority *authority = NULL;
	struct pki_key *key = NULL;
	struct control *control = NULL;
	enum status st = pki_key_make(&key, t);

	(void)snprintf(key_path, sizeof(key_path), "%s/key", folder);
	if (!st)
		st = pki_key_save(key, key_path, t);
	if (!st)
		st = pki_request_make(key, "bench", request, t);
	(void)snprintf(key_path, sizeof(key_path), "%s/authority.key", hub);
	(void)snprintf(path, sizeof(path), "%s/authority.pem", hub);
	if (!st)
		st = pki_authority_load(&authority, key_path, path, t);
	c.authority = authority;
	(void)snprintf(path, sizeof(path), "%s/control.db", hub);
	if (!st)
		st = control_open(&control, path, t);
	if (!st)
		st = make_all(control, &c, sensors, t);
	control_close(control);
	pki_authority_free(authority);
	pki_key_free(key);
	return st;
}

/* --- the load --- */

static enum status open_client(struct lane *l, unsigned sensor, struct trouble *t)
{
	char certificate[PATH_MAX], key[PATH_MAX];
	const struct http_client_options options = {
	        .certificate = certificate, .key = key, .authority = l->load->authority};

	(void)snprintf(certificate, sizeof(certificate), "%s/%u.pem", l->load->folder, sensor);
	(void)snprintf(key, sizeof(key), "%s/key", l->load->folder);
	return http_client_open(&l->clients[sensor - l->first], &options, t);
}

static void note_answer(struct lane *l, const struct http_response *r, double begun, double took_s)
{
	struct tally *y = &l->tally;

	if (r->status == 429 || r->status == 503) {
		y->later++;
		return;
	}
	if (r->status != 200) {
		if (y->refused++ == 0)
			fprintf(stderr, "bench_hub_load: %d %s\n", r->status, r->body);
		return;
	}
	if (y->frames < FRAMES_MAX) {
		y->took_ms[y->frames] = (float)(took_s * 1e3);
		y->begun[y->frames] = begun;
	}
	y->frames++;
	y->rows += l->frame.rows;
	y->bytes += l->frame.bytes;
}

/* One frame; until it is taken or refused. */
static enum status hand_in(struct lane *l, unsigned sensor, uint32_t start_s, double end,
                           struct trouble *t)
{
	static const struct http_header type = {"Content-Type", "application/x-noroshi-batch"};
	static const struct timespec pause = {0, 50000000};
	struct http_request request = {
	        .url = l->load->url, .headers = &type, .header_count = 1, .total_ms = 60000};
	struct http_response response;
	uint64_t before = l->tally.later;
	enum status st = STATUS_OK;

	load_frame_pick(&l->frame, &l->load->frames, sensor, ++l->rounds[sensor - l->first],
	                start_s);
	request.body = l->frame.data;
	request.body_bytes = l->frame.bytes;
	do {
		double begun = (double)clock_wall_ns() / 1e9, from = steady_s();

		if (l->tally.later != before) {
			before = l->tally.later;
			nanosleep(&pause, NULL);
		}
		st = http_client_perform(l->clients[sensor - l->first], &request, &response, t);
		if (st)
			break;
		note_answer(l, &response, begun, steady_s() - from);
		http_response_clear(&response);
	} while (l->tally.later != before && steady_s() < end && !l->load->live);
	return st;
}

/* Windows of minutes that lie behind, each sensor's own, one after the other. */
static uint32_t window_start(const struct lane *l, unsigned sensor, uint32_t now)
{
	return l->load->live ? now : (now / 60 - 1400 + l->rounds[sensor - l->first]) * 60;
}

static void run_round(struct lane *l, uint32_t now, double end)
{
	for (unsigned s = l->first; s < l->end && !l->status && steady_s() < end; s++) {
		l->status = hand_in(l, s, window_start(l, s, now), end, &l->trouble);
		if (l->status != STATUS_UNAVAILABLE)
			continue;
		l->tally.broken++;
		l->status = STATUS_OK;
	}
}

static void *run_lane(void *state)
{
	struct lane *l = state;
	double begin = steady_s(), end = begin + l->load->seconds;
	unsigned seconds = 0;

	for (unsigned s = l->first; s < l->end && !l->status; s++)
		l->status = open_client(l, s, &l->trouble);
	while (!l->status && steady_s() < end) {
		double wait = begin + ++seconds - steady_s();

		run_round(l, (uint32_t)(clock_wall_ns() / 1000000000), end);
		if (l->load->live && (wait = begin + seconds - steady_s()) > 0)
			nanosleep(&(struct timespec){(time_t)wait,
			                             (long)((wait - (double)(time_t)wait) * 1e9)},
			          NULL);
	}
	return NULL;
}

static enum status lane_init(struct lane *l, const struct load *load, unsigned i)
{
	*l = (struct lane){.load = load,
	                   .first = 1 + load->sensors * i / load->threads,
	                   .end = 1 + load->sensors * (i + 1) / load->threads};
	l->clients = calloc(l->end - l->first + 1, sizeof(struct http_client *));
	l->rounds = calloc(l->end - l->first + 1, sizeof(*l->rounds));
	l->tally.took_ms = calloc(FRAMES_MAX, sizeof(float));
	l->tally.begun = calloc(FRAMES_MAX, sizeof(double));
	return l->clients && l->rounds && l->tally.took_ms && l->tally.begun
	               ? load_frame_init(&l->frame, &load->frames)
	               : STATUS_NO_MEMORY;
}

static int by_time(const void *a, const void *b)
{
	float one = *(const float *)a, two = *(const float *)b;

	return (one > two) - (one < two);
}

/* All lanes' figures as JSON, and when each frame was begun, one a line. */
static enum status print_sum(struct lane *lanes, const struct load *load, double seconds)
{
	char path[PATH_MAX];
	struct tally sum = {.took_ms = calloc(FRAMES_MAX, sizeof(float))};
	size_t n = 0;
	FILE *out;

	(void)snprintf(path, sizeof(path), "%s/handed-in", load->folder);
	out = fopen(path, "w");
	if (!sum.took_ms || !out)
		return STATUS_IO;
	for (unsigned i = 0; i < load->threads; i++) {
		const struct tally *y = &lanes[i].tally;

		sum.frames += y->frames;
		sum.rows += y->rows;
		sum.bytes += y->bytes;
		sum.later += y->later;
		sum.refused += y->refused;
		sum.broken += y->broken;
		for (uint64_t k = 0; k < y->frames && n < FRAMES_MAX; k++, n++) {
			sum.took_ms[n] = y->took_ms[k];
			fprintf(out, "%.6f\n", y->begun[k]);
		}
	}
	qsort(sum.took_ms, n, sizeof(float), by_time);
	printf("{\"seconds\": %.3f, \"frames\": %llu, \"rows\": %llu, \"bytes\": %llu, \"later\": "
	       "%llu, \"refused\": %llu, \"broken\": %llu, \"p50_ms\": %.1f, \"p99_ms\": %.1f}\n",
	       seconds, (unsigned long long)sum.frames, (unsigned long long)sum.rows,
	       (unsigned long long)sum.bytes, (unsigned long long)sum.later,
	       (unsigned long long)sum.refused, (unsigned long long)sum.broken,
	       n ? (double)sum.took_ms[n / 2] : 0.0, n ? (double)sum.took_ms[n * 99 / 100] : 0.0);
	free(sum.took_ms);
	return fclose(out) ? STATUS_IO : STATUS_OK;
}

static enum status run_lanes(struct load *load, struct trouble *t)
{
	struct lane *lanes = calloc(load->threads, sizeof(*lanes));
	pthread_t threads[THREADS_MAX];
	enum status st = lanes ? STATUS_OK : STATUS_NO_MEMORY;
	double begin = steady_s();
	unsigned started = 0;

	for (unsigned i = 0; i < load->threads && !st; i++)
		st = lane_init(&lanes[i], load, i);
	while (!st && started < load->threads) {
		if (pthread_create(&threads[started], NULL, run_lane, &lanes[started]))
			st = STATUS_NO_MEMORY;
		else
			started++;
	}
	for (unsigned i = 0; i < started; i++) {
		(void)pthread_join(threads[i], NULL);
		if (lanes[i].status && !st) {
			st = lanes[i].status;
			*t = lanes[i].trouble;
		}
	}
	if (!st)
		st = print_sum(lanes, load, steady_s() - begin);
	free(lanes); /* the process ends here: what the lanes hold goes with it */
	return st;
}

static unsigned number(const char *text, unsigned most)
{
	unsigned long n = strtoul(text, NULL, 10);

	return n <= most ? (unsigned)n : 0;
}

static enum status run(char **argv, struct trouble *t)
{
	struct load load = {.live = strcmp(argv[1], "live") == 0,
	                    .url = argv[2],
	                    .authority = argv[3],
	                    .folder = argv[4],
	                    .sensors = number(argv[5], SENSORS_MAX),
	                    .threads = number(argv[6], THREADS_MAX),
	                    .seconds = number(argv[7], 86400)};
	struct rlimit files;
	unsigned rows = number(argv[8], 65536);
	enum status st;

	if (!load.sensors || !load.threads || load.threads > load.sensors || !load.seconds || !rows)
		return trouble_set(t, STATUS_USAGE, NULL, 0, "bad numbers");
	if (!getrlimit(RLIMIT_NOFILE, &files)) {
		files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
	}
	st = load_frames_make(&load.frames, rows, load.live);
	if (!st)
		st = run_lanes(&load, t);
	load_frames_clear(&load.frames);
	return st;
}

int main(int argc, char **argv)
{
	struct trouble t = {0};
	char why[1024];
	enum status st = STATUS_USAGE;

	(void)signal(SIGPIPE, SIG_IGN);
	if (argc == 5 && strcmp(argv[1], "make") == 0)
		st = make(argv[2], argv[3], number(argv[4], SENSORS_MAX), &t);
	else if (argc == 9 && (strcmp(argv[1], "final") == 0 || strcmp(argv[1], "live") == 0))
		st = run(argv, &t);
	if (!st)
		return 0;
	trouble_print(&t, why, sizeof(why));
	fprintf(stderr, "bench_hub_load: %s: %s\n", status_text(st), why);
	return st == STATUS_USAGE ? 2 : 1;
}
