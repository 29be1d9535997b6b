/* SPDX-License-Identifier: Apache-2.0 */
/* What is kept of each source: merged rows, its set of ports, folding within a budget. */
#include "aggregate/sources.h"

#include "aggregate/ports.h"

#include "tap.h"

#include "made.h"

static struct window *window;

/* One closed row of n packets from `source` to `port`. */
static const struct row *made_row(uint32_t source, uint16_t port, uint32_t n)
{
	struct packet p = made_syn(source, 0, 1000, port);
	uint64_t key = row_key(source, port, false, CLASS_TCP, KIND_SCAN, 0);

	window_reset(window);
	for (uint32_t i = 0; i < n; i++) {
		p.dst32 = i;
		p.seq = i * 977 + port;
		made_add(window, key, &p, i, window_destination(1, &p));
	}
	return &window->rows[window->used[0]];
}

static struct source_entry *entry_of(struct sources *s, uint32_t source)
{
	struct addr a = addr_v4(source);
	struct source_entry *e = sources_find(s, &a, source_hash(&a));

	if (!e)
		abort();
	return e;
}

static bool merge(struct sources *s, uint32_t source, uint16_t port, uint32_t n)
{
	bool new_port;

	if (sources_merge(s, entry_of(s, source), window, made_row(source, port, n), 0, &new_port))
		abort();
	return new_port;
}

struct tally {
	uint32_t ports;
	uint64_t packets;
	uint8_t seen[65536];
	bool right;
};

static void tally_port(void *state, const struct source_port_count *port)
{
	struct tally *t = state;
	uint8_t proto, kind;
	uint16_t number;

	port_key_parts(port->key, &proto, &kind, &number);
	t->ports++;
	t->packets += port->packets;
	t->right &= proto == PROTO_TCP && kind == KIND_SCAN && !t->seen[number];
	t->seen[number] = 1;
}

/* Through every size class up to all ports there are, each counted once and exactly. */
static void test_port_growth(void)
{
	static struct tally t;
	struct sources s;
	struct source_entry *e;
	bool fresh = true;

	CHECK(sources_init(&s, 1u << 30) == STATUS_OK);
	e = entry_of(&s, 9);
	for (uint32_t i = 0; i < 65536; i++) {
		uint16_t port = (uint16_t)(i * 40503u);

		fresh &= merge(&s, 9, port, 1);
		fresh &= !merge(&s, 9, port, 2);
		if ((i & (i + 1)) == 0 || i == 5 || i == 40000) {
			memset(&t, 0, sizeof(t));
			t.right = true;
			sources_ports(&s, e, tally_port, &t);
			CHECK(t.right && t.ports == i + 1 && t.packets == 3 * (i + 1));
		}
	}
	CHECK(fresh);
	CHECK_U64(e->port_count, 65536);
	CHECK_U64(e->packets, 3 * 65536);
	for (int i = 0; i < PORT_CLASSES; i++)
		CHECK(slab_live(&s.ports[i]) <= 1); /* blocks of smaller classes went back */
	sources_clear(&s);
}

/* More (protocol, port, kind) than one protocol has ports. */
static void test_70000(void)
{
	struct sources s;
	struct packet p = made_syn(9, 0, 1, 0);
	struct source_entry *e;
	bool ok = true;

	CHECK(sources_init(&s, 1u << 30) == STATUS_OK);
	e = entry_of(&s, 9);
	for (uint32_t i = 0; i < 70000; i++) {
		uint64_t key = row_key(9, (uint16_t)i, false, i >> 16 ? CLASS_UDP : CLASS_TCP,
		                       KIND_SCAN, 0);
		bool new_port;

		window_reset(window);
		made_add(window, key, &p, 0, i);
		ok &= !sources_merge(&s, e, window, &window->rows[window->used[0]], 0, &new_port);
		ok &= new_port;
	}
	CHECK(ok);
	CHECK_U64(e->port_count, 70000);
	sources_clear(&s);
}

