/* SPDX-License-Identifier: Apache-2.0 */
#include "model/kind.h"

#include <assert.h>

const char *packet_kind_name(enum packet_kind kind)
{
	static const char *const names[] = {
#define KIND(id, name) name,
#include "model/kind.def"
#undef KIND
	};

	assert((unsigned)kind < KIND_COUNT);
	return names[kind];
}

const char *behaviour_name(enum behaviour b)
{
	static const char *const names[] = {
#define BEHAVIOUR(id, name) name,
#include "model/behaviour.def"
#undef BEHAVIOUR
	};

	assert((unsigned)b < BEHAVIOUR_COUNT);
	return names[b];
}

const char *skip_name(enum skip_reason reason)
{
	static const char *const names[] = {
#define SKIP(id, name) name,
#include "model/skip.def"
#undef SKIP
	};

	assert((unsigned)reason < SKIP_COUNT);
	return names[reason];
}

const char *mark_name(enum mark mark)
{
	static const char *const names[] = {
#define MARK(id, name) name,
#include "model/tool.def"
#undef MARK
	};

	assert((unsigned)mark < MARK_COUNT);
	return names[mark];
}

static const struct {
	const char *name;
	int chance_log2;
	bool weak;
} tools[] = {
#define TOOL(id, name, chance_log2, weak) {name, chance_log2, weak},
#include "model/tool.def"
#undef TOOL
};

const char *tool_name(enum tool tool)
{
	assert((unsigned)tool < TOOL_COUNT);
	return tools[tool].name;
}

int tool_chance_log2(enum tool tool)
{
	assert((unsigned)tool < TOOL_COUNT);
	return tools[tool].chance_log2;
}

bool tool_is_weak(enum tool tool)
{
	assert((unsigned)tool < TOOL_COUNT);
	return tools[tool].weak;
}
