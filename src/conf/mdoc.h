/* SPDX-License-Identifier: Apache-2.0 */
/* Text on its way into a manual page. Private to conf/. */
#ifndef CONF_MDOC_H
#define CONF_MDOC_H

#include <stdio.h>

/* Sentences, each on a line of its own; nothing in them is a request. */
void mdoc_text(FILE *out, const char *text);

#endif
