/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/mdoc.h"

/* mdoc takes a leading dot or quote as a request, a backslash as an escape. */
void mdoc_text(FILE *out, const char *text)
{
	if (*text == '.' || *text == '\'')
		fputs("\\&", out);
	for (; *text; text++) {
		if (*text == '\\')
			fputs("\\e", out);
		else
			fputc(*text, out);
		if (*text == '.' && text[1] == ' ')
			fputc('\n', out), text++;
	}
	fputc('\n', out);
}
