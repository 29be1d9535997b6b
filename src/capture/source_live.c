/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A live interface by libpcap, written down as a pcap stream with nanoseconds. Nothing is ever
 * sent.
 */
#include "base/timefmt.h"
#include "capture/source.h"

#include <pcap/pcap.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	READ_TIMEOUT_MS = 100,
	KERNEL_BUFFER_BYTES = 64 * 1024 * 1024, /* half a second of a million packets a second */
	FILE_HEADER_BYTES = 24,
	RECORD_HEADER_BYTES = 16,
};

struct live_source {
	pcap_t *pcap;
	int fd; /* readable when packets wait */
	bool header_written, nanoseconds;
	_Atomic uint64_t dropped;
	/* The block that is being filled. */
	uint8_t *out;
	size_t room, size;
	char name[128];
};

static void put_le32(uint8_t *p, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(value >> (8 * i));
}

static void write_header(struct live_source *l)
{
	uint8_t *p = l->out;

	memset(p, 0, FILE_HEADER_BYTES);
	put_le32(p, 0xa1b23c4d);
	put_le32(p + 4, 4u << 16 | 2);
	put_le32(p + 16, SOURCE_LIVE_SNAPLEN);
	put_le32(p + 20, (uint32_t)pcap_datalink(l->pcap));
	l->size = FILE_HEADER_BYTES;
	l->header_written = true;
}

static void write_packet(u_char *user, const struct pcap_pkthdr *h, const u_char *bytes)
{
	struct live_source *l = (struct live_source *)(void *)user;
	uint32_t captured = h->caplen < SOURCE_LIVE_SNAPLEN ? h->caplen : SOURCE_LIVE_SNAPLEN;
	uint32_t fraction = (uint32_t)h->ts.tv_usec;
	uint8_t *p = l->out + l->size;

	put_le32(p, (uint32_t)h->ts.tv_sec);
	put_le32(p + 4, l->nanoseconds ? fraction : fraction * 1000);
	put_le32(p + 8, captured);
	put_le32(p + 12, h->len);
	memcpy(p + RECORD_HEADER_BYTES, bytes, captured);
	l->size += RECORD_HEADER_BYTES + captured;
	if (l->room - l->size < SOURCE_LIVE_ROOM)
		pcap_breakloop(l->pcap);
}

static void count_drops(struct live_source *l)
{
	struct pcap_stat s;

	if (pcap_stats(l->pcap, &s) == 0)
		atomic_store(&l->dropped, (uint64_t)s.ps_drop + s.ps_ifdrop);
}

static enum status live_fill(void *state, uint64_t offset, uint8_t *out, size_t room, size_t *size,
                             struct trouble *t)
{
	struct live_source *l = state;
	struct pollfd p = {.fd = l->fd, .events = POLLIN};
	int n;

	(void)offset;
	l->out = out;
	l->room = room;
	l->size = 0;
	if (!l->header_written)
		write_header(l);
	(void)poll(&p, 1, READ_TIMEOUT_MS);
	n = pcap_dispatch(l->pcap, -1, write_packet, (u_char *)l);
	*size = l->size;
	count_drops(l);
	if (n == PCAP_ERROR)
		return trouble_set(t, STATUS_IO, l->name, 0, "%s", pcap_geterr(l->pcap));
	return STATUS_OK;
}

/* Kept from the last fill: pcap_stats() is not for other threads. */
static uint64_t live_dropped(void *state)
{
	struct live_source *l = state;

	return atomic_load(&l->dropped);
}

static void live_close(void *state)
{
	struct live_source *l = state;

	if (l->pcap)
		pcap_close(l->pcap);
	free(l);
}

static const struct source_kind live = {
        .own_thread = true,
        .fill = live_fill,
        .dropped = live_dropped,
        .close = live_close,
};

static enum status live_refuse(const struct live_source *l, int code, struct trouble *t)
{
	enum status st = code == PCAP_ERROR_NO_SUCH_DEVICE ? STATUS_NOT_FOUND : STATUS_IO;
	const char *more = pcap_geterr(l->pcap);

	if (code == PCAP_ERROR_PERM_DENIED)
		more = "capturing needs CAP_NET_RAW";
	if (code == PCAP_ERROR_NO_SUCH_DEVICE)
		more = "'ip link' lists what there is";
	return trouble_set(t, st, l->name, 0, "%s: %s", pcap_statustostr(code), more);
}

static enum status live_activate(struct live_source *l, struct trouble *t)
{
	char error[PCAP_ERRBUF_SIZE];
	int code;

	pcap_set_snaplen(l->pcap, SOURCE_LIVE_SNAPLEN);
	pcap_set_promisc(l->pcap, 1);
	pcap_set_timeout(l->pcap, READ_TIMEOUT_MS);
	pcap_set_buffer_size(l->pcap, KERNEL_BUFFER_BYTES);
	l->nanoseconds = pcap_set_tstamp_precision(l->pcap, PCAP_TSTAMP_PRECISION_NANO) == 0;
	code = pcap_activate(l->pcap);
	if (code < 0)
		return live_refuse(l, code, t);
	l->fd = pcap_get_selectable_fd(l->pcap);
	if (l->fd < 0)
		return trouble_set(t, STATUS_UNSUPPORTED, l->name, 0,
		                   "this kind of interface cannot be waited for");
	if (pcap_setnonblock(l->pcap, 1, error) != 0)
		return trouble_set(t, STATUS_IO, l->name, 0, "%s", error);
	return STATUS_OK;
}

static enum status live_filter(struct live_source *l, const char *filter, struct trouble *t)
{
	struct bpf_program program;
	enum status st = STATUS_OK;

	if (!filter)
		return STATUS_OK;
	if (pcap_compile(l->pcap, &program, filter, 1, PCAP_NETMASK_UNKNOWN) != 0)
		return trouble_set(t, STATUS_USAGE, l->name, 0, "filter '%s': %s", filter,
		                   pcap_geterr(l->pcap));
	if (pcap_setfilter(l->pcap, &program) != 0)
		st = trouble_set(t, STATUS_IO, l->name, 0, "%s", pcap_geterr(l->pcap));
	pcap_freecode(&program);
	return st;
}

enum status source_live(struct source *s, const char *interface, const char *filter,
                        struct trouble *t)
{
	char error[PCAP_ERRBUF_SIZE];
	struct live_source *l = calloc(1, sizeof(*l));
	enum status st;

	if (!l)
		return trouble_set(t, STATUS_NO_MEMORY, interface, 0, "out of memory");
	snprintf(l->name, sizeof(l->name), "%s", interface);
	l->pcap = pcap_create(interface, error);
	st = l->pcap ? live_activate(l, t) : trouble_set(t, STATUS_IO, interface, 0, "%s", error);
	if (!st)
		st = live_filter(l, filter, t);
	if (st) {
		live_close(l);
		return st;
	}
	*s = (struct source){.kind = &live, .state = l};
	return STATUS_OK;
}
