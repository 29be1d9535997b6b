/* SPDX-License-Identifier: Apache-2.0 */
#include "hub_folder.h"

#include "base/outfile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SMALL_BYTES = 1 << 20 };

bool folder_is_empty(const char *path)
{
	DIR *dir = opendir(path);
	const struct dirent *entry;
	bool empty = dir != NULL;

	while (empty && (entry = readdir(dir)))
		empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
	if (dir)
		closedir(dir);
	return empty;
}

enum status folder_make(const char *dir, bool *existed, struct trouble *t)
{
	struct stat info;

	*existed = false;
	if (mkdir(dir, 0700) == 0)
		return STATUS_OK;
	if (errno != EEXIST)
		return trouble_set(t, status_of_errno(errno), dir, 0, "cannot make it: %s",
		                   strerror(errno));
	*existed = true;
	if (stat(dir, &info) != 0 || !S_ISDIR(info.st_mode))
		return trouble_set(t, STATUS_CONFLICT, dir, 0, "not a directory");
	if (!folder_is_empty(dir))
		return trouble_set(t, STATUS_CONFLICT, dir, 0,
		                   "not empty: a hub is made in a directory of its own");
	if (chmod(dir, 0700) != 0)
		return trouble_set(t, STATUS_DENIED, dir, 0, "cannot make it private: %s",
		                   strerror(errno));
	return STATUS_OK;
}

static enum status cannot_read(const char *path, struct trouble *t)
{
	return trouble_set(t, status_of_errno(errno), path, 0, "cannot read: %s", strerror(errno));
}

enum status file_digest(const char *path, char out[2 * SHA256_BYTES + 1], struct trouble *t)
{
	uint8_t digest[SHA256_BYTES];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	void *bytes = NULL;
	struct stat info;

	if (fd < 0 || fstat(fd, &info) != 0) {
		enum status st = cannot_read(path, t);

		if (fd >= 0)
			close(fd);
		return st;
	}
	if (info.st_size > 0)
		bytes = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (bytes == MAP_FAILED)
		return cannot_read(path, t);
	sha256(bytes ? bytes : "", (size_t)info.st_size, digest);
	if (bytes)
		munmap(bytes, (size_t)info.st_size);
	hex_encode(digest, SHA256_BYTES, out);
	return STATUS_OK;
}

enum status file_read_text(const char *path, char **text, size_t *n, struct trouble *t)
{
	FILE *file = fopen(path, "re");
	enum status st = STATUS_OK;

	*n = 0;
	*text = file ? malloc(SMALL_BYTES + 1) : NULL;
	if (!file)
		return cannot_read(path, t);
	if (!*text) {
		fclose(file);
		return trouble_set(t, STATUS_NO_MEMORY, path, 0, "out of memory");
	}
	*n = fread(*text, 1, SMALL_BYTES, file);
	if (ferror(file))
		st = cannot_read(path, t);
	else if (!feof(file) && fgetc(file) != EOF)
		st = trouble_set(t, STATUS_LIMIT, path, 0, "longer than %d bytes", SMALL_BYTES);
	fclose(file);
	if (st) {
		free(*text);
		*text = NULL;
		return st;
	}
	(*text)[*n] = '\0';
	return STATUS_OK;
}

enum status file_copy_private(const char *from, const char *to, struct trouble *t)
{
	struct outfile *out = NULL;
	char *bytes;
	size_t n;
	enum status st = file_read_text(from, &bytes, &n, t);

	if (st)
		return st;
	st = outfile_open_private(&out, to, t);
	if (!st) {
		outfile_write(out, bytes, n);
		st = outfile_commit(out, t);
	}
	secret_wipe(bytes, n);
	free(bytes);
	return st;
}
