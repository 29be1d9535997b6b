/* SPDX-License-Identifier: Apache-2.0 */
#include "model/event.h"

#include "tap.h"

#include <stdlib.h>

static void ids_follow_from_what_it_is(void)
{
	uint64_t id = event_id("change", "23/tcp", 1767225600);

	CHECK(id == event_id("change", "23/tcp", 1767225600));
	CHECK(id != event_id("change", "23/tcp", 1767226200));
	CHECK(id != event_id("change", "23/udp", 1767225600));
	CHECK(id != event_id("chang", "e23/tcp", 1767225600));
}

static void facts_are_bounded(void)
{
	struct event e;
	char name[EVENT_NAME_MAX];

	event_init(&e, "change", "rise", "23/tcp", 600);
	event_number(&e, "z", 7);
	event_number(&e, "z", 8);
	CHECK_U64(e.fact_count, 1);
	CHECK_NEAR(e.facts[0].number, 8, 0);
	for (int i = 0; i < 2 * EVENT_FACTS; i++) {
		snprintf(name, sizeof(name), "f%d", i);
		event_text(&e, name, "x");
		event_reason(&e, "reason %d", i);
	}
	CHECK_U64(e.fact_count, EVENT_FACTS);
	CHECK_U64(e.reason_count, EVENT_REASONS);
}

static void json_is_whole(void)
{
	struct addr members[] = {addr_v4(0xc0000201)};
	struct event e, copy;
	struct json_out j;
	struct outfile *file = outfile_open_scratch("/tmp", 1 << 20);
	struct outfile_scratch out;

	if (!CHECK(file))
		return;
	event_init(&e, "change", "rise", "23/tcp", 600);
	e.members = members;
	e.member_count = 1;
	e.serial = 1;
	event_number(&e, "z", 7.5);
	event_text(&e, "tool", "mirai");
	event_reason(&e, "seen by %d sensors", 3);
	CHECK(event_copy(&copy, &e) == STATUS_OK);
	json_init(&j, file, 0);
	event_write(&j, &copy);
	event_clear(&copy);
	CHECK(outfile_take(file, &out) == STATUS_OK && out.bytes);
	CHECK(memmem(out.bytes, out.size, "\"evidence\":{\"z\":7.5,\"tool\":\"mirai\"}", 35));
	CHECK(memmem(out.bytes, out.size, "\"members\":[\"192.0.2.1\"]", 23));
	CHECK(memmem(out.bytes, out.size, "\"start\":\"1970-01-01T00:10:00Z\"", 30));
	free(out.bytes);
}

int main(void)
{
	ids_follow_from_what_it_is();
	facts_are_bounded();
	json_is_whole();
	return tap_done();
}
