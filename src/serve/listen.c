/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/listen.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 1024 };

union any_address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_un local;
};

static enum status fail(struct trouble *t, const char *where, int error)
{
	enum status st = error == EADDRINUSE ? STATUS_CONFLICT
	                 : error == EACCES   ? STATUS_DENIED
	                                     : status_of_errno(error);

	return trouble_set(t, st, where, 0, "cannot listen: %s", strerror(error));
}

/* "ADDRESS:PORT" or "[ADDRESS]:PORT", numbers only: a name could mean another place tomorrow. */
static bool parse_address(const char *where, union any_address *out, socklen_t *size)
{
	struct addrinfo hints = {.ai_family = AF_UNSPEC,
	                         .ai_socktype = SOCK_STREAM,
	                         .ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV};
	struct addrinfo *found;
	const char *colon = strrchr(where, ':');
	char host[64];
	size_t n = colon ? (size_t)(colon - where) : 0;

	memset(out, 0, sizeof(*out));
	if (!colon || !colon[1] || n == 0 || n >= sizeof(host))
		return false;
	memcpy(host, where, n);
	host[n] = '\0';
	if (host[0] == '[' && host[n - 1] == ']') {
		memmove(host, host + 1, n - 2);
		host[n - 2] = '\0';
	} else if (strchr(host, ':')) {
		return false;
	}
	if (getaddrinfo(host, colon + 1, &hints, &found) != 0)
		return false;
	memcpy(out, found->ai_addr, found->ai_addrlen);
	*size = found->ai_addrlen;
	freeaddrinfo(found);
	return true;
}

static bool parse_path(const char *where, union any_address *out, socklen_t *size)
{
	memset(out, 0, sizeof(*out));
	out->local.sun_family = AF_UNIX;
	*size = sizeof(out->local);
	if (strlen(where) >= sizeof(out->local.sun_path))
		return false;
	memcpy(out->local.sun_path, where, strlen(where));
	return true;
}

/* A socket that its owner left behind. */
static void remove_stale(const union any_address *address, socklen_t size)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, &address->any, size) != 0 && errno == ECONNREFUSED)
		unlink(address->local.sun_path);
	if (fd >= 0)
		close(fd);
}

static int open_socket(const union any_address *address, socklen_t size)
{
	int one = 1, zero = 0, error;
	int fd = socket(address->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	if (address->any.sa_family == AF_UNIX)
		remove_stale(address, size);
	else
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (address->any.sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &zero, sizeof(zero));
	if (bind(fd, &address->any, size) == 0 &&
	    (address->any.sa_family != AF_UNIX || chmod(address->local.sun_path, 0660) == 0) &&
	    listen(fd, BACKLOG) == 0)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

enum status listen_open(int *fd, const char *where, struct trouble *t)
{
	union any_address address;
	socklen_t size;
	bool known = where[0] == '/' ? parse_path(where, &address, &size)
	                             : parse_address(where, &address, &size);

	*fd = -1;
	if (!known)
		return trouble_set(t, STATUS_USAGE, where, 0,
		                   "not an address and port such as [::]:8443, nor a path");
	*fd = open_socket(&address, size);
	return *fd < 0 ? fail(t, where, errno) : STATUS_OK;
}

uint16_t listen_port(int fd)
{
	union any_address address = {.local = {.sun_family = AF_UNSPEC}};
	socklen_t size = sizeof(address);

	if (getsockname(fd, &address.any, &size) != 0)
		return 0;
	if (address.any.sa_family == AF_INET)
		return ntohs(address.v4.sin_port);
	return address.any.sa_family == AF_INET6 ? ntohs(address.v6.sin6_port) : 0;
}

bool listen_is_local(const char *where)
{
	union any_address address;
	socklen_t size;

	if (where[0] == '/')
		return true;
	if (!parse_address(where, &address, &size))
		return false;
	if (address.any.sa_family == AF_INET)
		return ntohl(address.v4.sin_addr.s_addr) >> 24 == 127;
	return address.any.sa_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&address.v6.sin6_addr);
}
