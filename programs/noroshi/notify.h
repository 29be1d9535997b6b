/* SPDX-License-Identifier: Apache-2.0 */
/* A word to the service manager; see sd_notify(3). Does nothing where none asks. */
#ifndef NOROSHI_NOTIFY_H
#define NOROSHI_NOTIFY_H

void notify(const char *state);

#endif
