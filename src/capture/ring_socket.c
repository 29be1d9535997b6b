/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/ring_socket.h"

#include "base/confine.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <linux/filter.h>
#include <net/if_arp.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <pcap/pcap.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
	BLOCK_BYTES_MAX = 1 << 20,
	BLOCK_BYTES_MIN = 1 << 16,
	BLOCKS_MIN = 4,
	FRAME_BYTES = 2048, /* only a unit: frames of TPACKET_V3 are as long as they are */
	RETIRE_MS = 50,     /* a block that is not full is handed over after so long */
	SNAP_BYTES = 65535,
	LINK_ETHERNET_NUMBER = 1, /* LINKTYPE_ */
	LINK_RAW_NUMBER = 101,
	IGNORE_OUTGOING = 23,                  /* PACKET_IGNORE_OUTGOING, Linux 4.20 */
	FANOUT_IGNORE_OUTGOING = 0x4000 << 16, /* Linux 5.x; as flags lie in the option */
	FANOUT_UNIQUE_ID = 0x2000 << 16,       /* Linux 4.12 */
};

static enum status refuse(const char *interface, const char *what, struct trouble *t)
{
	return trouble_set(t, STATUS_IO, interface, 0, "%s: %s", what, strerror(errno));
}

int ring_socket_open(const char *interface, struct trouble *t)
{
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (fd >= 0)
		return confine_silence(fd);
	if (errno == EPERM || errno == EACCES)
		(void)trouble_set(t, STATUS_DENIED, interface, 0, "capturing needs CAP_NET_RAW");
	else
		(void)refuse(interface, "packet socket", t);
	return -1;
}

static struct ifreq request_for(const char *interface)
{
	struct ifreq r = {0};

	strncpy(r.ifr_name, interface, sizeof(r.ifr_name) - 1);
	return r;
}

enum status ring_socket_link(int fd, const char *interface, uint32_t *link, struct trouble *t)
{
	struct ifreq r = request_for(interface);

	if (strcmp(interface, "any") == 0)
		return STATUS_UNSUPPORTED;
	if (strlen(interface) >= sizeof(r.ifr_name) || ioctl(fd, SIOCGIFHWADDR, &r) != 0)
		return trouble_set(t, STATUS_NOT_FOUND, interface, 0,
		                   "no such interface; 'ip link' lists what there is");
	switch (r.ifr_hwaddr.sa_family) {
	case ARPHRD_ETHER:
	case ARPHRD_LOOPBACK:
		*link = LINK_ETHERNET_NUMBER;
		return STATUS_OK;
	case ARPHRD_NONE:
	case ARPHRD_RAWIP:
		*link = LINK_RAW_NUMBER;
		return STATUS_OK;
	default:
		return STATUS_UNSUPPORTED;
	}
}

enum status ring_socket_map(int fd, const char *interface, uint64_t bytes, struct ring_map *map,
                            struct trouble *t)
{
	int version = TPACKET_V3;
	struct tpacket_req3 ring = {.tp_frame_size = FRAME_BYTES, .tp_retire_blk_tov = RETIRE_MS};

	map->block_bytes = BLOCK_BYTES_MAX;
	while (map->block_bytes > BLOCK_BYTES_MIN && bytes / map->block_bytes < BLOCKS_MIN)
		map->block_bytes /= 2;
	map->blocks = (uint32_t)(bytes / map->block_bytes);
	map->size = (size_t)map->block_bytes * map->blocks;
	ring.tp_block_size = map->block_bytes;
	ring.tp_block_nr = map->blocks;
	ring.tp_frame_nr = map->block_bytes / FRAME_BYTES * map->blocks;
	if (setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)) != 0)
		return refuse(interface, "the kernel has no TPACKET_V3", t);
	if (setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &ring, sizeof(ring)) != 0)
		return trouble_set(t, errno == ENOMEM ? STATUS_NO_MEMORY : STATUS_IO, interface, 0,
		                   "no ring of %u blocks of %u bytes: %s", map->blocks,
		                   map->block_bytes, strerror(errno));
	map->bytes = mmap(NULL, map->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map->bytes != MAP_FAILED)
		return STATUS_OK;
	map->bytes = NULL;
	return refuse(interface, "cannot map the ring", t);
}

static enum status attach(int fd, const char *interface, struct sock_filter *program, size_t n,
                          struct trouble *t)
{
	struct sock_fprog p = {.len = (unsigned short)n, .filter = program};

	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &p, sizeof(p)) == 0)
		return STATUS_OK;
	return refuse(interface, "the kernel refuses the filter", t);
}

