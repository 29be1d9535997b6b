/* SPDX-License-Identifier: Apache-2.0 */
/* Change keys of a configuration file and leave the rest, comments too, as it is. */
#ifndef NOROSHI_HUB_CONF_EDIT_H
#define NOROSHI_HUB_CONF_EDIT_H

#include "base/status.h"

#include <stddef.h>

struct conf_change {
	const char *section, *key;
	const char *value; /* NULL or empty: the key goes */
};

/* Write `from` with the changes to `to` (may be the same), whole and with mode 0600. STATUS_USAGE:
 * a value that the file could not hold. */
MUST_USE enum status conf_edit(const char *from, const char *to, const struct conf_change *changes,
                               size_t count, struct trouble *t);

#endif
