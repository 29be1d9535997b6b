/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A unit test is a program that prints TAP (testanything.org) and exits 1 on failure.
 *
 *   int main(void) { CHECK(1 + 1 == 2); CHECK_STR(name, "mirai"); return tap_done(); }
 *
 * Every CHECK prints one line; a failed one says where and what. One thread.
 */
#ifndef TESTS_TAP_H
#define TESTS_TAP_H

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int tap_count, tap_failed;

__attribute__((unused)) static bool tap_check(bool ok, const char *file, int line, const char *what)
{
	printf("%sok %d - %s:%d %s\n", ok ? "" : "not ", ++tap_count, file, line, what);
	tap_failed += !ok;
	return ok;
}

__attribute__((unused)) static void tap_str(const char *got, const char *want, const char *file,
                                            int line)
{
	bool ok = got && want ? strcmp(got, want) == 0 : got == want;

	if (!tap_check(ok, file, line, "text"))
		printf("# got  '%s'\n# want '%s'\n", got ? got : "(null)", want ? want : "(null)");
}

__attribute__((unused)) static void tap_u64(uint64_t got, uint64_t want, const char *file, int line,
                                            const char *what)
{
	if (!tap_check(got == want, file, line, what))
		printf("# got  %" PRIu64 "\n# want %" PRIu64 "\n", got, want);
}

__attribute__((unused)) static void tap_near(double got, double want, double tolerance,
                                             const char *file, int line, const char *what)
{
	if (!tap_check(fabs(got - want) <= tolerance, file, line, what))
		printf("# got  %.10g\n# want %.10g +- %.3g\n", got, want, tolerance);
}

#define CHECK(condition)     tap_check((condition), __FILE__, __LINE__, #condition)
#define CHECK_STR(got, want) tap_str((got), (want), __FILE__, __LINE__)
#define CHECK_U64(got, want) tap_u64((uint64_t)(got), (uint64_t)(want), __FILE__, __LINE__, #got)
#define CHECK_NEAR(got, want, tolerance) \
	tap_near((got), (want), (tolerance), __FILE__, __LINE__, #got)

__attribute__((unused)) static int tap_done(void)
{
	printf("1..%d\n", tap_count);
	if (tap_failed)
		fprintf(stderr, "%d of %d checks failed\n", tap_failed, tap_count);
	return tap_failed || tap_count == 0 ? 1 : 0;
}

#endif
