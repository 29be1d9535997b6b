/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/label.h"
#include "intake/ledger.h"
#include "model/packet.h"
#include "tap.h"

static void test_highest(struct ledger *l)
{
	CHECK(ledger_highest(l, 1, 9) == 0);
	CHECK(ledger_raise(l, 1, 9, 5) == STATUS_OK);
	CHECK(ledger_raise(l, 1, 9, 4) == STATUS_OK);
	CHECK(ledger_highest(l, 1, 9) == 5);
	CHECK(ledger_highest(l, 2, 9) == 0);
	CHECK(ledger_highest(l, 1, 8) == 0);
}

/* One that restarts for ever is stopped; the others are not. */
static void test_bound(struct ledger *l)
{
	unsigned wrong = 0;

	for (uint64_t boot = 100; boot < 100 + LEDGER_BOOTS_MAX; boot++)
		wrong += ledger_raise(l, 3, boot, boot) != STATUS_OK;
	for (uint64_t boot = 100; boot < 100 + LEDGER_BOOTS_MAX; boot++)
		wrong += ledger_highest(l, 3, boot) != boot;
	CHECK(wrong == 0);
	CHECK(ledger_room(l, 3, 1) == STATUS_LIMIT);
	CHECK(ledger_raise(l, 3, 1, 1) == STATUS_LIMIT);
	CHECK(ledger_raise(l, 3, 100, 7000) == STATUS_OK);
	CHECK(ledger_raise(l, 4, 1, 1) == STATUS_OK);
	CHECK(ledger_highest(l, 1, 9) == 5);
}

static void test_labels(void)
{
	struct flow row = {.kind = KIND_SCAN, .proto = PROTO_TCP, .port = 23, .packets = 1};

	CHECK(label_tool(&row) == TOOL_UNKNOWN);
	row.marks = MARK_BIT(MIRAI) | MARK_BIT(IRREGULAR);
	CHECK(label_tool(&row) == TOOL_MIRAI);
	row.marks = MARK_BIT(PAYLOAD);
	row.port = 80;
	CHECK(label_tool(&row) == TOOL_CODERED);
	row.proto = PROTO_UDP;
	row.port = 1434;
	CHECK(label_tool(&row) == TOOL_SLAMMER);
	row = (struct flow){.kind = KIND_SCAN, .proto = PROTO_TCP, .packets = 3, .unicorn = 3};
	CHECK(label_tool(&row) == TOOL_UNICORN);
	row.kind = KIND_BACKSCATTER;
	CHECK(label_tool(&row) == TOOL_UNKNOWN);
}

int main(void)
{
	struct ledger *l = NULL;

	if (!CHECK(ledger_new(&l) == STATUS_OK))
		return tap_done();
	test_highest(l);
	test_bound(l);
	test_labels();
	ledger_free(l);
	return tap_done();
}
