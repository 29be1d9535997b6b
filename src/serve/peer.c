/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/inner.h"

#include <arpa/inet.h>
#include <gnutls/gnutls.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static bool is_loopback(const struct sockaddr *from)
{
	if (from->sa_family == AF_INET)
		return ntohl(((const struct sockaddr_in *)(const void *)from)->sin_addr.s_addr) >>
		               24 ==
		       127;
	if (from->sa_family == AF_INET6) {
		const struct in6_addr *a =
		        &((const struct sockaddr_in6 *)(const void *)from)->sin6_addr;

		return IN6_IS_ADDR_LOOPBACK(a) ||
		       (IN6_IS_ADDR_V4MAPPED(a) && a->s6_addr[12] == 127);
	}
	return from->sa_family == AF_UNIX;
}

void peer_address(struct connection *c, const struct sockaddr *from)
{
	const void *address = NULL;

	snprintf(c->from, sizeof(c->from), "local");
	if (!from) {
		c->address.ss_family = AF_UNIX;
		c->is_local = true;
		return;
	}
	c->is_local = is_loopback(from);
	c->address.ss_family = from->sa_family;
	if (from->sa_family == AF_INET) {
		memcpy(&c->address, from, sizeof(struct sockaddr_in));
		address = &((const struct sockaddr_in *)(const void *)from)->sin_addr;
	} else if (from->sa_family == AF_INET6) {
		memcpy(&c->address, from, sizeof(struct sockaddr_in6));
		address = &((const struct sockaddr_in6 *)(const void *)from)->sin6_addr;
	}
	if (address)
		inet_ntop(from->sa_family, address, c->from, sizeof(c->from));
}

void peer_look(struct connection *c, void *tls_session, const struct pki_authority *authority)
{
	const gnutls_datum_t *chain;
	unsigned count = 0;
	struct trouble t = {0};

	if (c->peer.verdict != PEER_UNKNOWN)
		return;
	c->peer.verdict = PEER_NONE;
	chain = tls_session ? gnutls_certificate_get_peers(tls_session, &count) : NULL;
	if (!chain || count == 0)
		return;
	c->peer.verdict = PEER_WRONG;
	if (pki_check(authority, chain[0].data, chain[0].size, PKI_USE_SENSOR, (uint64_t)time(NULL),
	              &c->peer.facts, &t))
		snprintf(c->peer.wrong, sizeof(c->peer.wrong), "%.127s", t.text);
	else if (c->peer.facts.sensor == 0)
		snprintf(c->peer.wrong, sizeof(c->peer.wrong), "it is no sensor's");
	else
		c->peer.verdict = PEER_GOOD;
}
