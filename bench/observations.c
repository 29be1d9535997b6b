/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_observations SOCKET ROWS [BLOCK]: insert drawn rows as the hub does, durable and exactly
 * once, and print rows a second and bytes a row as JSON.
 *
 * The rows are drawn like a telescope's: a day of minutes, 16 sensors, a quarter of a million
 * sources of which few send much, networks by prefix, ports of which ten take six tenths.
 */
#include "base/hash.h"
#include "base/prng.h"
#include "store/engine.h"
#include "store/observations.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { SENSORS = 16, SOURCES = 250000, DAY = 20000, BLOCK_ROWS = 100000 };

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static enum status draw(struct flow_block *b, struct prng *r, uint32_t second)
{
	static const uint16_t ports[10] = {23, 22, 445, 80, 443, 8080, 3389, 2323, 5555, 6379};
	double skew = (double)prng_u32(r) / 4294967296.0;
	uint32_t address = hash_permute32((uint32_t)(skew * skew * skew * SOURCES), 1);
	uint32_t habit = hash_permute32(address, 2), network = hash_permute32(address >> 16, 3);
	struct flow f = {.source = addr_v4(address),
	                 .proto = habit % 10 < 8 ? 6 : 17,
	                 .tcp_flags = 2,
	                 .port = prng_below(r, 10) < 6 ? ports[prng_below(r, 10)]
	                                               : (uint16_t)prng_below(r, 65536),
	                 .peer_port = prng_below(r, 3) ? (uint16_t)habit : (uint16_t)prng_u32(r),
	                 .ip_id = habit % 5 ? (uint16_t)prng_u32(r) : 54321,
	                 .ip_len = (uint16_t)(40 + 4 * (habit % 4)),
	                 .tcp_window = (uint16_t)(habit % 7 * 1024),
	                 .options_hash = hash_permute32(habit % 30, 4),
	                 .unicorn = 1,
	                 .packets = prng_below(r, 5) ? 1 : 1 + prng_below(r, 10)};
	struct flow_place place = {.start_s = second,
	                           .sensor = 1 + prng_below(r, SENSORS),
	                           .country = (uint16_t)(0x4141 + network % 40),
	                           .asn = network % 5000,
	                           .tool = habit % 10 == 1 ? TOOL_MIRAI : TOOL_UNKNOWN};

	f.ttl_min = f.ttl_max = (uint8_t)(40 + habit % 200);
	f.bytes = f.packets * f.ip_len;
	f.destinations = (uint32_t)f.packets;
	f.first_us = prng_below(r, 60000000);
	f.last_us = f.packets > 1 ? f.first_us + prng_below(r, 60000000 - f.first_us) : f.first_us;
	return flow_block_add(b, &place, &f);
}

static enum status insert_all(struct observations *o, uint64_t rows, size_t per_block,
                              double *seconds, struct trouble *t)
{
	struct flow_block block = {0};
	struct prng r;
	enum status st = STATUS_OK;
	char token[64];

	prng_init(&r, 1);
	for (uint64_t done = 0; done < rows && !st; done += per_block) {
		uint32_t minute = (uint32_t)(done * 1440 / rows);

		flow_block_empty(&block);
		for (size_t i = 0; i < per_block && !st; i++)
			st = draw(&block, &r, DAY * 86400u + minute * 60);
		(void)snprintf(token, sizeof(token), "bench-%" PRIu64, done);
		double begin = now_s();

		if (!st)
			st = observations_insert(o, &block, token, t);
		*seconds += now_s() - begin;
	}
	flow_block_clear(&block);
	return st;
}

static void print_health(const struct observations_health *h, uint64_t rows, double seconds)
{
	uint64_t rollups = 0;

	for (size_t i = 0; i < h->table_count; i++)
		rollups += i ? h->tables[i].bytes : 0;
	printf("{\"engine\":\"%s\",\"rows\":%" PRIu64 ",\"rows_per_second\":%.0f,"
	       "\"bytes_per_row\":%.2f,\"other_bytes_per_row\":%.2f,\"tables\":{",
	       h->engine, h->tables[0].rows, (double)rows / seconds, h->bytes_per_row,
	       (double)rollups / (double)h->tables[0].rows);
	for (size_t i = 0; i < h->table_count; i++)
		printf("%s\"%s\":{\"rows\":%" PRIu64 ",\"bytes\":%" PRIu64 ",\"parts\":%" PRIu64
		       "}",
		       i ? "," : "", h->tables[i].name, h->tables[i].rows, h->tables[i].bytes,
		       h->tables[i].parts);
	printf("}}\n");
}

int main(int argc, char **argv)
{
	struct engine_options options = {.socket = argc > 2 ? argv[1] : NULL};
	struct observations_config config = {0};
	struct observations *o = NULL;
	struct observations_health health;
	struct trouble t = {0};
	uint64_t rows = argc > 2 ? strtoull(argv[2], NULL, 10) : 0;
	size_t per_block = argc > 3 ? strtoul(argv[3], NULL, 10) : BLOCK_ROWS;
	double seconds = 0;
	char why[1024];

	if (!rows || !per_block || per_block > FLOW_BLOCK_ROWS_MAX) {
		fprintf(stderr, "usage: bench_observations SOCKET ROWS [BLOCK]\n");
		return 2;
	}
	(void)signal(SIGPIPE, SIG_IGN);
	enum status st = engine_open(&config.engine, &options, &t);

	if (!st)
		st = observations_open(&o, &config, &t);
	if (!st)
		st = insert_all(o, rows, per_block, &seconds, &t);
	if (!st)
		st = observations_health(o, &health, &t);
	if (!st)
		print_health(&health, rows, seconds);
	observations_close(o);
	engine_free(config.engine);
	if (st) {
		trouble_print(&t, why, sizeof(why));
		fprintf(stderr, "%s: %s\n", status_text(st), why);
	}
	return st != STATUS_OK;
}
