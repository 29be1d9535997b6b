/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/label.h"
#include "intake/ledger.h"
#include "model/packet.h"
#include "tap.h"

static void test_highest(struct ledger *l)
{
	bool known;

	CHECK(ledger_highest(l, 1, 9, &known) == 0 && !known);
	CHECK(ledger_raise(l, 1, 9, 5, false) == STATUS_OK);
	CHECK(ledger_raise(l, 1, 9, 4, true) == STATUS_OK);
	CHECK(ledger_highest(l, 1, 9, &known) == 5 && known);
	CHECK(ledger_highest(l, 2, 9, &known) == 0 && !known);
	CHECK(ledger_highest(l, 1, 8, &known) == 0 && !known);
}

/* What the store has may be forgotten, the rest never. */
static void test_bound(struct ledger *l)
{
	unsigned lost = 0;
	bool known;

	for (uint32_t i = 0; i < 2 * LEDGER_KEPT; i++) {
		if (ledger_raise(l, 3, i + 100, 7, i % 2 == 0))
			lost++;
	}
	CHECK(ledger_count(l) < 2 * LEDGER_KEPT);
	for (uint32_t i = 1; i < 2 * LEDGER_KEPT; i += 2)
		lost += ledger_highest(l, 3, i + 100, &known) != 7;
	CHECK(lost == 0);
	CHECK(ledger_highest(l, 1, 9, &known) == 5);
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
