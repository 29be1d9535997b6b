/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_flood INTERFACE RATE SECONDS: SYNs from many sources to 198.18.0.0/24, RATE a second
 * (0: as fast as can be), for a veth pair in a namespace of the benchmark's own whose other end
 * has generic receive offload on. Prints how many were given to the interface, and in how long;
 * how many arrived is for the other end's counters to tell.
 *
 * By an XDP program that runs over one frame again and again, changes its addresses and redirects
 * it (bpf(2), BPF_PROG_TEST_RUN with live frames, Linux 5.18): half the cost of a transmit ring, so
 * that one processor sends what the other is to read.
 */
#include "base/clock.h"
#include "base/hash.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/bpf.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
	FRAME_BYTES = 64,
	USED_BYTES = 54,
	IP_AT = 14,
	TCP_AT = 34,
	BATCH = 64,
	BURSTS = 20, /* a second */
	THREADS = 3,
	TRICKLE_BELOW = 20000, /* packets a second */
	LIVE_FRAMES = 2,       /* BPF_F_TEST_XDP_LIVE_FRAMES */
};

#define STEP(operation, to, from, at, value)                                          \
	{                                                                             \
		.code = (operation), .dst_reg = (to), .src_reg = (from), .off = (at), \
		.imm = (value)                                                        \
	}

static long bpf(int command, union bpf_attr *attributes)
{
	return syscall(SYS_bpf, command, attributes, sizeof(*attributes));
}

/* Registers: 7 the frame, 8 its end, 9 a random number. Of the product of two random bytes the
 * source's middle byte, so that few sources send most. */
