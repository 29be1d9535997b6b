/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"
#include "tap.h"

#include <string.h>
#include <unistd.h>

static const char *line_of(int fd, char *out, size_t size)
{
	ssize_t n = read(fd, out, size - 1);

	out[n > 0 ? n : 0] = '\0';
	return out;
}

int main(void)
{
	char line[2 * LOG_LINE_MAX], quoted[32];
	struct trouble t = {.status = STATUS_FULL};
	struct log log;
	int ends[2];

	CHECK(pipe(ends) == 0);
	log = (struct log){.fd = ends[1], .level = LOG_LEVEL_NOTE};
	log_note(&log, "sensor-joined", "sensor=%u", 7u);
	CHECK_STR(line_of(ends[0], line, sizeof(line)), "note sensor-joined sensor=7\n");
	/* What is below the level stays silent. */
	log_debug(&log, "quiet", "x=%d", 1);
	log_note(NULL, "nowhere", "x=%d", 1);
	log.priorities = true;
	log_error(&log, "bad", "x=%d", 1);
	CHECK_STR(line_of(ends[0], line, sizeof(line)), "<3>bad x=1\n");
	/* A trouble without a text says its status. */
	log_trouble(&log, LOG_LEVEL_WARNING, "disk", &t);
	CHECK_STR(line_of(ends[0], line, sizeof(line)),
	          "<4>disk file=\"\" line=0 reason=\"no space left\"\n");
	CHECK_STR(log_quote("a \"b\"\n", quoted, sizeof(quoted)), "\"a \\\"b\\\"\\x0a\"");
	CHECK(strlen(log_quote("0123456789012345678901234567890123456789", quoted,
	                       sizeof(quoted))) < sizeof(quoted));
	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	log_note(&log, "long", "v=%s", line);
	CHECK(strlen(line_of(ends[0], line, sizeof(line))) == LOG_LINE_MAX);
	return tap_done();
}
