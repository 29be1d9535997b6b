/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/limiter.h"
#include "tap.h"

#include <arpa/inet.h>
#include <netinet/in.h>

static struct limiter l;

static bool fail(const char *address, uint64_t now_s)
{
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
	struct sockaddr_in v4 = {.sin_family = AF_INET};

	if (inet_pton(AF_INET, address, &v4.sin_addr) == 1)
		return limiter_fail(&l, (struct sockaddr *)&v4, now_s);
	inet_pton(AF_INET6, address, &v6.sin6_addr);
	return limiter_fail(&l, (struct sockaddr *)&v6, now_s);
}

int main(void)
{
	limiter_init(&l, 1);
	for (int i = 0; i < LIMITER_BURST; i++)
		CHECK(fail("192.0.2.1", 100));
	CHECK(!fail("192.0.2.1", 100));
	CHECK(!fail("::ffff:192.0.2.1", 100));
	/* Others are not touched; one /64 is one customer. */
	CHECK(fail("192.0.2.2", 100));
	for (int i = 0; i < LIMITER_BURST; i++)
		CHECK(fail("2001:db8::1", 100));
	CHECK(!fail("2001:db8::2", 100));
	CHECK(fail("2001:db8:0:1::2", 100));
	/* Time gives back, one after the other, and at most the burst. */
	CHECK(fail("192.0.2.1", 100 + LIMITER_REFILL_S));
	CHECK(!fail("192.0.2.1", 100 + LIMITER_REFILL_S));
	for (int i = 0; i < LIMITER_BURST; i++)
		CHECK(fail("192.0.2.1", 100000));
	CHECK(!fail("192.0.2.1", 100000));
	limiter_clear(&l);
	return tap_done();
}
