/* SPDX-License-Identifier: Apache-2.0 */
/* The sensor's directory: whose it is, and the secret that lies in it. */
#include "sensor.h"

#include "base/outfile.h"
#include "base/secret.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Everything in a folder that root owns, two levels deep (the spool); links are not followed. */
static bool give_folder(int parent, const char *name, const struct passwd *to, int depth)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *list = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	bool ok = list && fchown(fd, to->pw_uid, to->pw_gid) == 0;

	while (ok && (entry = readdir(list))) {
		struct stat info;

		if (entry->d_name[0] == '.' ||
		    fstatat(fd, entry->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0)
			continue;
		if (S_ISDIR(info.st_mode))
			ok = depth == 0 || give_folder(fd, entry->d_name, to, depth - 1);
		else if (S_ISREG(info.st_mode) && info.st_uid == 0 && info.st_nlink == 1)
			ok = fchownat(fd, entry->d_name, to->pw_uid, to->pw_gid,
			              AT_SYMLINK_NOFOLLOW) == 0;
	}
	if (list)
		closedir(list);
	else if (fd >= 0)
		close(fd);
	return ok;
}

enum status sensor_give_directory(const char *directory, const char *user, struct trouble *t)
{
	const struct passwd *to;
	struct stat info;

	if (geteuid() != 0 || stat(directory, &info) != 0 || info.st_uid != 0)
		return STATUS_OK;
	to = getpwnam(user ? user : SENSOR_USER);
	if (!to && !user)
		to = getpwnam("nobody");
	if (!to || to->pw_uid == 0)
		return trouble_set(t, STATUS_NOT_FOUND, directory, 0,
		                   "owned by root, and there is no user %s to give it to",
		                   user ? user : SENSOR_USER);
	if (!give_folder(AT_FDCWD, directory, to, 1))
		return trouble_set(t, STATUS_DENIED, directory, 0, "cannot give it to %s: %s",
		                   to->pw_name, strerror(errno));
	return STATUS_OK;
}

enum status sensor_become_owner(const char *directory, struct trouble *t)
{
	struct stat info;

	if (geteuid() != 0 || stat(directory, &info) != 0 || info.st_uid == 0)
		return STATUS_OK;
	if (setgroups(1, &info.st_gid) != 0 || setgid(info.st_gid) != 0 || setuid(info.st_uid) != 0)
		return trouble_set(t, STATUS_DENIED, directory, 0, "cannot become its owner: %s",
		                   strerror(errno));
	return STATUS_OK;
}

enum status sensor_destination_key(const char *directory, uint32_t *key, struct trouble *t)
{
	char path[PATH_MAX + 32], hex[9] = "";
	struct outfile *file;
	FILE *in;
	enum status st;

	snprintf(path, sizeof(path), "%s/destination.key", directory);
	in = fopen(path, "re");
	if (in) {
		size_t n = fread(hex, 1, 8, in);
		char *end = hex;

		fclose(in);
		*key = (uint32_t)strtoul(hex, &end, 16);
		return n == 8 && !*end
		               ? STATUS_OK
		               : trouble_set(t, STATUS_FORMAT, path, 0, "not 8 hexadecimal digits");
	}
	st = secret_random(key, sizeof(*key), t);
	if (!st)
		st = outfile_open_private(&file, path, t);
	if (st)
		return st;
	outfile_printf(file, "%08x\n", *key);
	return outfile_commit(file, t);
}
