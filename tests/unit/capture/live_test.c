/* SPDX-License-Identifier: Apache-2.0 */
/* The loopback interface, where this process may capture; else skipped, loudly. */
#include "reading.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

enum { PORT = 47113, PACKETS = 20 };

static void send_packets(int packets)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
	                         .sin_port = htons(PORT),
	                         .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	for (int i = 0; i < packets; i++)
		CHECK(sendto(s, "abc", 3, 0, (struct sockaddr *)(void *)&to, sizeof(to)) == 3);
	close(s);
}

static void test_errors(void)
{
	struct input_options o = {.workers = 1, .filter = "no such filter"};
	struct input *in = NULL;
	struct trouble t = {0};

	CHECK_U64(input_open_live(&in, "nosuchinterface0", &o, &t), STATUS_NOT_FOUND);
	CHECK_STR(t.file, "nosuchinterface0");
	CHECK_U64(input_open_live(&in, "lo", &o, &t), STATUS_USAGE);
	CHECK(strncmp(t.text, "filter 'no such filter'", 23) == 0);
}

/* 42 bytes: Ethernet, IPv4, UDP; then three. On the loopback each is seen once, or twice
 * where the kernel shows both directions. */
static void check_packets(struct input *in, atomic_bool *stop)
{
	struct record batch[RECORD_BATCH];
	struct records *r = NULL;
	unsigned count;
	struct trouble t;
	uint64_t seen = 0;

	CHECK(records_new(&r, in, 0) == STATUS_OK);
	while (seen < PACKETS && records_next(r, batch, &count) == STATUS_OK) {
		for (unsigned i = 0; i < count; i++) {
			seen += batch[i].captured == 45 && batch[i].link == 1 &&
			        batch[i].time_ns > UINT64_C(1600000000000000000) &&
			        memcmp(batch[i].bytes + 42, "abc", 3) == 0;
		}
	}
	CHECK(seen >= PACKETS);
	atomic_store(stop, true);
	while (records_next(r, batch, &count) == STATUS_OK)
		;
	CHECK_U64(records_result(r, &t), STATUS_INTERRUPTED);
	CHECK_U64(input_dropped(in), 0);
	records_free(r);
}

int main(void)
{
	atomic_bool stop = false;
	struct input_options o = {.workers = 1, .filter = "udp dst port 47113", .stop = &stop};
	struct input *in = NULL;
	struct trouble t = {0};
	enum status st = input_open_live(&in, "lo", &o, &t);

	if (st == STATUS_IO) {
		fprintf(stderr, "SKIPPED: %s\n", t.text);
		CHECK(t.text[0] != '\0');
		return tap_done();
	}
	CHECK_U64(st, STATUS_OK);
	send_packets(PACKETS);
	check_packets(in, &stop);
	input_close(in);
	test_errors();
	return tap_done();
}
