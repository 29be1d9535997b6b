/* SPDX-License-Identifier: Apache-2.0 */
/* What encoder and decoder of store/native.h share. Internal to store/. */
#ifndef STORE_NATIVE_TYPE_H
#define STORE_NATIVE_TYPE_H

#include "store/native.h"

#include <stdbool.h>

struct native_kind {
	const char *name;
	uint32_t bytes; /* of a value; 0: see native_types.def */
	char form;      /* U, I, F, T */
};

const struct native_kind *native_kind(enum native_type type);

/* Room for n bytes more; false: no memory. */
bool native_buffer_reserve(struct native_buffer *b, size_t n);

#endif
