/* SPDX-License-Identifier: Apache-2.0 */
/* The parent of the sensor's two processes: starts them, hands on signals, ends them together. */
#include "sensor.h"

#include "base/secret.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

struct run_settings {
	const char *config, *replay, *speed;
	bool keep_times, once, help;
};

#define AT(field) offsetof(struct run_settings, field)

static const struct option rows[] = {
        {"config", "FILE",
         "The configuration; " SENSOR_DIRECTORY "/sensor.conf unless given. 'sensor join' makes "
         "one.",
         OPTION_TEXT, AT(config), 0, 0},
        {"replay", "FILE",
         "Watch a capture file instead of the interface, as if its packets came now.", OPTION_TEXT,
         AT(replay), 0, 0},
        {"speed", "N",
         "Replay N times as fast as it was recorded; 0: as fast as it can be read. 1 unless given.",
         OPTION_TEXT, AT(speed), 0, 0},
        {"keep-times", NULL, "Replay with the packets' own times.", OPTION_FLAG, AT(keep_times), 0,
         0},
        {"once", NULL, "End when the replay is over and the hub has everything.", OPTION_FLAG,
         AT(once), 0, 0},
        {"help", NULL, "Print this.", OPTION_FLAG, AT(help), 0, 0},
};

const struct option_table sensor_options = {
        .command = "sensor",
        .synopsis = "[--config FILE] [OPTION]... | join URL TOKEN | status",
        .about = "Watches unused addresses, makes flow rows of what comes, and ships them to its "
                 "hub each minute. 'sensor join --help' and 'sensor status --help' tell of these.",
        .rows = rows,
        .count = sizeof(rows) / sizeof(rows[0]),
};

struct children {
	pid_t capture, shipper; /* 0: ended */
	int to_capture, to_shipper;
	bool failed;
};

void sensor_complain(const struct trouble *t)
{
	char text[1024];

	trouble_print(t, text, sizeof(text));
	fprintf(stderr, "noroshi: %s\n", text);
}

/* --- the configuration --- */

static enum status find_directory(struct sensor *s, struct trouble *t)
{
	const char *named = s->settings.directory, *slash = strrchr(s->config_path, '/');
	char folder[PATH_MAX];

	if (named)
		snprintf(folder, sizeof(folder), "%s", named);
	else
		snprintf(folder, sizeof(folder), "%.*s",
		         slash ? (int)(slash - s->config_path) + 1 : 1,
		         slash ? s->config_path : ".");
	if (!realpath(folder, s->directory))
		return trouble_set(t, status_of_errno(errno), folder, 0,
		                   "the sensor's directory: %s", strerror(errno));
	snprintf(s->spool, sizeof(s->spool), "%s/spool", s->directory);
	snprintf(s->status, sizeof(s->status), "%s/status.json", s->directory);
	if (enrol_files_in(s->directory, &s->files))
		return trouble_set(t, STATUS_LIMIT, s->directory, 0, "the name is too long");
	return STATUS_OK;
}

static enum status check_settings(const struct sensor *s, const struct sensor_settings *n,
                                  struct trouble *t)
{
	if (!n->url)
		return trouble_set(t, STATUS_USAGE, s->config_path, 0, "[hub] needs url");
	if (!s->replay && !n->watch.capture.interface)
		return trouble_set(t, STATUS_USAGE, s->config_path, 0, "[capture] needs interface");
	return capture_settings_check(&n->watch.capture, t);
}

static enum status prepare(struct sensor *s, struct trouble *t)
{
	enum status st = config_read(&s->ini, s->config_path, &sensor_config, &s->settings, t);

	if (!st)
		st = check_settings(s, &s->settings, t);
	if (!st)
		st = find_directory(s, t);
	if (!st)
		st = sensor_give_directory(s->directory, s->settings.owner, t);
	if (!st)
		st = enrol_check_url(s->settings.url, t);
	if (!st)
		st = enrol_facts(&s->files, &s->certificate, t);
	if (!st)
		st = sensor_destination_key(s->directory, &s->destination_key, t);
	if (!st)
		st = secret_random(&s->boot_id, sizeof(s->boot_id), t);
	s->boot_id = s->boot_id >> 1 | 1; /* the hub keeps it as a positive number */
	if (st)
		return st;
	s->board = mmap(NULL, sizeof(*s->board), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
	                -1, 0);
	return s->board == MAP_FAILED ? trouble_set(t, STATUS_NO_MEMORY, NULL, 0, "out of memory")
	                              : STATUS_OK;
}

