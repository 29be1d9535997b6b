/* SPDX-License-Identifier: Apache-2.0 */
/* Each tool's header, decoded here by hand from the frame's bytes. */
#include "synth/model.h"

#include "model/packet.h"
#include "tap.h"

enum { ROUNDS = 200 };

struct header {
	uint32_t src, dst, seq, ack;
	uint16_t id, src_port, dst_port, window;
	uint8_t ttl, proto, flags;
	unsigned options; /* bytes */
	const uint8_t *at_options, *payload;
	unsigned payload_length;
};

static uint32_t be(const uint8_t *at, int n)
{
	uint32_t value = 0;

	while (n--)
		value = value << 8 | *at++;
	return value;
}

static struct header decode(const struct frame *f)
{
	const uint8_t *ip = f->bytes + 14, *l4 = ip + 20;
	struct header h = {
	        .src = be(ip + 12, 4),
	        .dst = be(ip + 16, 4),
	        .id = (uint16_t)be(ip + 4, 2),
	        .ttl = ip[8],
	        .proto = ip[9],
	        .src_port = (uint16_t)be(l4, 2),
	        .dst_port = (uint16_t)be(l4 + 2, 2),
	        .payload = l4 + 8,
	        .payload_length = (unsigned)f->length - 42,
	};

	CHECK_U64(f->length, 14 + be(ip + 2, 2));
	if (h.proto == PROTO_TCP) {
		h.seq = be(l4 + 4, 4);
		h.ack = be(l4 + 8, 4);
		h.flags = l4[13];
		h.window = (uint16_t)be(l4 + 14, 2);
		h.options = (l4[12] >> 4) * 4u - 20;
		h.at_options = l4 + 20;
	}
	return h;
}

/* A sender and its campaign, dressed. */
struct fixture {
	struct campaign campaign;
	struct sender sender;
	struct frame frame;
	struct shot shot;
};

static void dress(struct fixture *f, enum model_id model, uint64_t seed)
{
	*f = (struct fixture){.campaign = {.model = (int)model, .type = TYPE_MIRAI}};
	f->sender.campaign = &f->campaign;
	f->sender.address = addr_v4(0x2d010203);
	prng_init(&f->sender.random, seed);
	sender_dress(&f->sender);
}

/* The next packet, to a random target of 198.18.0.0/16 on a port. */
static struct header next(struct fixture *f, uint16_t port)
{
	const struct model *model = model_of(f->sender.model);

	f->shot = (struct shot){.src = f->sender.address, .dst_port = port, .proto = PROTO_TCP};
	f->shot.dst = addr_v4(0xc6120000 | prng_below(&f->sender.random, 65536));
	f->sender.sent++;
	model->open(&f->sender, &f->shot);
	model->write(&f->sender, &f->shot, &f->frame);
	return decode(&f->frame);
}

static void check_mirai(void)
{
	struct fixture f;
	struct header first, h;
	unsigned ids = 0;

	dress(&f, MODEL_MIRAI, 1);
	first = next(&f, 23);
	for (int i = 0; i < ROUNDS; i++) {
		h = next(&f, 23);
		CHECK(h.seq == h.dst && h.flags == TCP_SYN && h.options == 0);
		CHECK(h.ttl == first.ttl && h.window == first.window &&
		      h.src_port == first.src_port && h.src_port >= 1024);
		ids += h.id != first.id;
	}
	CHECK(ids > ROUNDS - 5);
	CHECK(first.ttl < 60 && first.ttl > 39);
	dress(&f, MODEL_MIRAI, 2);
	h = next(&f, 23);
	CHECK(h.window != first.window);
}

static void check_zmap(void)
{
	static const uint8_t windows[] = {2, 4, 5, 0xb4, 1, 3, 3, 8, 1, 1, 4, 2};
	struct fixture f;
	struct header h;
	unsigned fixed_ids = 0;

	dress(&f, MODEL_ZMAP, 3);
	h = next(&f, 443);
	CHECK(h.id == 54321 && h.window == 65535 && h.options == 0 && h.flags == TCP_SYN);
	CHECK(h.ttl > 200);
	dress(&f, MODEL_ZMAP_NEW, 3);
	for (int i = 0; i < ROUNDS; i++) {
		h = next(&f, 443);
		fixed_ids += h.id == 54321;
		CHECK(h.window == 65535 && h.options == 12 &&
		      memcmp(h.at_options, windows, 12) == 0);
	}
	CHECK(fixed_ids < 2);
}

static void check_masscan(void)
{
	static const uint8_t mss[] = {2, 4, 5, 0xb4};
	struct fixture f;

	for (int i = 0; i < ROUNDS; i++) {
		struct header h;

		dress(&f, i % 2 ? MODEL_MASSCAN : MODEL_MASSCAN_OLD, 4);
		h = next(&f, (uint16_t)(i * 300));
		CHECK(h.id == ((h.dst ^ h.dst_port ^ h.seq) & 0xffff) && h.window == 1024);
		CHECK(i % 2 ? h.options == 4 && memcmp(h.at_options, mss, 4) == 0 : h.options == 0);
	}
}