enum status ring_socket_shut(int fd, const char *interface, struct trouble *t)
{
	struct sock_filter nothing = BPF_STMT(BPF_RET | BPF_K, 0);

	return attach(fd, interface, &nothing, 1, t);
}

/* The kernel takes tags off before the filter sees a packet: such an expression would never
 * match, which is worse than to refuse it. */
static bool speaks_of_vlan(const char *expression)
{
	for (const char *p = expression; (p = strstr(p, "vlan")) != NULL; p += 4) {
		if ((p == expression || !isalnum((unsigned char)p[-1])) &&
		    !isalnum((unsigned char)p[4]))
			return true;
	}
	return false;
}

static enum status attach_all(const int *fds, size_t n, struct sock_filter *program, size_t length,
                              struct trouble *t)
{
	enum status st = STATUS_OK;

	for (size_t i = 0; i < n && !st; i++)
		st = attach(fds[i], "filter", program, length, t);
	return st;
}

enum status ring_socket_filter(const int *fds, size_t n, uint32_t link, const char *expression,
                               struct trouble *t)
{
	struct sock_filter everything = BPF_STMT(BPF_RET | BPF_K, SNAP_BYTES);
	struct bpf_program program;
	enum status st;
	pcap_t *compiler;

	if (!expression)
		return attach_all(fds, n, &everything, 1, t);
	if (speaks_of_vlan(expression))
		return trouble_set(t, STATUS_USAGE, NULL, 0,
		                   "filter '%s': the kernel takes VLAN tags off first; "
		                   "leave vlan out, tagged packets are matched by what is inside",
		                   expression);
	compiler = pcap_open_dead(link == LINK_RAW_NUMBER ? DLT_RAW : DLT_EN10MB, SNAP_BYTES);
	if (!compiler)
		return trouble_set(t, STATUS_NO_MEMORY, NULL, 0, "out of memory");
	if (pcap_compile(compiler, &program, expression, 1, PCAP_NETMASK_UNKNOWN) != 0) {
		st = trouble_set(t, STATUS_USAGE, NULL, 0, "filter '%s': %s", expression,
		                 pcap_geterr(compiler));
	} else {
		/* The same layout under another name: bpf(4) on either side. */
		st = attach_all(fds, n, (struct sock_filter *)(void *)program.bf_insns,
		                program.bf_len, t);
		pcap_freecode(&program);
	}
	pcap_close(compiler);
	return st;
}

static enum status be_promiscuous(int fd, const char *interface, int index, struct trouble *t)
{
	struct packet_mreq m = {.mr_ifindex = index, .mr_type = PACKET_MR_PROMISC};

	if (setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &m, sizeof(m)) == 0)
		return STATUS_OK;
	return refuse(interface, "promiscuous mode", t);
}

enum status ring_socket_bind(int fd, const char *interface, int index, bool promiscuous,
                             struct trouble *t)
{
	struct sockaddr_ll a = {
	        .sll_family = AF_PACKET,
	        .sll_protocol = htons(ETH_P_ALL),
	        .sll_ifindex = index,
	};
	int yes = 1;

	(void)setsockopt(fd, SOL_PACKET, IGNORE_OUTGOING, &yes, sizeof(yes)); /* else we look */
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) != 0)
		return refuse(interface, "cannot listen", t);
	return promiscuous ? be_promiscuous(fd, interface, index, t) : STATUS_OK;
}

/* The upper half of source * golden ratio, of IPv6 the XOR of the source's words; 0 for the rest.
 * Offsets from the network header; the kernel takes the value modulo the sockets. */
