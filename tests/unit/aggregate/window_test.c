/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of the open window: keys, growth, reset, and what a row remembers of its packets. */
#include "aggregate/window.h"
#include "aggregate/classify.h"

#include "tap.h"

#include "made.h"

static struct window *fresh(void)
{
	struct window *w = NULL;

	if (window_new(&w, 42))
		abort();
	return w;
}

static uint64_t key_for(const struct packet *p, enum packet_kind kind)
{
	uint16_t port = kind == KIND_BACKSCATTER ? p->src_port : p->dst_port;

	return row_key(p->src32, port, false, proto_class(p->proto), kind, 0);
}

static struct row *add(struct window *w, const struct packet *p, enum packet_kind kind,
                       uint32_t offset_us)
{
	uint64_t key = key_for(p, kind);

	made_add(w, key, p, offset_us, window_destination(42, p));
	for (uint32_t i = 0; i < w->count; i++) {
		if (w->rows[w->used[i]].key == key)
			return &w->rows[w->used[i]];
	}
	return NULL;
}

static void test_key(void)
{
	static const uint8_t protos[] = {1, 6, 17, 58, 47};

	for (size_t i = 0; i < sizeof(protos); i++) {
		enum proto_class class = proto_class(protos[i]);
		uint16_t port = class == CLASS_OTHER ? protos[i] : 0xabcd;
		uint64_t key = row_key(0xfedcba98, port, i & 1, class, KIND_OUTBOUND, 0xff);

		CHECK(key_source(key) == 0xfedcba98 && key_port(key) == port);
		CHECK(key_is_v6(key) == (i & 1) && key_class(key) == class);
		CHECK(key_kind(key) == KIND_OUTBOUND && key_marks(key) == 0xff);
		CHECK_U64(key_proto(key), protos[i]);
	}
	CHECK(row_key(0, 0, false, CLASS_ICMP, KIND_SCAN, 0) != 0); /* 0 is an empty slot */
}

enum { SOURCES = 5000 };

/* Thousands of rows through several doublings, each with its own count; then all again. */
static void test_growth(void)
{
	struct window *w = fresh();
	size_t bytes = 0;

	for (int round = 0; round < 3; round++) {
		bool right = true;
		uint64_t sum = 0;

		for (uint32_t i = 0; i < SOURCES * 3; i++) {
			uint32_t source = i % SOURCES;
			struct packet p = made_syn(source, i, 1000, (uint16_t)(source % 7));
			uint64_t key = key_for(&p, KIND_SCAN);

			made_add(w, key, &p, i, window_destination(42, &p));
		}
		CHECK_U64(w->count, SOURCES);
		for (uint32_t i = 0; i < w->count; i++) {
			const struct row *row = &w->rows[w->used[i]];

			/* in the order of arrival */
			right &= key_source(row->key) == i && key_port(row->key) == i % 7 &&
			         row->packets == 3 && row->distinct == 3 && row->first_us == i &&
			         row->last_us == i + 2 * SOURCES && row->bytes == 180;
			sum += row->packets;
		}
		CHECK(right);
		CHECK_U64(sum, SOURCES * 3);
		CHECK(round == 0 || window_bytes(w) == bytes);
		bytes = window_bytes(w);
		window_reset(w);
		CHECK_U64(w->count, 0);
	}
	window_free(w);
}

/* Samples that looked for their rows long before they are counted: the rows of others came in
 * between, theirs too, and the table doubled. */
static void test_stale_seek(void)
{
	struct window *w = fresh();
	static struct sample samples[SOURCES * 2];
	bool right = true;

	for (uint32_t i = 0; i < SOURCES * 2; i++) {
		samples[i] = (struct sample){
		        .key = row_key(i / 2, 80, false, CLASS_TCP, KIND_SCAN, 0),
		        .destination = i,
		};
		window_aim(w, &samples[i]);
		window_seek(w, &samples[i]);
	}
	for (uint32_t i = 0; i < SOURCES * 2; i++) {
		window_prefetch_block(w, &samples[i]);
		right &= window_add(w, &samples[i]);
	}
	CHECK(right);
	CHECK_U64(w->count, SOURCES);
	for (uint32_t i = 0; i < w->count; i++) {
		const struct row *row = &w->rows[w->used[i]];

		right &= key_source(row->key) == i && row->packets == 2 && row->distinct == 2;
	}
	CHECK(right);
	window_free(w);
}

