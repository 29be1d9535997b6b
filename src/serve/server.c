/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/inner.h"

#include "serve/listen.h"
#include "store/control.h"
#include "store/engine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	PEM_MAX = 1 << 18,
	CONNECTION_BYTES = 32 << 10, /* of libmicrohttpd for each: a header fits or gets 431 */
	SENSORS_WAITING = 4096,
	READERS_WAITING = 256,
	STOP_MS = 3000, /* answers that clients have not taken by then are cut */
};

static const char tls_priorities[] = "SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-RSA:"
                                     "%SERVER_PRECEDENCE";

static unsigned or_default(unsigned value, unsigned otherwise)
{
	return value ? value : otherwise;
}

static unsigned threads_of(unsigned value, unsigned otherwise)
{
	value = or_default(value, otherwise);
	return value < LANE_THREADS_MAX ? value : LANE_THREADS_MAX;
}

static void fill_defaults(struct serve_options *o)
{
	o->certificate_days = or_default(o->certificate_days, PKI_SENSOR_DAYS);
	o->folder = o->folder ? o->folder : "/tmp";
	o->connections_max = or_default(o->connections_max, 1024);
	o->address_max = or_default(o->address_max, 256);
	o->threads = threads_of(o->threads, 2);
	o->sensor_threads = threads_of(o->sensor_threads, 16);
	o->reader_threads = threads_of(o->reader_threads, 4);
	o->body_bytes_max = o->body_bytes_max ? o->body_bytes_max : (uint64_t)256 << 20;
	o->answer_bytes_max = o->answer_bytes_max ? o->answer_bytes_max : (uint64_t)1 << 30;
	o->header_seconds = or_default(o->header_seconds, 20);
	o->idle_seconds = or_default(o->idle_seconds, 150);
	o->body_seconds = or_default(o->body_seconds, 30);
	o->answer_seconds = or_default(o->answer_seconds, 600);
}

static enum status check_options(const struct serve_options *o, struct trouble *t)
{
	if (!o->listen && !o->plain)
		return trouble_set(t, STATUS_USAGE, NULL, 0, "no address to listen on");
	if (o->listen && (!o->key || !o->certificate))
		return trouble_set(t, STATUS_USAGE, NULL, 0, "TLS needs a key and a certificate");
	if (o->plain && !listen_is_local(o->plain))
		return trouble_set(
		        t, STATUS_USAGE, o->plain, 0,
		        "without TLS only a loopback address or a Unix socket is served");
	return STATUS_OK;
}

static enum status read_pem(const char *path, char **out, struct trouble *t)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *text = fd < 0 ? NULL : calloc(1, PEM_MAX);
	ssize_t n = text ? read(fd, text, PEM_MAX - 1) : -1;
	enum status st = STATUS_OK;

	*out = NULL;
	if (n < 0)
		st = trouble_set(t, status_of_errno(errno), path, 0, "cannot read: %s",
		                 strerror(errno));
	else
		*out = text;
	if (n < 0)
		free(text);
	if (fd >= 0)
		close(fd);
	return st;
}

static void log_library(void *state, const char *fmt, va_list args)
{
	const struct serve *s = state;
	char text[512], quoted[768];

	vsnprintf(text, sizeof(text), fmt, args);
	text[strcspn(text, "\n")] = '\0';
	log_debug(s->options.log, "http-library", "text=%s",
	          log_quote(text, quoted, sizeof(quoted)));
}

static struct MHD_Daemon *start_daemon(struct serve *s, int fd, const struct MHD_OptionItem *tls)
{
	const struct serve_options *o = &s->options;
	unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME |
	                 MHD_USE_ERROR_LOG | (tls ? MHD_USE_TLS : 0);
	static const struct MHD_OptionItem none[] = {{MHD_OPTION_END, 0, NULL}};

	/* The logger must stand first: it hears of the options behind it. */
	return MHD_start_daemon(
	        flags, 0, NULL, NULL, exchange_step, s, MHD_OPTION_EXTERNAL_LOGGER, log_library, s,
	        MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_THREAD_POOL_SIZE, o->threads,
	        MHD_OPTION_CONNECTION_LIMIT, o->connections_max, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
	        o->address_max, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES,
	        MHD_OPTION_CONNECTION_TIMEOUT, o->idle_seconds + 5, MHD_OPTION_STRICT_FOR_CLIENT, 1,
	        MHD_OPTION_URI_LOG_CALLBACK, exchange_begin, s, MHD_OPTION_NOTIFY_COMPLETED,
	        exchange_end, s, MHD_OPTION_NOTIFY_CONNECTION, exchange_connection, s,
	        MHD_OPTION_ARRAY, tls ? tls : none, MHD_OPTION_END);
}

