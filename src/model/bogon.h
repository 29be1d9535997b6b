/* SPDX-License-Identifier: Apache-2.0 */
/* Space that cannot be a source on the Internet (RFC 6890, RFC 4291). Pure, any thread. */
#ifndef MODEL_BOGON_H
#define MODEL_BOGON_H

#include "model/addr.h"

#include <stdbool.h>
#include <stdint.h>

/* True for RFC 6890 space and multicast: no packet from the Internet can have it as source. */
bool bogon_is(const struct addr *a);

/* The same for an IPv4 address in host order. */
bool bogon_is_v4(uint32_t host_order);

/* True where an address belongs to a private network (RFC 1918, 4193, 6598, link local). */
bool bogon_is_private(const struct addr *a);

#endif
