/* SPDX-License-Identifier: Apache-2.0 */
#include "synth/model.h"

#include "model/packet.h"

#include <assert.h>

const struct model *model_of(int model)
{
	static const struct model *const models[MODEL_COUNT] = {
	        [MODEL_PLAIN] = &model_plain,
	        [MODEL_UDP] = &model_udp,
	        [MODEL_PING] = &model_ping,
	        [MODEL_MIRAI] = &model_mirai,
	        [MODEL_ZMAP] = &model_zmap,
	        [MODEL_ZMAP_NEW] = &model_zmap_new,
	        [MODEL_MASSCAN_OLD] = &model_masscan_old,
	        [MODEL_MASSCAN] = &model_masscan,
	        [MODEL_UNICORN] = &model_unicorn,
	        [MODEL_NMAP] = &model_nmap,
	        [MODEL_HAJIME] = &model_hajime,
	        [MODEL_IRREGULAR] = &model_irregular,
	        [MODEL_CONFICKER] = &model_conficker,
	        [MODEL_SLAMMER] = &model_slammer,
	        [MODEL_WITTY] = &model_witty,
	        [MODEL_AMPLIFIER] = &model_amplifier,
	        [MODEL_RANDOM_SYN] = &model_random_syn,
	        [MODEL_FLOOD] = &model_flood,
	        [MODEL_REPLY] = &model_reply,
	};

	assert(model >= 0 && model < MODEL_COUNT && models[model]);
	return models[model];
}

/* Quiet noise: mostly TCP, some UDP, a few pings. */
static uint8_t noise_model(struct sender *s)
{
	uint32_t chance = prng_below(&s->random, 100);

	if (chance < 80)
		return MODEL_PLAIN;
	return chance < 95 ? MODEL_UDP : MODEL_PING;
}

void sender_dress(struct sender *s)
{
	s->model = (uint8_t)s->campaign->model;
	if (s->model == MODEL_NOISE)
		s->model = noise_model(s);
	s->key = prng_u32(&s->random);
	s->ip_id = (uint16_t)prng_u32(&s->random);
	model_of(s->model)->dress(s);
}

uint8_t model_ttl(struct sender *s, uint8_t initial)
{
	return (uint8_t)(initial - 5 - prng_below(&s->random, 20));
}

uint16_t model_ephemeral(struct sender *s)
{
	return (uint16_t)(1024 + prng_below(&s->random, 65536 - 1024));
}

struct ip_fields model_ip(const struct sender *s, const struct shot *shot, uint16_t id)
{
	return (struct ip_fields){.src = shot->src, .dst = shot->dst, .id = id, .ttl = s->ttl};
}