static void test_facts(void)
{
	struct sources s;
	struct source facts;

	CHECK(sources_init(&s, 1u << 20) == STATUS_OK);
	for (uint16_t port = 0; port < 20; port++)
		merge(&s, 0x08080808, port, port == 7 ? 50 : port == 3 ? 9 : 1);
	merge(&s, 0x08080808, 445, 5);
	sources_facts(&s, entry_of(&s, 0x08080808), &facts);
	CHECK_U64(facts.packets, 18 + 50 + 9 + 5);
	CHECK_U64(facts.bytes, 60 * facts.packets);
	CHECK_U64(facts.syns, facts.packets);
	CHECK_U64(facts.kinds[KIND_SCAN], facts.packets);
	CHECK_U64(facts.ports, 21);
	CHECK_U64(facts.top_port_count, SOURCE_PORTS);
	CHECK(facts.top_ports[0].port == 7 && facts.top_ports[0].packets == 50);
	CHECK(facts.top_ports[1].port == 3 && facts.top_ports[2].port == 445);
	CHECK(facts.top_ports[3].port == 0 && facts.top_ports[4].port == 1); /* then by number */
	CHECK(facts.top_ports[9].port == 8);
	CHECK(facts.top_ports[0].proto == PROTO_TCP && facts.top_ports[0].kind == KIND_SCAN);
	CHECK(facts.ttl_min == 50 && facts.ttl_max == 50 && facts.tcp_window == 29200);
	CHECK_NEAR(facts.destinations, 50, 7);
	CHECK(!facts.destinations_exact);
	CHECK(facts.syn445_destinations == 5);
	CHECK_U64(facts.signs & SIGN_IP_ID_VARIES, 0);
	sources_clear(&s);
}

/* Rows of one source with different fingerprints: the majority wins, and it is told. */
static void test_fingerprint(void)
{
	struct sources s;
	struct source_entry *e;
	struct row row;
	bool new_port;

	CHECK(sources_init(&s, 1u << 20) == STATUS_OK);
	e = entry_of(&s, 5);
	for (uint16_t i = 0; i < 9; i++) {
		row = *made_row(5, i, 1);
		row.fingerprint = i % 3 == 1 ? 48 : 52;
		row.ttl_min = row.ttl_max = (uint8_t)(i < 8 ? 50 : 51);
		if (sources_merge(&s, e, window, &row, 0, &new_port))
			abort();
		if (i == 0)
			CHECK_U64(e->signs & (SIGN_FINGERPRINT_VARIES | SIGN_TTL_VARIES), 0);
	}
	CHECK_U64(e->fingerprint, 52);
	CHECK(e->signs & SIGN_FINGERPRINT_VARIES);
	CHECK(e->signs & SIGN_TTL_VARIES);
	sources_clear(&s);
}

/* Signs that a row's packets show only together reach the source. */
static void test_ttl_signs(void)
{
	static const struct {
		uint8_t first, second;
		uint16_t signs;
	} rows[] = {{50, 50, 0},
	            {200, 200, 0},
	            {201, 201, SIGN_LONG_PATH},
	            {60, 61, SIGN_TTL_VARIES},
	            {50, 255, SIGN_LONG_PATH | SIGN_TTL_VARIES}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t key = row_key(5, 23, false, CLASS_TCP, KIND_SCAN, 0);
		struct packet p = made_syn(5, 1, 1000, 23);
		struct source facts;
		struct sources s;
		bool new_port;

		CHECK(sources_init(&s, 1u << 20) == STATUS_OK);
		window_reset(window);
		p.ttl = rows[i].first;
		made_add(window, key, &p, 0, 1);
		p.ttl = rows[i].second;
		made_add(window, key, &p, 0, 1);
		CHECK(sources_merge(&s, entry_of(&s, 5), window, &window->rows[window->used[0]], 0,
		                    &new_port) == STATUS_OK);
		sources_facts(&s, entry_of(&s, 5), &facts);
		CHECK_U64(facts.signs & (SIGN_LONG_PATH | SIGN_TTL_VARIES), rows[i].signs);
		sources_clear(&s);
	}
}

