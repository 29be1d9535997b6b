/* SPDX-License-Identifier: Apache-2.0 */
/* What a sensor's children get from its parent. */
#include "sensor.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

static bool read_whole(int fd, void *out, size_t n)
{
	char *at = out;

	while (n > 0) {
		ssize_t done = read(fd, at, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		at += done;
		n -= (size_t)done;
	}
	return true;
}

enum status sensor_news_wait(struct sensor *s, int control, int wait_ms, struct sensor_news *out)
{
	struct pollfd p = {.fd = control, .events = POLLIN};
	char *text = NULL;
	uint32_t n;
	enum status st = STATUS_END;

	*out = (struct sensor_news){.settings = sensor_defaults};
	if (poll(&p, 1, wait_ms) <= 0)
		return STATUS_UNAVAILABLE;
	if (read_whole(control, &n, sizeof(n)) && n <= INI_BYTES_MAX + 1) {
		text = malloc(n + 1);
		if (text && read_whole(control, text, n))
			st = config_parse(&out->ini, s->config_path, text, n, &sensor_config,
			                  &out->settings, NULL);
	}
	free(text);
	if (st)
		sensor_news_clear(out);
	return st;
}

void sensor_news_clear(struct sensor_news *news)
{
	watch_settings_clear(&news->settings.watch);
	ini_free(news->ini);
	*news = (struct sensor_news){0};
}
