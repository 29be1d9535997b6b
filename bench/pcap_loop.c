/* SPDX-License-Identifier: Apache-2.0 */
/* bench_pcap_loop FILE.pcap: what libpcap alone costs: a pcap_dispatch loop that counts. */
#include <pcap/pcap.h>

#include <stdint.h>
#include <stdio.h>

struct tally {
	uint64_t packets, bytes;
};

static void count(uint8_t *user, const struct pcap_pkthdr *head, const uint8_t *bytes)
{
	struct tally *t = (struct tally *)(void *)user;

	(void)bytes;
	t->packets++;
	t->bytes += head->len;
}

int main(int argc, char **argv)
{
	char error[PCAP_ERRBUF_SIZE] = "usage: bench_pcap_loop FILE.pcap";
	pcap_t *pcap = argc == 2 ? pcap_open_offline(argv[1], error) : NULL;
	struct tally t = {0};
	int got;

	if (!pcap) {
		fprintf(stderr, "%s\n", error);
		return 2;
	}
	do
		got = pcap_dispatch(pcap, -1, count, (uint8_t *)&t);
	while (got > 0);
	pcap_close(pcap);
	printf("%llu packets, %llu bytes\n", (unsigned long long)t.packets,
	       (unsigned long long)t.bytes);
	return got < 0;
}
