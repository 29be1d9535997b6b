/* SPDX-License-Identifier: Apache-2.0 */
/* `noroshi sensor join URL TOKEN`: from nothing to a sensor that can be started. */
#include "sensor.h"

#include "base/clock.h"
#include "base/outfile.h"
#include "base/timefmt.h"
#include "report/safe.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct join_settings {
	const char *directory, *interface;
	struct text_list nets;
	bool help;
};

#define AT(field) offsetof(struct join_settings, field)

static const struct option rows[] = {
        {"dir", "DIR", "The sensor's directory; " SENSOR_DIRECTORY " unless given.", OPTION_TEXT,
         AT(directory), 0, 0},
        {"interface", "NAME", "The interface to watch; goes into sensor.conf.", OPTION_TEXT,
         AT(interface), 0, 0},
        {"net", "PREFIX",
         "A monitored prefix, such as 192.0.2.0/24; may be given several times; goes into "
         "sensor.conf.",
         OPTION_LIST, AT(nets), 0, 0},
        {"help", NULL, "Print this.", OPTION_FLAG, AT(help), 0, 0},
};

const struct option_table sensor_join_options = {
        .command = "sensor join",
        .synopsis = "[--dir DIR] [--interface NAME] [--net PREFIX]... URL TOKEN",
        .about = "Makes this machine a sensor of the hub at URL, with the token that 'noroshi hub "
                 "invite' printed: makes a key that never leaves, has it certified, and writes a "
                 "commented sensor.conf. The hub's fingerprint is checked before the token goes "
                 "out.",
        .rows = rows,
        .count = sizeof(rows) / sizeof(rows[0]),
};

/* The line of a key in the sample, with a value instead of the comment sign. */
static void put_key(char **text, const char *key, const char *value)
{
	char line[80], *at, *rest, *changed = NULL;

	snprintf(line, sizeof(line), "\n#%s =", key);
	at = strstr(*text, line);
	if (!at || !value)
		return;
	rest = at + 1 + strcspn(at + 1, "\n");
	if (asprintf(&changed, "%.*s\n%s = %s%s", (int)(at - *text), *text, key, value, rest) < 0)
		return;
	free(*text);
	*text = changed;
}

/* The nets as one value; the caller frees it. NULL: none. */
static char *join_nets(const struct text_list *nets)
{
	char *all = NULL;

	for (size_t i = 0; i < nets->count; i++) {
		char *longer = NULL;

		if (asprintf(&longer, "%s%s%s", all ? all : "", all ? " " : "", nets->items[i]) < 0)
			break;
		free(all);
		all = longer;
	}
	return all;
}

/* Not over one that is there. */
static enum status write_config(const struct join_settings *o, const char *url, struct trouble *t)
{
	char path[PATH_MAX], *text = NULL, *nets = join_nets(&o->nets);
	struct outfile *file = NULL;
	size_t n;
	FILE *sample;
	enum status st;

	snprintf(path, sizeof(path), "%s/sensor.conf", o->directory);
	if (access(path, F_OK) == 0) {
		free(nets);
		return STATUS_OK;
	}
	sample = open_memstream(&text, &n);
	if (sample)
		config_sample(&sensor_config, &sensor_defaults, sample);
	if (!sample || fclose(sample)) {
		free(nets);
		return trouble_set(t, STATUS_NO_MEMORY, path, 0, "out of memory");
	}
	put_key(&text, "url", url);
	put_key(&text, "interface", o->interface);
	put_key(&text, "net", nets);
	st = outfile_open_private(&file, path, t);
	if (!st) {
		outfile_text(file, text);
		st = outfile_commit(file, t);
	}
	free(text);
	free(nets);
	return st;
}

static enum status check_nets(const struct text_list *nets, struct trouble *t)
{
	struct prefix p;

	for (size_t i = 0; i < nets->count; i++) {
		if (prefix_parse(nets->items[i], &p))
			return trouble_set(t, STATUS_USAGE, NULL, 0,
			                   "--net: '%.80s' is no prefix such as 192.0.2.0/24",
			                   nets->items[i]);
	}
	return STATUS_OK;
}

static void print_joined(const struct join_settings *o, const struct enrol_joined *j)
{
	char name[256], member[256], until[TIME_TEXT_MAX];

	safe_text(j->name, ENROL_NAME_MAX, name, sizeof(name));
	safe_text(j->member, ENROL_NAME_MAX, member, sizeof(member));
	time_text(j->not_after * NS_PER_SECOND, 0, until);
	printf("Joined as sensor %u (%s) of member %s.\n"
	       "The certificate is good until %s and renews by itself.\n"
	       "%s: noroshi sensor --config %s/sensor.conf\n",
	       j->sensor, name, member, until,
	       o->interface && o->nets.count
	               ? "Start it with"
	               : "Name interface and net in sensor.conf, then start it "
	                 "with",
	       o->directory);
}

static enum status join(const struct join_settings *o, const char *url, const char *token,
                        struct trouble *t)
{
	struct enrol_files files;
	struct enrol_joined joined;
	uint32_t key;
	enum status st = check_nets(&o->nets, t), kept;

	if (!st)
		st = enrol_files_in(o->directory, &files);
	if (!st && mkdir(o->directory, 0700) != 0 && errno != EEXIST)
		st = trouble_set(t, status_of_errno(errno), o->directory, 0, "cannot make it: %s",
		                 strerror(errno));
	if (!st)
		st = sensor_become_owner(o->directory, t);
	if (st)
		return st;
	st = enrol_join(url, token, &files, clock_wall_ns() / NS_PER_SECOND, &joined, t);
	if (st && st != STATUS_CONFLICT)
		return st;
	/* Where an earlier attempt got as far as the certificate, the rest is made up for. */
	kept = sensor_destination_key(o->directory, &key, st ? NULL : t);
	if (!kept)
		kept = write_config(o, url, st ? NULL : t);
	if (!st && !kept)
		print_joined(o, &joined);
	return st ? st : kept;
}

int sensor_join_main(int argc, char **argv)
{
	struct join_settings o = {.directory = SENSOR_DIRECTORY};
	struct text_list operands = {0};
	struct trouble t = {0};
	enum status st = options_parse(&sensor_join_options, argc, argv, &o, &operands, &t);

	if (!st && o.help) {
		options_help(&sensor_join_options, stdout);
	} else {
		if (!st && operands.count != 2)
			st = trouble_set(&t, STATUS_USAGE, NULL, 0,
			                 "sensor join needs the hub's URL and a token");
		if (!st)
			st = join(&o, operands.items[0], operands.items[1], &t);
		if (st)
			sensor_complain(&t);
	}
	text_list_clear(&operands);
	text_list_clear(&o.nets);
	return st == STATUS_USAGE ? EXIT_USAGE : st ? EXIT_NOTHING : 0;
}