/* --- reloading --- */

static bool differs(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) != 0 : a != b;
}

/* What a running sensor cannot take over is told, one line each. */
static void tell_refused(const struct sensor *s, const struct sensor_settings *n)
{
	const struct sensor_settings *o = &s->settings;
	const struct capture_settings *a = &o->watch.capture, *b = &n->watch.capture;
	const struct {
		const char *name;
		bool changed;
	} fixed[] = {
	        {"hub.url", differs(o->url, n->url)},
	        {"hub.directory", differs(o->directory, n->directory)},
	        {"hub.owner", differs(o->owner, n->owner)},
	        {"capture.interface", differs(a->interface, b->interface)},
	        {"capture.threads", a->threads != b->threads},
	        {"capture.ring", a->ring != b->ring},
	        {"capture.memory", a->memory != b->memory},
	        {"capture.promiscuous", a->promiscuous != b->promiscuous},
	        {"capture.user", differs(a->user, b->user)},
	        {"capture.live", b->live && !a->live},
	        {"raw.directory", differs(o->watch.raw.directory, n->watch.raw.directory)},
	        {"raw.size", o->watch.raw.size != n->watch.raw.size},
	};

	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
		if (fixed[i].changed)
			log_warning(&s->log, "setting-needs-restart", "name=%s", fixed[i].name);
	}
}

static void send_news(int fd, const char *text, uint32_t n)
{
	if (write(fd, &n, sizeof(n)) != sizeof(n))
		return; /* the child is gone: that is dealt with where it is waited for */
	while (n > 0) {
		ssize_t done = write(fd, text, n);

		if (done < 0 && errno != EINTR)
			return;
		if (done > 0) {
			text += done;
			n -= (uint32_t)done;
		}
	}
}

/* The children cannot read the file any more: they get its text. */
static void reload(struct sensor *s, const struct children *c)
{
	struct sensor_settings settings = sensor_defaults;
	FILE *in = fopen(s->config_path, "re");
	char *text = malloc(INI_BYTES_MAX + 1);
	size_t n = in && text ? fread(text, 1, INI_BYTES_MAX + 1, in) : 0;
	struct trouble t = {0};
	struct ini *ini = NULL;
	enum status st = in ? STATUS_OK
	                    : trouble_set(&t, status_of_errno(errno), s->config_path, 0, "%s",
	                                  strerror(errno));

	if (!st)
		st = config_parse(&ini, s->config_path, text, n, &sensor_config, &settings, &t);
	if (!st)
		st = check_settings(s, &settings, &t);
	if (st) {
		log_trouble(&s->log, LOG_LEVEL_ERROR, "reload-refused", &t);
	} else {
		tell_refused(s, &settings);
		send_news(c->to_capture, text, (uint32_t)n);
		send_news(c->to_shipper, text, (uint32_t)n);
	}
	if (in)
		fclose(in);
	free(text);
	watch_settings_clear(&settings.watch);
	ini_free(ini);
}

/* --- processes --- */

/* sd_notify(3): one datagram. */
static void tell_manager(const char *text)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int fd = path ? socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0) : -1;

	if (fd < 0)
		return;
	snprintf(to.sun_path, sizeof(to.sun_path), "%s", path);
	if (to.sun_path[0] == '@')
		to.sun_path[0] = '\0';
	(void)sendto(fd, text, strlen(text), MSG_NOSIGNAL, (struct sockaddr *)&to,
	             (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path)));
	close(fd);
}

static void on_child(int number)
{
	(void)number;
}

/* The signals that the parent waits for. */
static sigset_t awaited(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGCHLD);
	return set;
}

typedef int (*child_function)(struct sensor *s, int frames, int control);

void sensor_take_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* -1 with errno. `others`: descriptors that are not this child's. */
static pid_t start(struct sensor *s, child_function child, int frames, int control,
                   const int *others, size_t count)
{
	int status;
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	for (size_t i = 0; i < count; i++)
		close(others[i]);
	signal(SIGCHLD, SIG_DFL);
	status = child(s, frames, control);
	fflush(NULL);
	_exit(status);
}

static enum status start_children(struct sensor *s, struct children *c, struct trouble *t)
{
	int frames[2], capture[2], shipper[2];