static void test_v6(void)
{
	struct window *w = fresh();
	bool right = true;

	for (int round = 0; round < 2; round++) {
		for (uint32_t i = 0; i < 1000; i++) {
			struct addr a = made_v6(i);

			right &= window_v6_number(w, &a) == i;
			a = made_v6(i / 2);
			right &= window_v6_number(w, &a) == i / 2;
		}
		for (uint32_t i = 0; i < 1000; i++) {
			struct addr a = made_v6(i),
			            b = window_source(w,
			                              row_key(i, 1, true, CLASS_TCP, KIND_SCAN, 0));

			right &= addr_compare(&a, &b) == 0;
		}
		CHECK_U64(w->v6_count, 1000);
		window_reset(w);
	}
	CHECK(right);
	window_free(w);
}

/* What varies is said to vary, what does not is not; destinations are counted. */
static void test_signs(void)
{
	struct window *w = fresh();
	struct packet p = made_syn(0x2d000001, 0xc6120001, 5555, 22);
	struct row *row = add(w, &p, KIND_SCAN, 5);
	const uint16_t vary = SIGN_TTL_VARIES | SIGN_PEER_PORT_VARIES | SIGN_FINGERPRINT_VARIES |
	                      SIGN_IP_ID_VARIES | SIGN_REPEATED;

	CHECK_U64(row->signs & vary, 0);
	CHECK_U64(row->peer_id >> 16, 5555);
	p.dst32++;
	p.seq++;
	row = add(w, &p, KIND_SCAN, 3);
	CHECK_U64(row->signs & vary, 0);
	CHECK(row->first_us == 3 && row->last_us == 5);
	row = add(w, &p, KIND_SCAN, 9); /* the same sequence number again */
	CHECK_U64(row->signs & vary, SIGN_REPEATED);
	p.src_port++;
	row = add(w, &p, KIND_SCAN, 9);
	CHECK(row->signs & SIGN_PEER_PORT_VARIES);
	p.ttl = 60;
	row = add(w, &p, KIND_SCAN, 9);
	CHECK(row->ttl_min == 50 && row->ttl_max == 60);
	CHECK((row_signs(row) & (SIGN_TTL_VARIES | SIGN_LONG_PATH)) == SIGN_TTL_VARIES);
	p.ip_id++;
	row = add(w, &p, KIND_SCAN, 9);
	CHECK(row->signs & SIGN_IP_ID_VARIES && (row->peer_id & 0xffff) == 7);
	CHECK(!(row->signs & SIGN_FINGERPRINT_VARIES));
	p.tcp_window = 1;
	row = add(w, &p, KIND_SCAN, 9);
	CHECK(row->signs & SIGN_FINGERPRINT_VARIES && (uint16_t)(row->fingerprint >> 16) == 29200);
	p.reserved_bits = true;
	p.tcp_flags = TCP_SYN | TCP_URG;
	row = add(w, &p, KIND_SCAN, 9);
	CHECK(row->signs & SIGN_RESERVED_BITS && row->tcp_flags == (TCP_SYN | TCP_URG));
	CHECK_U64(row->packets, 8);
	CHECK_U64(row->distinct, 2);
	window_free(w);
}

static void test_source_signs(void)
{
	static const struct {
		uint32_t source;
		uint16_t signs;
	} rows[] = {
	        {0x08080808, 0},
	        {0x08080800, SIGN_ODD_SOURCE},
	        {0x080808ff, SIGN_ODD_SOURCE},
	        {0x0a010203, SIGN_BOGON_SOURCE},
	        {0xe0000001, SIGN_BOGON_SOURCE},
	        {0xffffffff, SIGN_BOGON_SOURCE | SIGN_ODD_SOURCE},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct window *w = fresh();
		struct packet p = made_syn(rows[i].source, 0x2d000001, 5555, 22);
		const struct row *row = add(w, &p, KIND_SCAN, 5);

		CHECK_U64(row->signs & (SIGN_ODD_SOURCE | SIGN_BOGON_SOURCE), rows[i].signs);
		window_free(w);
	}
}

