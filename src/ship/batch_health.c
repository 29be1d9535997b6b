/* SPDX-License-Identifier: Apache-2.0 */
#include "ship/batch_health.h"

#include "ship/varint.h"

#include <string.h>

enum health_field {
#define COUNT(number, field, type) FIELD_##field = (number),
#define SIGNED(number, field)      FIELD_##field = (number),
#define TEXT(number, field)        FIELD_##field = (number),
#include "ship/batch_health.def"
#undef COUNT
#undef SIGNED
#undef TEXT
};

static uint8_t *put_stream(uint8_t *at, enum health_field number, const void *bytes, size_t n)
{
	if (n == 0)
		return at;
	*at++ = (uint8_t)number;
	for (int i = 0; i < 4; i++)
		*at++ = (uint8_t)(n >> 8 * i);
	memcpy(at, bytes, n);
	return at + n;
}

static uint8_t *put_count(uint8_t *at, enum health_field number, uint64_t value)
{
	uint8_t bytes[VARINT_BYTES_MAX];

	return put_stream(at, number, bytes,
	                  value ? (size_t)(varint_put(bytes, value) - bytes) : 0);
}

size_t batch_health_put(const struct window_health *health, uint8_t out[BATCH_HEALTH_MAX])
{
	uint8_t *at = out;

#define COUNT(number, field, type) at = put_count(at, FIELD_##field, health->field);
#define SIGNED(number, field) \
	at = put_count(at, FIELD_##field, batch_fold((uint64_t)health->field));
#define TEXT(number, field)                               \
	at = put_stream(at, FIELD_##field, health->field, \
	                strnlen(health->field, sizeof(health->field) - 1));
#include "ship/batch_health.def"
#undef COUNT
#undef SIGNED
#undef TEXT
	return (size_t)(at - out);
}

static bool get_text(struct cursor *c, char *out, size_t size)
{
	size_t n = cursor_left(c);

	if (n >= size)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (c->at[i] < 0x20 || c->at[i] > 0x7e)
			return false;
	}
	memcpy(out, cursor_take(c, n), n);
	out[n] = '\0';
	return true;
}

/* One stream into its field. */
static bool get_field(struct window_health *health, unsigned number, struct cursor *c)
{
	uint64_t value;

	switch (number) {
#define COUNT(number, field, type)           \
	case FIELD_##field:                  \
		value = varint_next(c);      \
		health->field = (type)value; \
		return !c->failed && cursor_left(c) == 0 && health->field == value;
#define SIGNED(number, field)                                   \
	case FIELD_##field:                                     \
		health->field = (int64_t)varint_next_signed(c); \
		return !c->failed && cursor_left(c) == 0;
#define TEXT(number, field) \
	case FIELD_##field: \
		return get_text(c, health->field, sizeof(health->field));
#include "ship/batch_health.def"
#undef COUNT
#undef SIGNED
#undef TEXT
	default:
		return true;
	}
}

bool batch_health_get(struct window_health *health, const uint8_t *bytes, size_t n)
{
	struct cursor c = cursor_over(bytes, n);
	uint8_t seen[256] = {0};

	*health = (struct window_health){0};
	while (cursor_left(&c) > 0) {
		unsigned number = cursor_u8(&c);
		uint32_t length = cursor_le32(&c);
		const uint8_t *at = cursor_take(&c, length);
		struct cursor field;

		if (c.failed || seen[number]++)
			return false;
		field = cursor_over(at, length);
		if (!get_field(health, number, &field))
			return false;
	}
	return true;
}