	if (pipe(frames) || pipe(capture) || pipe(shipper))
		return trouble_set(t, STATUS_IO, NULL, 0, "cannot make a pipe: %s",
		                   strerror(errno));
	c->to_capture = capture[1];
	c->to_shipper = shipper[1];
	{
		const int others[] = {frames[1], capture[0], capture[1], shipper[1]};

		c->shipper = start(s, sensor_shipper, frames[0], shipper[0], others, 4);
	}
	if (c->shipper > 0) {
		const int others[] = {frames[0], shipper[0], shipper[1], capture[1]};

		c->capture = start(s, sensor_capture, frames[1], capture[0], others, 4);
	}
	if (c->shipper < 0 || c->capture < 0)
		return trouble_set(t, STATUS_NO_MEMORY, NULL, 0, "cannot start a process: %s",
		                   strerror(errno));
	close(frames[0]);
	close(frames[1]);
	close(capture[0]);
	close(shipper[0]);
	return STATUS_OK;
}

static void stop_child(pid_t pid)
{
	if (pid > 0)
		kill(pid, SIGTERM);
}

/* A child ended. The capture process may, when it was told to or its replay is over; the shipper
 * only after it. */
static void bury(struct sensor *s, struct children *c)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		bool good = WIFEXITED(status) && WEXITSTATUS(status) == 0;
		bool early = pid == c->shipper && c->capture > 0;

		if (!good || early) {
			log_error(&s->log, "process-ended", "process=%s signal=%d status=%d",
			          pid == c->capture ? "capture" : "shipper",
			          WIFSIGNALED(status) ? WTERMSIG(status) : 0,
			          WIFEXITED(status) ? WEXITSTATUS(status) : 0);
			c->failed = true;
		}
		if (pid == c->capture)
			c->capture = 0;
		if (pid == c->shipper) {
			c->shipper = 0;
			stop_child(c->capture);
		}
	}
}

static int watch_over(struct sensor *s, struct children *c)
{
	sigset_t set = awaited();

	while (c->capture > 0 || c->shipper > 0) {
		int number = sigwaitinfo(&set, NULL);

		if (number == SIGCHLD) {
			bury(s, c);
		} else if (number == SIGHUP) {
			reload(s, c);
		} else if (number > 0) {
			tell_manager("STOPPING=1");
			stop_child(c->capture);
			stop_child(c->shipper);
		}
	}
	return c->failed ? EXIT_NOTHING : 0;
}

static int run_sensor(struct sensor *s)
{
	struct children c = {0};
	struct trouble t = {0};
	sigset_t set = awaited();
	int result = EXIT_NOTHING;
	enum status st = prepare(s, &t);

	signal(SIGCHLD, on_child); /* not SIG_IGN: children are waited for */
	sigprocmask(SIG_BLOCK, &set, NULL);
	if (!st)
		st = start_children(s, &c, &t);
	if (st) {
		sensor_complain(&t);
		stop_child(c.shipper);
	} else {
		tell_manager("READY=1");
		result = watch_over(s, &c);
	}
	watch_settings_clear(&s->settings.watch);
	ini_free(s->ini);
	return st == STATUS_USAGE ? EXIT_USAGE : result;
}

static int run_main(int argc, char **argv)
{
	struct run_settings o = {.config = SENSOR_DIRECTORY "/sensor.conf"};
	struct text_list operands = {0};
	struct trouble t = {0};
	struct sensor s = {.settings = sensor_defaults, .log = log_standard(), .speed = 1};
	char *end = "";

	if (options_parse(&sensor_options, argc, argv, &o, &operands, &t)) {
		sensor_complain(&t);
		return EXIT_USAGE;
	}
	if (o.help) {
		options_help(&sensor_options, stdout);
		return 0;
	}
	if (o.speed)
		s.speed = strtod(o.speed, &end);
	if (operands.count || *end || !(s.speed >= 0 && s.speed <= 1e6)) {
		fputs("noroshi: sensor takes options, join or status, and --speed a number; see "
		      "--help\n",
		      stderr);
		text_list_clear(&operands);
		return EXIT_USAGE;
	}
	s.config_path = o.config;
	s.replay = o.replay;
	s.keep_times = o.keep_times;
	s.once = o.once;
	return run_sensor(&s);
}

static int dispatch(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "join") == 0)
		return sensor_join_main(argc - 1, argv + 1);
	if (argc > 1 && strcmp(argv[1], "status") == 0)
		return sensor_status_main(argc - 1, argv + 1);
	return run_main(argc, argv);
}

const struct command command_sensor = {"sensor", "watch unused addresses for a hub", dispatch};
