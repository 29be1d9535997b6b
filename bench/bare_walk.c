/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_bare_walk FILE.pcap: the least that a reader of the file can do: map it, step from
 * record header to record header and add up the lengths. Prints ns a packet. Only for a
 * capture of bench_make_capture (this machine's byte order).
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { FILE_HEADER = 24, RECORD_HEADER = 16 };

struct walk {
	uint64_t packets, bytes;
};

static struct walk walk_records(const uint8_t *map, size_t size)
{
	struct walk w = {0};
	uint32_t head[4];

	for (size_t at = FILE_HEADER; size - at >= RECORD_HEADER;) {
		memcpy(head, map + at, sizeof(head));
		if (head[2] > size - at - RECORD_HEADER)
			break;
		at += RECORD_HEADER + head[2];
		w.bytes += head[3];
		w.packets++;
	}
	return w;
}

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

int main(int argc, char **argv)
{
	int fd = argc == 2 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;
	double start = now_ns(), spent;
	struct walk w;
	struct stat st;
	void *map;

	if (fd < 0 || fstat(fd, &st) < 0 || st.st_size < FILE_HEADER) {
		fputs("usage: bench_bare_walk FILE.pcap\n", stderr);
		return 2;
	}
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (map == MAP_FAILED) {
		perror(argv[1]);
		return 1;
	}
	w = walk_records(map, (size_t)st.st_size);
	munmap(map, (size_t)st.st_size);
	spent = now_ns() - start;
	printf("%llu packets, %llu bytes, %.2f ns a packet\n", (unsigned long long)w.packets,
	       (unsigned long long)w.bytes, w.packets ? spent / (double)w.packets : 0);
	return 0;
}