static void test_times(void)
{
	struct sources s;
	struct source_entry *e;
	bool new_port;

	CHECK(sources_init(&s, 1u << 20) == STATUS_OK);
	e = entry_of(&s, 5);
	if (sources_merge(&s, e, window, made_row(5, 1, 3), 600 * MADE_SECOND / 1000, &new_port) ||
	    sources_merge(&s, e, window, made_row(5, 1, 3), 60 * MADE_SECOND / 1000, &new_port))
		abort();
	CHECK_U64(e->first_us * 1000, 60 * MADE_SECOND);
	CHECK_U64(e->last_us * 1000, 600 * MADE_SECOND + 2000);
	sources_clear(&s);
}

enum { MANY = 30000, BUDGET = 2 << 20 };

static uint32_t size_of(uint32_t source)
{
	return 1 + source * 2654435761u % 50;
}

static void totals(const struct sources *s, uint64_t *packets, uint32_t *smallest, uint32_t *count)
{
	*packets = s->folded_packets;
	*smallest = UINT32_MAX;
	*count = 0;
	for (uint32_t i = 0; i < sources_room(s); i++) {
		const struct source_entry *e = sources_at(s, i);

		if (!e)
			continue;
		*packets += e->packets;
		*smallest = e->packets < *smallest ? (uint32_t)e->packets : *smallest;
		(*count)++;
	}
}

/* One fold: nothing is lost, and nobody who went was larger than anybody who stayed. */
static void test_fold(void)
{
	struct sources s;
	uint64_t packets, sum = 0;
	uint32_t smallest, count, gone_largest = 0;

	CHECK(sources_init(&s, 1u << 30) == STATUS_OK);
	for (uint32_t i = 1; i <= 2000; i++) {
		merge(&s, i, (uint16_t)i, size_of(i));
		merge(&s, i, (uint16_t)(i + 1), 1);
		merge(&s, i, (uint16_t)(i + 2), 1);
		sum += size_of(i) + 2;
	}
	CHECK(sources_fold(&s) == STATUS_OK);
	totals(&s, &packets, &smallest, &count);
	CHECK_U64(packets, sum);
	CHECK_U64(s.folded_kinds[KIND_SCAN], s.folded_packets);
	CHECK_U64(count, 1000);
	CHECK_U64(s.count, 1000);
	CHECK_U64(s.folded_sources, 1000);
	for (uint32_t i = 1; i <= 2000; i++) {
		uint32_t before = s.count;
		const struct source_entry *e = entry_of(&s, i);

		if (s.count == before && e->packets != size_of(i) + 2)
			CHECK(false);
		if (s.count != before && size_of(i) + 2 > gone_largest)
			gone_largest = size_of(i) + 2;
	}
	CHECK_U64(s.count, 2000); /* a folded source that comes back is a new one */
	CHECK(gone_largest && gone_largest <= smallest);
	sources_clear(&s);
}

/* Far more sources than the budget holds, folded as a shard does it between windows. */
static void test_budget(void)
{
	struct sources s;
	uint64_t packets, sum = 0;
	uint32_t smallest, count;
	size_t most = 0;

	CHECK(sources_init(&s, BUDGET) == STATUS_OK);
	for (uint32_t i = 1; i <= MANY; i++) {
		uint32_t source = i % 1000 == 0 ? 0x01010101 : i;

		merge(&s, source, (uint16_t)i, size_of(i));
		sum += size_of(i);
		most = sources_bytes(&s) > most ? sources_bytes(&s) : most;
		if (sources_over_budget(&s)) {
			CHECK(sources_fold(&s) == STATUS_OK);
			CHECK(!sources_over_budget(&s));
		}
	}
	totals(&s, &packets, &smallest, &count);
	CHECK_U64(packets, sum);
	CHECK(s.folded_sources > 0 && count == s.count);
	CHECK(most < BUDGET + BUDGET / 4);
	CHECK_U64(entry_of(&s, 0x01010101)->port_count, MANY / 1000); /* the biggest stayed */
	sources_clear(&s);
}

