/* SPDX-License-Identifier: Apache-2.0 */
#include "owner.h"

#include <errno.h>
#include <grp.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum status owner_become(const char *directory, struct trouble *t)
{
	struct stat info;

	if (geteuid() != 0 || stat(directory, &info) != 0 || info.st_uid == 0)
		return STATUS_OK;
	if (setgroups(1, &info.st_gid) != 0 ||
	    setresgid(info.st_gid, info.st_gid, info.st_gid) != 0 ||
	    setresuid(info.st_uid, info.st_uid, info.st_uid) != 0)
		return trouble_set(t, STATUS_DENIED, directory, 0, "cannot become its owner: %s",
		                   strerror(errno));
	return STATUS_OK;
}
