/* SPDX-License-Identifier: Apache-2.0 */
#include "base/metrics.h"
#include "tap.h"

#include <stdlib.h>

static char *print(const struct metrics *m)
{
	struct outfile *o = outfile_open_scratch("/tmp", 1 << 20);
	struct outfile_scratch text;

	metrics_print(m, o);
	if (outfile_take(o, &text) != STATUS_OK)
		return NULL;
	text.bytes[text.size] = '\0'; /* the room for it is part of the contract here */
	return text.bytes;
}

static void check_text(void)
{
	static struct metrics m;
	char *text;

	metrics_add(&m, METRIC_HTTP_4XX, 3);
	metrics_add(&m, METRIC_HTTP_OPEN, 5);
	metrics_take(&m, METRIC_HTTP_OPEN, 2);
	metrics_observe_us(&m, METRIC_HTTP_SECONDS, 1000);
	metrics_observe_us(&m, METRIC_HTTP_SECONDS, 1001);
	metrics_observe_us(&m, METRIC_HTTP_SECONDS, 61000000);
	text = print(&m);
	CHECK(text && strstr(text, "# TYPE noroshi_http_requests_total counter\n"
	                           "noroshi_http_requests_total{status=\"2xx\"} 0\n"));
	CHECK(text && strstr(text, "\nnoroshi_http_requests_total{status=\"4xx\"} 3\n"));
	CHECK(text && strstr(text, "\nnoroshi_http_connections_open 3\n"));
	CHECK(text && strstr(text, "_bucket{le=\"0.001\"} 1\n"));
	CHECK(text && strstr(text, "_bucket{le=\"0.0025\"} 2\n"));
	CHECK(text && strstr(text, "_bucket{le=\"60\"} 2\n"));
	CHECK(text && strstr(text, "_bucket{le=\"+Inf\"} 3\n"));
	CHECK(text && strstr(text, "_sum 61.002001\n"));
	/* One HELP and TYPE for all rows of a name. */
	CHECK(text && !strstr(strstr(text, "HELP noroshi_http_requests_total") + 1,
	                      "HELP noroshi_http_requests_total"));
	free(text);
}

int main(void)
{
	check_text();
	metrics_add(NULL, METRIC_HTTP_4XX, 1);
	metrics_observe_us(NULL, METRIC_HTTP_SECONDS, 1);
	CHECK_U64(metrics_get(NULL, METRIC_HTTP_4XX), 0);
	return tap_done();
}