/* One source that asks for every port, with little memory: the ports that fit are exact, the
 * others are counted, and its packets are all there. */
static void test_port_budget(void)
{
	static struct tally t = {.right = true};
	struct sources s;
	struct source_entry *e;
	size_t held = 0;

	CHECK(sources_init(&s, 1 << 20) == STATUS_OK);
	for (uint32_t i = 0; i < 65536; i++)
		merge(&s, 9, (uint16_t)i, 1);
	CHECK(!merge(&s, 9, 5, 1));     /* one that it has */
	CHECK(!merge(&s, 9, 65535, 1)); /* one that found no room */
	e = entry_of(&s, 9);
	sources_ports(&s, e, tally_port, &t);
	CHECK(t.right && t.ports == e->port_count && t.ports >= 10000);
	CHECK_U64(e->packets, 65538);
	CHECK_U64(t.packets + s.folded_ports, 65538);
	CHECK(sources_bytes(&s) <= (1 << 20) / 4);
	CHECK(sources_fold(&s) == STATUS_OK); /* gives back what the smaller tables took */
	for (int i = 0; i < PORT_CLASSES; i++)
		held += slab_bytes(&s.ports[i]);
	CHECK(held <= (1 << 20) / 6);
	CHECK_U64(s.count, 1);
	sources_clear(&s);
}

/* Entries are found again through many doublings of the table; IPv6 too. */
static void test_find(void)
{
	struct sources s;
	bool ok = true;

	CHECK(sources_init(&s, 1u << 30) == STATUS_OK);
	for (uint32_t i = 0; i < 20000; i++) {
		struct addr a = i % 2 ? made_v6(i) : addr_v4(i);
		struct source_entry *e = sources_find(&s, &a, source_hash(&a));

		ok &= e && e->packets == 0 && s.count == i + 1;
		e->packets = i + 1;
	}
	for (uint32_t i = 0; i < 20000; i++) {
		struct addr a = i % 2 ? made_v6(i) : addr_v4(i);
		const struct source_entry *e = sources_find(&s, &a, source_hash(&a));

		ok &= e && e->packets == i + 1 && addr_compare(&e->address, &a) == 0;
	}
	CHECK(ok);
	CHECK_U64(s.count, 20000);
	sources_clear(&s);
}

/* The unicorn constant holds over rows; a SYN repeated in the next window proves nothing. */
static void test_unicorn(void)
{
	struct sources s;
	struct source_entry *e;
	bool new_port;

	CHECK(sources_init(&s, 1u << 20) == STATUS_OK);
	e = entry_of(&s, 5);
	for (uint32_t i = 0; i < 30; i++) {
		struct row row = *made_row(5, (uint16_t)i, 1);

		row.seq = i / 3; /* each sequence number three times in a row */
		row.unicorn = 1;
		row.unicorn_key = 0x1234;
		if (sources_merge(&s, e, window, &row, 0, &new_port))
			abort();
	}
	CHECK_U64(e->unicorn, 10);
	CHECK_U64(e->unicorn_key, 0x1234);
	sources_clear(&s);
}

int main(void)
{
	if (window_new(&window, 1))
		abort();
	test_port_growth();
	test_70000();
	test_facts();
	test_fingerprint();
	test_ttl_signs();
	test_times();
	test_fold();
	test_budget();
	test_port_budget();
	test_find();
	test_unicorn();
	window_free(window);
	return tap_done();
}
