/* SPDX-License-Identifier: Apache-2.0 */
/* A network namespace of the test's own, with its loopback interface; senders into it. Include
 * after tap.h; a test that cannot have one is skipped, loudly. */
#ifndef TESTS_UNIT_CAPTURE_NETNS_H
#define TESTS_UNIT_CAPTURE_NETNS_H

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

__attribute__((unused)) static void netns_set_up(const char *interface, bool up)
{
	struct ifreq r = {0};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", interface);
	if (fd < 0 || ioctl(fd, SIOCGIFFLAGS, &r) != 0)
		abort();
	r.ifr_flags = (short)(up ? r.ifr_flags | IFF_UP : r.ifr_flags & ~IFF_UP);
	if (ioctl(fd, SIOCSIFFLAGS, &r) != 0)
		abort();
	close(fd);
}

/* Exits with 77 where the kernel does not let us. */
__attribute__((unused)) static void netns_enter(void)
{
	if (unshare(CLONE_NEWNET) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) {
		fprintf(stderr, "SKIPPED: no right to make a network namespace\n");
		exit(77);
	}
}

/* UDP from 127.0.0.`source` to 127.0.0.1:port. */
__attribute__((unused)) static void netns_send(int fd, uint8_t source, uint16_t port, size_t size)
{
	static const char bytes[2000];
	struct msghdr m = {0};
	struct iovec part = {(void *)(uintptr_t)bytes, size};
	struct sockaddr_in to = {.sin_family = AF_INET,
	                         .sin_port = htons(port),
	                         .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	char control[CMSG_SPACE(sizeof(struct in_pktinfo))] = {0};
	struct in_pktinfo info = {.ipi_spec_dst.s_addr = htonl(0x7f000000u | source)};
	struct cmsghdr *c;

	m.msg_name = &to;
	m.msg_namelen = sizeof(to);
	m.msg_iov = &part;
	m.msg_iovlen = 1;
	m.msg_control = control;
	m.msg_controllen = sizeof(control);
	c = CMSG_FIRSTHDR(&m);
	c->cmsg_level = IPPROTO_IP;
	c->cmsg_type = IP_PKTINFO;
	c->cmsg_len = CMSG_LEN(sizeof(info));
	memcpy(CMSG_DATA(c), &info, sizeof(info));
	if (sendmsg(fd, &m, 0) != (ssize_t)size)
		abort();
}

__attribute__((unused)) static int netns_sender(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0)
		abort();
	return fd;
}

/* A tun interface of this name, whose far end is the descriptor; -1: cannot be had. */
__attribute__((unused)) static int netns_tun(const char *name)
{
	struct ifreq r = {.ifr_flags = IFF_TUN | IFF_NO_PI};
	int fd = open("/dev/net/tun", O_RDWR);

	snprintf(r.ifr_name, sizeof(r.ifr_name), "%s", name);
	if (fd < 0)
		return -1;
	if (ioctl(fd, TUNSETIFF, &r) != 0) {
		close(fd);
		return -1;
	}
	netns_set_up(name, true);
	return fd;
}

#endif
