/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The closed vocabularies: packet kinds, source behaviours, tools, skip reasons.
 * Names are part of the JSON interface. Tables live in the .def files.
 */
#ifndef MODEL_KIND_H
#define MODEL_KIND_H

#include <stdbool.h>
#include <stdint.h>

enum packet_kind {
#define KIND(id, name) KIND_##id,
#include "model/kind.def"
#undef KIND
	KIND_COUNT
};

enum behaviour {
#define BEHAVIOUR(id, name) BEHAVIOUR_##id,
#include "model/behaviour.def"
#undef BEHAVIOUR
	BEHAVIOUR_COUNT
};

enum skip_reason {
#define SKIP(id, name) SKIP_##id,
#include "model/skip.def"
#undef SKIP
	SKIP_COUNT
};

/* Bit numbers of the marks in a row's `marks`. */
enum mark {
#define MARK(id, name) MARK_##id,
#include "model/tool.def"
#undef MARK
	MARK_COUNT
};

enum tool {
#define TOOL(id, name, chance_log2, weak) TOOL_##id,
#include "model/tool.def"
#undef TOOL
	TOOL_COUNT
};

#define MARK_BIT(id) ((uint8_t)(1u << MARK_##id))

/* Hints that a source address may be forged; bits of `signs`. 30-detection section 3. */
enum sign {
	SIGN_BOGON_SOURCE = 1 << 0,  /* RFC 6890 space that cannot be a source on the Internet */
	SIGN_ODD_SOURCE = 1 << 1,    /* IPv4 source ends in .0 or .255 */
	SIGN_SELF = 1 << 2,          /* source equals destination */
	SIGN_PORT_ZERO = 1 << 3,     /* a TCP or UDP port is 0 */
	SIGN_RESERVED_BITS = 1 << 4, /* IPv4 reserved flag or TCP reserved bits set */
	SIGN_TTL_VARIES = 1 << 8,    /* within one row the field took several values */
	SIGN_PEER_PORT_VARIES = 1 << 9,
	SIGN_FINGERPRINT_VARIES = 1 << 10, /* IP length, TCP window or options */
	SIGN_IP_ID_VARIES = 1 << 11,
	SIGN_NOT_CONFICKER = 1 << 12, /* a target has its 2nd or 4th octet >= 128 */
	SIGN_REPEATED = 1 << 13,      /* a SYN came twice in a row with the same sequence number */
	SIGN_LONG_PATH = 1 << 14,     /* a TTL above 200 */
};

const char *packet_kind_name(enum packet_kind kind);
const char *behaviour_name(enum behaviour b);
const char *tool_name(enum tool tool);
const char *mark_name(enum mark mark);
const char *skip_name(enum skip_reason reason);

/* log2 of the chance that a foreign packet matches; 0: no chance model. */
int tool_chance_log2(enum tool tool);
/* True where the label says only that the source looks like the tool. */
bool tool_is_weak(enum tool tool);

#endif