/* A row keeps its first packet's fingerprint and says that others differ; the commonest one is
 * found where rows merge (sources). */
static void test_first_fingerprint(void)
{
	struct prng r;

	prng_init(&r, 6);
	for (int round = 0; round < 50; round++) {
		struct window *w = fresh();
		struct row *row = NULL;
		uint16_t first = (uint16_t)(40 + prng_below(&r, 4));
		bool differs = false;

		for (uint32_t i = 0; i < 9; i++) {
			struct packet p = made_syn(1, i, 1, 23);

			p.ip_len = i == 0 ? first : (uint16_t)(40 + prng_below(&r, 2));
			differs |= p.ip_len != first;
			row = add(w, &p, KIND_SCAN, i);
		}
		CHECK(row && (uint16_t)row->fingerprint == first);
		CHECK(row && !(row->signs & SIGN_FINGERPRINT_VARIES) == !differs);
		window_free(w);
	}
}

/* Unicorn keeps seq ^ src ^ (sport << 16) + dport while seq changes. */
static void test_unicorn(void)
{
	struct window *w = fresh();
	struct row *row = NULL;
	struct prng r;

	prng_init(&r, 7);
	for (uint32_t i = 0; i < 50; i++) {
		struct packet p = made_syn(0x01020304, i, (uint16_t)prng_u32(&r), 23);

		p.seq = 0xdeadbeef ^ p.src32 ^ (((uint32_t)p.src_port << 16) + p.dst_port);
		row = add(w, &p, KIND_SCAN, i);
		if (i == 5)
			row = add(w, &p, KIND_SCAN, i); /* a repeat proves nothing */
	}
	CHECK_U64(row->unicorn, 50);
	CHECK_U64(row->unicorn_key, 0xdeadbeef);
	window_reset(w);
	for (uint32_t i = 0; i < 200; i++) {
		struct packet p = made_syn(0x01020304, i, (uint16_t)prng_u32(&r), 23);

		p.seq = prng_u32(&r);
		row = add(w, &p, KIND_SCAN, i);
	}
	CHECK(row->unicorn <= 1);
	window_reset(w);
	for (uint32_t i = 0; i < 100; i++) { /* one SYN, sent over and over */
		struct packet p = made_syn(0x01020304, 9, 1000, 23);

		row = add(w, &p, KIND_SCAN, i);
	}
	CHECK_U64(row->unicorn, 1);
	window_free(w);
}

/* For backscatter the other side is the port that was forged. */
static void test_peer_port(void)
{
	struct window *w = fresh();
	struct packet p = made_answer(0x01020304, 9, 443, 0);
	const struct row *row = add(w, &p, KIND_BACKSCATTER, 0);

	CHECK_U64(row->peer_id >> 16, 40000);
	CHECK_U64(key_port(row->key), 443);
	p.dst_port++;
	row = add(w, &p, KIND_BACKSCATTER, 0);
	CHECK(row->signs & SIGN_PEER_PORT_VARIES);
	CHECK_U64(w->count, 1);
	window_free(w);
}

static void test_destination(void)
{
	struct packet a = made_syn(1, 5, 1, 2), b = made_syn(1, 6, 1, 2);

	CHECK(window_destination(1, &a) != window_destination(1, &b));
	CHECK(window_destination(1, &a) != window_destination(2, &a));
	a.v6 = b.v6 = true;
	a.dst = made_v6(1);
	b.dst = made_v6(2);
	CHECK(window_destination(1, &a) != window_destination(1, &b));
	b.dst = a.dst;
	CHECK(window_destination(1, &a) == window_destination(1, &b));
}

int main(void)
{
	test_key();
	test_growth();
	test_stale_seek();
	test_v6();
	test_signs();
	test_source_signs();
	test_first_fingerprint();
	test_unicorn();
	test_peer_port();
	test_destination();
	window_free(NULL);
	return tap_done();
}
