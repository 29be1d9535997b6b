/* SPDX-License-Identifier: Apache-2.0 */
#include "store/engine_error.h"

#include <stdlib.h>
#include <string.h>

enum { MESSAGE_MAX = 380, DIGITS_MAX = 6 };

static const struct {
	int code;
	enum status status;
} refusals[] = {
#define REFUSAL(code, name) {(code), STATUS_##name},
#include "store/engine_error.def"
#undef REFUSAL
};

enum status engine_error_status(int code)
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		if (refusals[i].code == code)
			return refusals[i].status;
	}
	return STATUS_IO;
}

static int parse_code(const char *at, const char *end)
{
	int code = 0;

	for (int i = 0; at < end && i < DIGITS_MAX && *at >= '0' && *at <= '9'; i++)
		code = code * 10 + (*at++ - '0');
	return code;
}

int engine_error_find(const char *bytes, size_t n, const char **message)
{
	static const char mark[] = "Code: ", name[] = "DB::Exception";
	const char *at = bytes, *end = bytes + n, *found;
	int code = 0;

	*message = NULL;
	while (n > 0 && (at = memmem(at, (size_t)(end - at), mark, strlen(mark)))) {
		at += strlen(mark);
		found = memmem(at, (size_t)(end - at), name, strlen(name));
		if (!found || found - at > 64) /* ", e.displayText() = " stands between at most */
			continue;
		code = parse_code(at, end);
		found += strlen(name);
		while (found < end && (*found == ':' || *found == ' '))
			found++;
		*message = found;
	}
	return code;
}

enum status engine_error_explain(const char *where, const char *bytes, size_t n, int *code,
                                 struct trouble *t)
{
	const char *message = NULL;
	char text[MESSAGE_MAX + 1] = "";
	size_t length = 0;
	int found = engine_error_find(bytes, n, &message);
	enum status st;

	*code = found ? found : *code;
	st = engine_error_status(*code);
	if (!message)
		message = bytes;
	n -= (size_t)(message - bytes);
	for (; length < MESSAGE_MAX && length < n; length++) {
		unsigned char c = (unsigned char)message[length];

		text[length] = c < 0x20 || c == 0x7f ? ' ' : (char)c;
	}
	while (length > 0 && text[length - 1] == ' ')
		length--;
	text[length] = '\0';
	return trouble_set(t, st, where, 0, "ClickHouse refused (code %d): %s", *code, text);
}