static void check_unicorn_and_hajime(void)
{
	struct fixture f;
	struct header h;
	uint32_t constant;

	dress(&f, MODEL_UNICORN, 5);
	h = next(&f, 80);
	constant = h.seq ^ h.src ^ (((uint32_t)h.src_port << 16) + h.dst_port);
	for (int i = 0; i < ROUNDS; i++) {
		h = next(&f, (uint16_t)(i * 7));
		CHECK((h.seq ^ h.src ^ (((uint32_t)h.src_port << 16) + h.dst_port)) == constant);
	}
	for (uint64_t seed = 0; seed < 20; seed++) {
		dress(&f, MODEL_HAJIME, seed);
		h = next(&f, 5358);
		CHECK(h.window == 14600 && h.seq != 0);
		CHECK((h.seq & 0xffff) == 0 || h.seq >> 16 == 0);
	}
}

static void check_nmap(void)
{
	static const uint8_t stealth[] = {0, 1, 0x29};
	struct fixture f;
	struct header h;
	bool seen[3] = {false};

	dress(&f, MODEL_NMAP, 6);
	h = next(&f, 22);
	CHECK(h.window == 1024 && h.options == 4 && h.at_options[0] == 2 && h.ttl < 60);
	for (uint64_t seed = 0; seed < 50; seed++) {
		bool known = false;

		dress(&f, MODEL_NMAP, seed);
		f.campaign.probe_flags = true;
		h = next(&f, 22);
		for (int i = 0; i < 3; i++) {
			if (h.flags == stealth[i])
				known = seen[i] = true;
		}
		CHECK(known && h.window == 1024 && h.options == 0);
	}
	CHECK(seen[0] && seen[1] && seen[2]);
}

static void check_worms(void)
{
	struct fixture f;
	struct header h;

	dress(&f, MODEL_SLAMMER, 7);
	h = next(&f, 1434);
	CHECK(h.proto == PROTO_UDP && h.payload_length == 376 && h.payload[0] == 4);
	dress(&f, MODEL_WITTY, 7);
	for (int i = 0; i < ROUNDS; i++) {
		h = next(&f, 999);
		CHECK(h.src_port == 4000 && h.payload_length >= 768 && h.payload_length < 1280);
	}
	CHECK(memmem(h.payload, h.payload_length, "insert witty message here", 25) != NULL);
}

/* A stack repeats the same SYN with a new IP id, waiting longer each time. */
static void check_plain(void)
{
	struct fixture f;

	for (uint64_t seed = 0; seed < 40; seed++) {
		const struct model *model = &model_plain;
		struct header first, again;
		uint64_t wait_1, wait_2;

		dress(&f, MODEL_PLAIN, seed);
		first = next(&f, 445);
		f.shot.attempt = 1;
		model->write(&f.sender, &f.shot, &f.frame);
		again = decode(&f.frame);
		CHECK(first.seq == again.seq && first.src_port == again.src_port &&
		      first.dst == again.dst);
		CHECK(first.id != again.id && first.options == again.options);
		CHECK(first.options >= 8 && first.at_options[0] == 2);
		wait_1 = model->wait_ns(&f.sender, 1);
		wait_2 = model->wait_ns(&f.sender, 2);
		CHECK(wait_1 >= 1000000000 && wait_2 >= wait_1);
		CHECK_U64(model->wait_ns(&f.sender, 4), 0);
	}
	dress(&f, MODEL_CONFICKER, 1);
	CHECK(next(&f, 445).window == 65535);
}

static struct header answer(struct fixture *f, enum reply reply, enum attacked attacked,
                            uint16_t port)
{
	dress(f, MODEL_REPLY, 8);
	f->campaign.reply = (int)reply;
	f->campaign.attacked = (int)attacked;
	return next(f, port);
}

static void check_replies(void)
{
	struct fixture f;
	struct header h = answer(&f, REPLY_SYN_ACK, ATTACKED_TCP, 443);

	CHECK(h.flags == (TCP_SYN | TCP_ACK) && h.src_port == 443 && h.dst_port >= 1024);
	h = answer(&f, REPLY_RST, ATTACKED_TCP, 443);
	CHECK(h.flags == (TCP_RST | TCP_ACK) && h.src_port == 443 && h.seq == 0);
	h = answer(&f, REPLY_UDP, ATTACKED_TCP, 53);
	CHECK(h.proto == PROTO_UDP && h.src_port == 53 && (h.payload[2] & 0x80));
	h = answer(&f, REPLY_ECHO, ATTACKED_TCP, 0);
	CHECK(h.proto == PROTO_ICMP && f.frame.bytes[34] == 0);
	/* the quoted packet went from the telescope to the victim's port */
	h = answer(&f, REPLY_UNREACHABLE, ATTACKED_UDP, 27015);
	CHECK(f.frame.bytes[34] == 3 && f.frame.bytes[35] == 3 && h.payload_length == 28);
	CHECK(be(h.payload + 12, 4) == h.dst && be(h.payload + 16, 4) == h.src);
	CHECK(h.payload[9] == PROTO_UDP && be(h.payload + 22, 2) == 27015);
	h = answer(&f, REPLY_TTL_EXCEEDED, ATTACKED_TCP, 80);
	CHECK(f.frame.bytes[34] == 11 && h.payload[9] == PROTO_TCP && h.payload[8] == 1);
	CHECK_U64(f.shot.truth_port, 80);
}

int main(void)
{
	check_mirai();
	check_zmap();
	check_masscan();
	check_unicorn_and_hajime();
	check_nmap();
	check_worms();
	check_plain();
	check_replies();
	return tap_done();
}
