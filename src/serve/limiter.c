/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/limiter.h"

#include "base/hash.h"

#include <netinet/in.h>
#include <string.h>

void limiter_init(struct limiter *l, uint64_t key)
{
	memset(l, 0, sizeof(*l));
	pthread_mutex_init(&l->lock, NULL);
	l->key = key;
}

void limiter_clear(struct limiter *l)
{
	pthread_mutex_destroy(&l->lock);
}

/* IPv4 as it is, also mapped; of IPv6 the first 64 bits. */
static uint64_t address_of(const struct sockaddr *from)
{
	uint64_t value = 0;

	if (from->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)from;

		return in->sin_addr.s_addr;
	}
	if (from->sa_family == AF_INET6) {
		const struct sockaddr_in6 *in = (const void *)from;

		if (IN6_IS_ADDR_V4MAPPED(&in->sin6_addr))
			memcpy((uint8_t *)&value, in->sin6_addr.s6_addr + 12, 4);
		else
			memcpy(&value, in->sin6_addr.s6_addr, 8);
	}
	return value;
}

bool limiter_fail(struct limiter *l, const struct sockaddr *from, uint64_t now_s)
{
	uint64_t address = address_of(from), at = hash_u64(address, l->key) % LIMITER_SLOTS;
	bool allowed;

	pthread_mutex_lock(&l->lock);
	if (l->slot[at].address != address || l->slot[at].full_s < now_s) {
		l->slot[at].address = address;
		l->slot[at].full_s = now_s;
	}
	allowed = l->slot[at].full_s - now_s < LIMITER_BURST * LIMITER_REFILL_S;
	if (allowed)
		l->slot[at].full_s += LIMITER_REFILL_S;
	pthread_mutex_unlock(&l->lock);
	return allowed;
}
