/* SPDX-License-Identifier: Apache-2.0 */
/* Ordinary operating systems: SYNs of a connect(), with retransmissions. Initial TTL, window
 * and option layouts as in p0f's and nmap's published signatures. */
#include "synth/model.h"

#include "base/timefmt.h"
#include "model/packet.h"

#include <string.h>

enum { STACK_WINDOWS_7 = 4, STACKS_WINDOWS = 4, STACKS = 8, NO_TIMESTAMP = 0 };

static const struct stack {
	uint8_t ttl;
	uint16_t window;
	uint8_t timestamp; /* place of the value in the options */
	uint8_t length;
	uint8_t options[24];
	uint8_t waits_s[4]; /* before each retransmission; 0 ends */
	bool counts_ip_id;
} stacks[STACKS] = {
        /* Linux since 4.19, before, and small devices */
        {64,
         64240,
         8,
         20,
         {2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0, 1, 3, 3, 7},
         {1, 2, 4},
         false},
        {64,
         29200,
         8,
         20,
         {2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0, 1, 3, 3, 7},
         {1, 2, 4},
         false},
        {64,
         5840,
         8,
         20,
         {2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0, 1, 3, 3, 2},
         {3, 6, 12},
         false},
        /* macOS */
        {64,
         65535,
         12,
         24,
         {2, 4, 5, 0xb4, 1, 3, 3, 6, 1, 1, 8, 10, 0, 0, 0, 0, 0, 0, 0, 0, 4, 2, 0, 0},
         {1, 1, 1},
         false},
        /* Windows 7, 10, a server whose window is ZMap's as well, XP */
        {128, 8192, NO_TIMESTAMP, 12, {2, 4, 5, 0xb4, 1, 3, 3, 8, 1, 1, 4, 2}, {3, 6}, true},
        {128, 64240, NO_TIMESTAMP, 12, {2, 4, 5, 0xb4, 1, 3, 3, 8, 1, 1, 4, 2}, {1, 2, 4}, true},
        {128, 65535, NO_TIMESTAMP, 12, {2, 4, 5, 0xb4, 1, 3, 3, 8, 1, 1, 4, 2}, {1, 2, 4}, true},
        {128, 65535, NO_TIMESTAMP, 8, {2, 4, 5, 0xb4, 1, 1, 4, 2}, {3, 6}, true},
};

/* Behind PPPoE and tunnels the MSS is smaller. */
static uint16_t draw_mss(struct sender *s)
{
	static const uint16_t smaller[] = {1452, 1440, 1412, 1400};

	return prng_below(&s->random, 4) ? 1460 : smaller[prng_below(&s->random, 4)];
}

static void plain_dress(struct sender *s)
{
	bool windows = s->campaign->type == TYPE_WINDOWS_WORM || s->campaign->type == TYPE_GROWTH;

	s->stack = (uint8_t)(windows ? STACK_WINDOWS_7 + prng_below(&s->random, STACKS_WINDOWS)
	                             : prng_below(&s->random, STACKS));
	s->ttl = model_ttl(s, stacks[s->stack].ttl);
	s->mss = draw_mss(s);
}

static void conficker_dress(struct sender *s)
{
	s->stack = STACKS - 1;
	s->ttl = model_ttl(s, stacks[s->stack].ttl);
	s->mss = draw_mss(s);
}

static void plain_open(struct sender *s, struct shot *shot)
{
	shot->src_port = model_ephemeral(s);
	shot->seq = prng_u32(&s->random);
}

static void put32(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 24);
	at[1] = (uint8_t)(value >> 16);
	at[2] = (uint8_t)(value >> 8);
	at[3] = (uint8_t)value;
}

static void plain_write(struct sender *s, const struct shot *shot, struct frame *out)
{
	const struct stack *stack = &stacks[s->stack];
	uint16_t id = stack->counts_ip_id ? s->ip_id++ : (uint16_t)prng_u32(&s->random);
	struct ip_fields ip = model_ip(s, shot, id);
	uint8_t options[24];
	struct tcp_fields tcp = {
	        .seq = shot->seq,
	        .src_port = shot->src_port,
	        .dst_port = shot->dst_port,
	        .window = stack->window,
	        .flags = TCP_SYN,
	        .options = options,
	        .options_length = stack->length,
	};

	ip.dont_fragment = true;
	memcpy(options, stack->options, sizeof(options));
	options[2] = (uint8_t)(s->mss >> 8);
	options[3] = (uint8_t)s->mss;
	if (stack->timestamp) /* milliseconds since the host's start */
		put32(options + stack->timestamp, s->key + (uint32_t)(shot->time_ns / 1000000));
	frame_tcp(out, &ip, &tcp);
}

static uint64_t plain_wait(const struct sender *s, unsigned attempt)
{
	const uint8_t *waits = stacks[s->stack].waits_s;

	return attempt <= sizeof(stacks[0].waits_s) ? waits[attempt - 1] * NS_PER_SECOND : 0;
}

const struct model model_plain = {plain_dress, plain_open, plain_write, plain_wait};
const struct model model_conficker = {conficker_dress, plain_open, plain_write, plain_wait};
