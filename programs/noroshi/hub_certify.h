/* SPDX-License-Identifier: Apache-2.0 */
/* The certificate under which the hub's server is known: hub.key, hub.pem. */
#ifndef NOROSHI_HUB_CERTIFY_H
#define NOROSHI_HUB_CERTIFY_H

#include "hub_admin.h"

#include "base/pki.h"

/* A certificate for these names; new_key: and a new key, else the one that is there. */
MUST_USE enum status hub_certify(struct hub_session *s, const struct pki_authority *authority,
                                 const struct text_list *names, bool new_key, struct trouble *t);

/* Note the names in the control data, for invitations and the next certificate. */
MUST_USE enum status hub_certify_note(struct hub_session *s, const struct text_list *names,
                                      struct trouble *t);

#endif
