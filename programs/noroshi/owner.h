/* SPDX-License-Identifier: Apache-2.0 */
/* Root becomes whom a directory belongs to. */
#ifndef NOROSHI_OWNER_H
#define NOROSHI_OWNER_H

#include "base/status.h"

/* So that what is made there is the owner's, and nothing runs as root that need not. No way back.
 * Nothing happens for others than root, for root's own directories and for those that are not
 * there. STATUS_DENIED. */
MUST_USE enum status owner_become(const char *directory, struct trouble *t);

#endif
