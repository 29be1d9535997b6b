/* SPDX-License-Identifier: Apache-2.0 */
/* The hub's own table of routes: whole, and no two rows for one request. */
#include "serve/route.h"
#include "tap.h"

static bool same_segment(const char *a, size_t n, const char *b, size_t m)
{
	return route_is_parameter(a, n) || route_is_parameter(b, m) ||
	       (n == m && memcmp(a, b, n) == 0);
}

/* Could one path fit both patterns? */
static bool patterns_meet(const char *a, const char *b)
{
	while (*a == '/' && *b == '/') {
		size_t n = strcspn(++a, "/"), m = strcspn(++b, "/");

		if (!same_segment(a, n, b, m))
			return false;
		a += n;
		b += m;
	}
	return *a == '\0' && *b == '\0';
}

static void check_row(const struct route *r)
{
	size_t answers = 0;

	CHECK(r->path[0] == '/' && r->id && r->summary && r->handle);
	while (answers < ROUTE_ANSWERS_MAX && r->answers[answers].status)
		answers++;
	CHECK(answers > 0 && r->answers[0].status < 300 && r->answers[0].help[0]);
	CHECK((r->body_max > 0) == (r->body_type != NULL));
	CHECK(r->method == ROUTE_POST || r->body_max == 0);
	/* What waits does not wait in the server's own thread. */
	CHECK(r->lane != LANE_AT_ONCE || (r->body_max == 0 && r->method == ROUTE_GET));
	/* A sensor's right stands alone: it comes with a certificate, the others with a token. */
	CHECK(!(r->rights & RIGHT(SENSOR)) || r->rights == RIGHT(SENSOR));
	for (size_t i = 0; i < ROUTE_PARAMETERS_MAX && r->parameters[i].name; i++) {
		const struct route_parameter *p = &r->parameters[i];

		CHECK(p->help && (p->type == PARAMETER_CHOICE ? p->choices && p->choices[0]
		                                              : p->low <= p->high && p->high > 0));
	}
}

int main(void)
{
	CHECK(patterns_meet("/a/{x}", "/a/b") && !patterns_meet("/a/{x}", "/a/b/c") &&
	      !patterns_meet("/a", "/b"));
	for (const struct route *r = routes; r->path; r++) {
		check_row(r);
		for (const struct route *other = r + 1; other->path; other++) {
			CHECK(strcmp(r->id, other->id) != 0);
			CHECK(r->method != other->method || !patterns_meet(r->path, other->path));
		}
	}
	return tap_done();
}
