/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How senders build packets: one constant struct of callbacks for each row of model.def.
 *
 * dress() draws what stays the same for a sender, once. open() gives a fresh packet its
 * ports and numbers: src, dst, dst_port, time are set before, the same shot goes out again
 * for a retransmission. write() builds the frame; what changes from packet to packet (IP
 * id) is drawn there. Randomness comes from the sender alone. One thread.
 */
#ifndef SYNTH_MODEL_H
#define SYNTH_MODEL_H

#include "synth/frame.h"
#include "synth/sender.h"

struct model {
	void (*dress)(struct sender *s);
	void (*open)(struct sender *s, struct shot *shot);
	void (*write)(struct sender *s, const struct shot *shot, struct frame *out);
	/* Wait before retransmission `attempt` (1 is the first); 0: no more. NULL: none. */
	uint64_t (*wait_ns)(const struct sender *s, unsigned attempt);
};

extern const struct model model_plain, model_udp, model_ping, model_mirai, model_zmap,
        model_zmap_new, model_masscan_old, model_masscan, model_unicorn, model_nmap, model_hajime,
        model_irregular, model_conficker, model_slammer, model_witty, model_amplifier,
        model_random_syn, model_flood, model_reply;

/* The callbacks of sender->model; NOISE has none, it becomes another in sender_dress(). */
const struct model *model_of(int model);

/* Set model and all that stays the same. */
void sender_dress(struct sender *s);

/* The TTL that is left of `initial` after 5 to 24 hops. */
uint8_t model_ttl(struct sender *s, uint8_t initial);

/* A port from 1024 to 65535. */
uint16_t model_ephemeral(struct sender *s);

/* IP fields from the sender and the shot, with the given id and no DF. */
struct ip_fields model_ip(const struct sender *s, const struct shot *shot, uint16_t id);

#endif