static enum status set_spreading(int fd, const char *interface, struct trouble *t)
{
	enum { NET = SKF_NET_OFF, PROTOCOL = SKF_AD_OFF + SKF_AD_PROTOCOL };
	struct sock_filter program[] = {
	        /* 0 */ BPF_STMT(BPF_LDX | BPF_IMM, 0), /* bytes of a tag that is still there */
	        /* 1 */ BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (unsigned)PROTOCOL),
	        /* 2 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_8021Q, 1, 0),
	        /* 3 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_8021AD, 0, 2),
	        /* 4 */ BPF_STMT(BPF_LDX | BPF_IMM, 4),
	        /* 5 */ BPF_STMT(BPF_LD | BPF_H | BPF_ABS, (unsigned)NET + 2),
	        /* 6 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IP, 0, 2),
	        /* 7 */ BPF_STMT(BPF_LD | BPF_W | BPF_IND, (unsigned)NET + 12),
	        /* 8 */ BPF_JUMP(BPF_JMP | BPF_JA, 15, 0, 0),
	        /* 9 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IPV6, 1, 0),
	        /* 10 */ BPF_STMT(BPF_RET | BPF_K, 0),
	        /* 11 */ BPF_STMT(BPF_LD | BPF_W | BPF_IND, (unsigned)NET + 8),
	        /* 12 */ BPF_STMT(BPF_ST, 1),
	        /* 13 */ BPF_STMT(BPF_LD | BPF_W | BPF_IND, (unsigned)NET + 12),
	        /* 14 */ BPF_STMT(BPF_ST, 2),
	        /* 15 */ BPF_STMT(BPF_LD | BPF_W | BPF_IND, (unsigned)NET + 16),
	        /* 16 */ BPF_STMT(BPF_ST, 3),
	        /* 17 */ BPF_STMT(BPF_LD | BPF_W | BPF_IND, (unsigned)NET + 20),
	        /* 18 */ BPF_STMT(BPF_LDX | BPF_MEM, 1),
	        /* 19 */ BPF_STMT(BPF_ALU | BPF_XOR | BPF_X, 0),
	        /* 20 */ BPF_STMT(BPF_LDX | BPF_MEM, 2),
	        /* 21 */ BPF_STMT(BPF_ALU | BPF_XOR | BPF_X, 0),
	        /* 22 */ BPF_STMT(BPF_LDX | BPF_MEM, 3),
	        /* 23 */ BPF_STMT(BPF_ALU | BPF_XOR | BPF_X, 0),
	        /* 24 */ BPF_STMT(BPF_ALU | BPF_MUL | BPF_K, 0x9e3779b1u),
	        /* 25 */ BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 16),
	        /* 26 */ BPF_STMT(BPF_RET | BPF_A, 0),
	};
	struct sock_fprog p = {.len = sizeof(program) / sizeof(program[0]), .filter = program};

	if (setsockopt(fd, SOL_PACKET, PACKET_FANOUT_DATA, &p, sizeof(p)) == 0)
		return STATUS_OK;
	return refuse(interface, "cannot spread packets over threads", t);
}

/* Into the group `id`, or a new one. */
static int join_group(int fd, unsigned id, bool fresh, bool passing_over)
{
	int value = (int)(id | (unsigned)PACKET_FANOUT_CBPF << 16 |
	                  (fresh ? (unsigned)FANOUT_UNIQUE_ID : 0u) |
	                  (passing_over ? (unsigned)FANOUT_IGNORE_OUTGOING : 0u));

	return setsockopt(fd, SOL_PACKET, PACKET_FANOUT, &value, sizeof(value));
}

enum status ring_socket_spread(const int *fds, size_t n, const char *interface, struct trouble *t)
{
	bool passing_over = true; /* kernels before the flag refuse it: then we look ourselves */
	int id = 0;
	socklen_t size = sizeof(id);
	enum status st;

	if (join_group(fds[0], 0, true, true) != 0) {
		passing_over = false;
		if (join_group(fds[0], 0, true, false) != 0)
			return refuse(interface,
			              "cannot spread packets over threads (is the interface up?)",
			              t);
	}
	if (getsockopt(fds[0], SOL_PACKET, PACKET_FANOUT, &id, &size) != 0)
		return refuse(interface, "fanout", t);
	st = set_spreading(fds[0], interface, t);
	for (size_t i = 1; i < n && !st; i++) {
		if (join_group(fds[i], (unsigned)id & 0xffff, false, passing_over) != 0)
			st = refuse(interface, "fanout", t);
	}
	return st;
}

int ring_socket_index(int fd, const char *interface, bool *up)
{
	struct ifreq index = request_for(interface), flags = index;

	*up = ioctl(fd, SIOCGIFFLAGS, &flags) == 0 && (flags.ifr_flags & IFF_UP) &&
	      (flags.ifr_flags & IFF_RUNNING);
	return ioctl(fd, SIOCGIFINDEX, &index) == 0 ? index.ifr_ifindex : 0;
}

uint64_t ring_socket_dropped(int fd)
{
	struct tpacket_stats_v3 s = {0};
	socklen_t size = sizeof(s);

	return getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &s, &size) == 0 ? s.tp_drops : 0;
}
