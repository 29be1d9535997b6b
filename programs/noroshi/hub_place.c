/* SPDX-License-Identifier: Apache-2.0 */
#include "hub_place.h"

#include "base/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static const char *or_null(const char *text)
{
	return text && text[0] ? text : NULL;
}

static enum status find_dir(struct hub_place *p, const char *config, struct trouble *t)
{
	const char *named = or_null(p->settings.directory), *slash = strrchr(config, '/');
	char parent[PATH_MAX];

	if (named)
		snprintf(parent, sizeof(parent), "%s", named);
	else if (slash)
		snprintf(parent, sizeof(parent), "%.*s",
		         slash == config ? 1 : (int)(slash - config), config);
	else
		snprintf(parent, sizeof(parent), ".");
	if (!realpath(parent, p->dir))
		return trouble_set(t, status_of_errno(errno), parent, 0,
		                   "no state directory: %s ('noroshi hub init' makes one)",
		                   strerror(errno));
	return STATUS_OK;
}

void hub_place_storer(char out[PATH_MAX])
{
	ssize_t n = readlink("/proc/self/exe", out, PATH_MAX - 32);
	char *slash;

	out[n > 0 ? n : 0] = '\0';
	slash = strrchr(out, '/');
	snprintf(slash ? slash + 1 : out, 32, "noroshi-storer");
}

static void find_storer(struct hub_place *p)
{
	if (or_null(p->settings.storer))
		snprintf(p->storer, sizeof(p->storer), "%s", p->settings.storer);
	else
		hub_place_storer(p->storer);
}

enum status hub_place_read(struct hub_place *p, const char *config, struct trouble *t)
{
	enum status st;

	*p = (struct hub_place){.settings = hub_defaults};
	st = config_read(&p->ini, config, &hub_config, &p->settings, t);
	if (!st)
		st = find_dir(p, config, t);
	if (st) {
		hub_place_clear(p);
		return st;
	}
	find_storer(p);
	snprintf(p->data, sizeof(p->data), "%.4000s/observations", p->dir);
	snprintf(p->socket, sizeof(p->socket), "%.4000s/storer.sock", p->dir);
	return STATUS_OK;
}

enum status hub_place_password(struct hub_place *p, struct trouble *t)
{
	const char *path = or_null(p->settings.store_password_file);
	FILE *file;

	if (!path)
		return STATUS_OK;
	file = fopen(path, "re");
	if (!file)
		return trouble_set(t, status_of_errno(errno), path, 0, "cannot read: %s",
		                   strerror(errno));
	if (fgets(p->password, sizeof(p->password), file))
		p->password[strcspn(p->password, "\r\n")] = '\0';
	fclose(file);
	return STATUS_OK;
}

bool hub_place_is_embedded(const struct hub_place *p)
{
	return !or_null(p->settings.store_url);
}

void hub_place_engine(const struct hub_place *p, struct engine_options *out)
{
	const struct hub_settings *s = &p->settings;

	*out = (struct engine_options){
	        .socket = hub_place_is_embedded(p) ? p->socket : NULL,
	        .url = or_null(s->store_url),
	        .user = or_null(s->store_user),
	        .password = or_null(p->password),
	        .database = or_null(s->store_database),
	        .authority = or_null(s->store_authority),
	        .memory_bytes = s->query_memory,
	        .seconds = (uint32_t)s->query_seconds,
	};
}

struct observations_keep hub_place_keep(const struct hub_place *p)
{
	const struct hub_settings *s = &p->settings;

	return (struct observations_keep){
	        .rows = (uint32_t)s->keep_rows,
	        .windows = (uint32_t)s->keep_windows,
	        .minutes = (uint32_t)s->keep_minutes,
	        .hours = (uint32_t)s->keep_hours,
	        .days = (uint32_t)s->keep_days,
	};
}

bool hub_place_is_running(const struct hub_place *p)
{
	char path[PATH_MAX];
	bool taken;
	int fd;

	snprintf(path, sizeof(path), "%.4000s/journal/lock", p->dir);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return false;
	taken = flock(fd, LOCK_EX | LOCK_NB) != 0;
	close(fd);
	return taken;
}

void hub_place_clear(struct hub_place *p)
{
	secret_wipe(p->password, sizeof(p->password));
	ini_free(p->ini);
	p->ini = NULL;
}
