/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/mdoc.h"

#include <stdbool.h>

/* mdoc takes a leading dot or quote as a request, a backslash as an escape. */
void mdoc_text(FILE *out, const char *text)
{
	bool starts = true;

	for (; *text; text++) {
		if (starts && (*text == '.' || *text == '\''))
			fputs("\\&", out);
		starts = *text == '.' && text[1] == ' ';
		if (*text == '\\')
			fputs("\\e", out);
		else
			fputc(*text, out);
		if (starts)
			fputc('\n', out), text++;
	}
	fputc('\n', out);
}