static enum status start_listener(struct serve *s, const char *where,
                                  const struct MHD_OptionItem *tls, struct MHD_Daemon **daemon,
                                  uint16_t *port, struct trouble *t)
{
	int fd;
	enum status st = listen_open(&fd, where, t);

	if (st)
		return st;
	*port = listen_port(fd);
	*daemon = start_daemon(s, fd, tls);
	if (*daemon)
		return STATUS_OK;
	close(fd);
	return trouble_set(t, STATUS_FORMAT, tls ? s->options.certificate : where, 0,
	                   "the server does not start%s",
	                   tls ? ": are key and certificate a pair?" : "");
}

static enum status start_tls(struct serve *s, struct trouble *t)
{
	enum status st = read_pem(s->options.key, &s->key, t);
	struct MHD_OptionItem items[5] = {{MHD_OPTION_END, 0, NULL}};

	if (!st)
		st = read_pem(s->options.certificate, &s->certificate, t);
	if (st)
		return st;
	items[0] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_KEY, 0, s->key};
	items[1] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_CERT, 0, s->certificate};
	/* With an authority the server asks for a client's certificate; what it is worth is
	 * judged in peer.c. */
	items[2] =
	        (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_TRUST, 0,
	                                (void *)(uintptr_t)pki_authority_pem(s->options.authority)};
	items[3] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_PRIORITIES, 0,
	                                   (void *)(uintptr_t)tls_priorities};
	items[4] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
	return start_listener(s, s->options.listen, items, &s->tls, &s->tls_port, t);
}

static enum status open_lanes(struct serve *s, struct trouble *t)
{
	struct lane_options sensors = {s->options.sensor_threads, SENSORS_WAITING, exchange_work,
	                               s};
	struct lane_options readers = {s->options.reader_threads, READERS_WAITING, exchange_work,
	                               s};
	enum status st = lane_open(&s->sensors, &sensors, t);

	return st ? st : lane_open(&s->readers, &readers, t);
}

static enum status start_parts(struct serve *s, struct trouble *t)
{
	uint64_t key;
	enum status st = secret_random(&key, sizeof(key), t);

	if (st)
		return st;
	limiter_init(&s->limiter, key);
	st = watch_open(&s->watch, s->options.metrics, t);
	if (!st)
		st = control_open(&s->control, s->options.control, t);
	if (!st)
		st = control_open(&s->changes, s->options.control, t);
	if (!st)
		st = open_lanes(s, t);
	if (!st && s->options.listen)
		st = start_tls(s, t);
	if (!st && s->options.plain)
		st = start_listener(s, s->options.plain, NULL, &s->plain, &s->plain_port, t);
	return st;
}

enum status serve_start(struct serve **out, const struct serve_options *options, struct trouble *t)
{
	enum status st = check_options(options, t);
	struct serve *s;

	*out = NULL;
	if (st)
		return st;
	s = calloc(1, sizeof(*s));
	if (!s)
		return trouble_set(t, STATUS_NO_MEMORY, NULL, 0, "out of memory");
	s->options = *options;
	s->started = time(NULL);
	fill_defaults(&s->options);
	st = start_parts(s, t);
	if (st)
		serve_stop(s);
	else
		*out = s;
	return st;
}

uint16_t serve_port(const struct serve *s)
{
	return s->tls_port;
}

uint16_t serve_plain_port(const struct serve *s)
{
	return s->plain_port;
}

static void stop_listening(struct MHD_Daemon *daemon)
{
	int fd = daemon ? MHD_quiesce_daemon(daemon) : -1;

	if (fd >= 0)
		close(fd);
}

static void wait_for_answers(struct serve *s)
{
	const struct timespec moment = {.tv_nsec = 5000000};

	for (uint64_t until = watch_now_ms() + STOP_MS;
	     atomic_load(&s->active) > 0 && watch_now_ms() < until;)
		nanosleep(&moment, NULL);
}

static void clear_secret(char *text)
{
	if (text)
		secret_wipe(text, strlen(text));
	free(text);
}

void serve_stop(struct serve *s)
{
	if (!s)
		return;
	atomic_store(&s->stopping, true);
	stop_listening(s->tls);
	stop_listening(s->plain);
	/* First the lanes: no connection may be suspended when its daemon stops. */
	lane_stop(s->sensors);
	lane_stop(s->readers);
	wait_for_answers(s);
	if (s->tls)
		MHD_stop_daemon(s->tls);
	if (s->plain)
		MHD_stop_daemon(s->plain);
	lane_free(s->sensors);
	lane_free(s->readers);
	watch_close(s->watch);
	for (size_t i = 0; i < LANE_THREADS_MAX; i++)
		engine_free(s->engines[i]);
	control_close(s->control);
	control_close(s->changes);
	limiter_clear(&s->limiter);
	clear_secret(s->key);
	free(s->certificate);
	free(s);
}
