/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/listen.h"
#include "serve/watch.h"
#include "tap.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static void check_addresses(void)
{
	static const char *const bad[] = {"",      "8080",           "localhost:80", "::1:80",
	                                  "[::1]", "127.0.0.1:http", "127.0.0.1:",   ":80",
	                                  "[]:80", "1.2.3.4.5:80",   "[127.0.0.1:80"};
	struct trouble t;
	int fd, other;
	char again[32];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (!CHECK(listen_open(&fd, bad[i], &t) == STATUS_USAGE && fd == -1))
			printf("# '%s'\n", bad[i]);
	}
	CHECK(listen_open(&fd, "127.0.0.1:0", &t) == STATUS_OK);
	CHECK(listen_port(fd) != 0);
	snprintf(again, sizeof(again), "127.0.0.1:%u", listen_port(fd));
	CHECK(listen_open(&other, again, &t) == STATUS_CONFLICT && other == -1);
	close(fd);
	CHECK(listen_is_local("127.3.2.1:80") && listen_is_local("[::1]:80") &&
	      listen_is_local("/run/x"));
	CHECK(!listen_is_local("0.0.0.0:80") && !listen_is_local("[::]:80") &&
	      !listen_is_local("nonsense"));
}

static void check_path(void)
{
	char folder[] = "/tmp/noroshi-listen-XXXXXX", path[64];
	struct trouble t;
	struct stat info;
	int fd, other;

	CHECK(mkdtemp(folder) != NULL);
	snprintf(path, sizeof(path), "%s/socket", folder);
	CHECK(listen_open(&fd, path, &t) == STATUS_OK);
	CHECK(stat(path, &info) == 0 && (info.st_mode & 0777) == 0660);
	CHECK_U64(listen_port(fd), 0);
	/* One that somebody listens on stays; one that was left behind goes. */
	CHECK(listen_open(&other, path, &t) == STATUS_CONFLICT);
	close(fd);
	CHECK(listen_open(&fd, path, &t) == STATUS_OK);
	close(fd);
	unlink(path);
	rmdir(folder);
}

/* Who is late finds its socket shut; who is not goes on. */
static void check_watch(void)
{
	struct metrics metrics = {0};
	struct watched late, early;
	struct watch *w;
	int a[2], b[2];
	char c;

	CHECK(watch_open(&w, &metrics, NULL) == STATUS_OK);
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, a) == 0);
	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, b) == 0);
	watch_add(w, &late, a[0]);
	watch_add(w, &early, b[0]);
	watch_set(w, &late, 1);
	watch_set(w, &early, 1);
	watch_set(w, &early, 0);
	CHECK(read(a[1], &c, 1) == 0);
	CHECK_U64(metrics_get(&metrics, METRIC_HTTP_EXPIRED), 1);
	CHECK(write(b[1], "x", 1) == 1 && read(b[0], &c, 1) == 1);
	watch_remove(w, &late);
	watch_remove(w, &early);
	watch_close(w);
	for (int i = 0; i < 2; i++) {
		close(a[i]);
		close(b[i]);
	}
}

int main(void)
{
	check_addresses();
	check_path();
	check_watch(); /* a pthread of its own */
	return tap_done();
}