static int load_program(int interface)
{
	struct bpf_insn steps[] = {
	        STEP(BPF_LDX | BPF_MEM | BPF_W, 7, 1, (short)offsetof(struct xdp_md, data), 0),
	        STEP(BPF_LDX | BPF_MEM | BPF_W, 8, 1, (short)offsetof(struct xdp_md, data_end), 0),
	        STEP(BPF_ALU64 | BPF_MOV | BPF_X, 2, 7, 0, 0),
	        STEP(BPF_ALU64 | BPF_ADD | BPF_K, 2, 0, 0, USED_BYTES),
	        STEP(BPF_JMP | BPF_JGT | BPF_X, 2, 8, 16, 0),
	        STEP(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_get_prandom_u32),
	        STEP(BPF_ALU64 | BPF_MOV | BPF_X, 9, 0, 0, 0),
	        STEP(BPF_STX | BPF_MEM | BPF_W, 7, 9, TCP_AT + 4, 0),
	        STEP(BPF_STX | BPF_MEM | BPF_B, 7, 9, IP_AT + 19, 0),
	        STEP(BPF_ALU64 | BPF_RSH | BPF_K, 9, 0, 0, 8),
	        STEP(BPF_STX | BPF_MEM | BPF_B, 7, 9, IP_AT + 15, 0),
	        STEP(BPF_ALU64 | BPF_MOV | BPF_X, 1, 9, 0, 0),
	        STEP(BPF_ALU64 | BPF_AND | BPF_K, 1, 0, 0, 0xff),
	        STEP(BPF_ALU64 | BPF_RSH | BPF_K, 9, 0, 0, 8),
	        STEP(BPF_ALU64 | BPF_MOV | BPF_X, 2, 9, 0, 0),
	        STEP(BPF_ALU64 | BPF_AND | BPF_K, 2, 0, 0, 0xff),
	        STEP(BPF_ALU64 | BPF_MUL | BPF_X, 1, 2, 0, 0),
	        STEP(BPF_ALU64 | BPF_RSH | BPF_K, 1, 0, 0, 8),
	        STEP(BPF_STX | BPF_MEM | BPF_B, 7, 1, IP_AT + 14, 0),
	        STEP(BPF_ALU64 | BPF_RSH | BPF_K, 9, 0, 0, 8),
	        STEP(BPF_STX | BPF_MEM | BPF_B, 7, 9, TCP_AT + 1, 0),
	        STEP(BPF_ALU64 | BPF_MOV | BPF_K, 1, 0, 0, interface),
	        STEP(BPF_ALU64 | BPF_MOV | BPF_K, 2, 0, 0, 0),
	        STEP(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_redirect),
	        STEP(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
	};
	union bpf_attr a;

	memset(&a, 0, sizeof(a));
	a.prog_type = BPF_PROG_TYPE_XDP;
	a.insns = (uint64_t)(uintptr_t)steps;
	a.insn_cnt = sizeof(steps) / sizeof(steps[0]);
	a.license = (uint64_t)(uintptr_t) "Apache-2.0";
	return (int)bpf(BPF_PROG_LOAD, &a);
}

static const uint8_t syn[FRAME_BYTES] = {2,
                                         0,
                                         0,
                                         0,
                                         0,
                                         1,
                                         2,
                                         0,
                                         0,
                                         0,
                                         0,
                                         2,
                                         8,
                                         0,
                                         [IP_AT] = 0x45,
                                         [IP_AT + 3] = 40,
                                         [IP_AT + 8] = 50,
                                         [IP_AT + 9] = 6,
                                         [IP_AT + 12] = 45,
                                         [IP_AT + 16] = 198,
                                         18,
                                         [TCP_AT] = 0x80,
                                         [TCP_AT + 3] = 23,
                                         [TCP_AT + 12] = 0x50,
                                         [TCP_AT + 13] = 2,
                                         [TCP_AT + 14] = 4};

static long send_burst(int program, unsigned packets)
{
	union bpf_attr a;

	memset(&a, 0, sizeof(a));
	a.test.prog_fd = (uint32_t)program;
	a.test.data_in = (uint64_t)(uintptr_t)syn;
	a.test.data_size_in = sizeof(syn);
	a.test.repeat = packets;
	a.test.flags = LIVE_FRAMES;
	a.test.batch_size = packets < BATCH ? packets : BATCH;
	return bpf(BPF_PROG_TEST_RUN, &a);
}

/* Ahead of the rate: rest. */
static void keep_to(uint64_t begun_ns, uint64_t sent, double rate)
{
	uint64_t due_ns = begun_ns + (uint64_t)((double)sent / rate * 1e9);
	uint64_t now_ns = clock_steady_ns();

	if (due_ns > now_ns)
		usleep((useconds_t)((due_ns - now_ns) / 1000));
}

struct flood {
	int program, interface;
	double rate;
	uint64_t begun_ns, end_ns;
	_Atomic uint64_t sent;
	atomic_bool failed;
};

/* Each run waits for the kernel to tidy up, which costs time and no processor: so several threads.
 */
static void *flood_in_bursts(void *state)
{
	struct flood *f = state;
	unsigned burst = f->rate > 0 ? (unsigned)(f->rate / BURSTS) : 50000;

	while (clock_steady_ns() < f->end_ns && !atomic_load(&f->failed)) {
		uint64_t sent = atomic_fetch_add(&f->sent, burst);

		if (f->rate > 0)
			keep_to(f->begun_ns, sent, f->rate);
		if (send_burst(f->program, burst) != 0)
			atomic_store(&f->failed, true);
	}
	return NULL;
}

/* Few packets: one by one, evenly, by a plain socket. */
static void trickle(struct flood *f)
{
	struct sockaddr_ll to = {
	        .sll_family = AF_PACKET, .sll_ifindex = f->interface, .sll_halen = 6};
	int fd = socket(AF_PACKET, SOCK_RAW, 0);
	uint8_t frame[FRAME_BYTES];

	memcpy(frame, syn, sizeof(frame));
	for (uint64_t i = 0; clock_steady_ns() < f->end_ns && !atomic_load(&f->failed); i++) {
		uint64_t h = hash_u64(i, 3);

		memcpy(frame + IP_AT + 14, &h, 2);
		frame[IP_AT + 19] = (uint8_t)(h >> 16);
		if (sendto(fd, frame, sizeof(frame), 0, (struct sockaddr *)&to, sizeof(to)) < 0)
			atomic_store(&f->failed, true);
		atomic_fetch_add(&f->sent, 1);
		keep_to(f->begun_ns, i + 1, f->rate);
	}
	close(fd);
}

static void flood(struct flood *f)
{
	pthread_t threads[THREADS];
	unsigned started = 0;

	while (started < THREADS &&
	       pthread_create(&threads[started], NULL, flood_in_bursts, f) == 0)
		started++;
	for (unsigned i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
}

int main(int argc, char **argv)
{
	struct flood f = {.program = -1};

	if (argc == 4) {
		f.interface = (int)if_nametoindex(argv[1]);
		f.rate = atof(argv[2]);
		f.program = load_program(f.interface);
	}
	f.begun_ns = clock_steady_ns();
	f.end_ns = f.begun_ns + (argc == 4 ? (uint64_t)(atof(argv[3]) * 1e9) : 0);
	if (f.program >= 0 && f.rate > 0 && f.rate < TRICKLE_BELOW)
		trickle(&f);
	else if (f.program >= 0)
		flood(&f);
	if (f.program < 0 || atomic_load(&f.failed)) {
		fprintf(stderr, "bench_flood INTERFACE RATE SECONDS: %s\n", strerror(errno));
		return 1;
	}
	printf("{\"sent\":%" PRIu64 ",\"seconds\":%.3f}\n", atomic_load(&f.sent),
	       (double)(clock_steady_ns() - f.begun_ns) / 1e9);
	return 0;
}
