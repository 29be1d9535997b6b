/* SPDX-License-Identifier: Apache-2.0 */
#include "base/outfile.h"
#include "tap.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void check_short(void)
{
	struct outfile *o = outfile_open_scratch("/nowhere/at/all", 1000);
	struct outfile_scratch text;

	outfile_text(o, "short");
	CHECK(outfile_take(o, &text) == STATUS_OK);
	CHECK(text.fd == -1 && text.size == 5 && memcmp(text.bytes, "short", 5) == 0);
	free(text.bytes);
	o = outfile_open_scratch("/nowhere/at/all", 1000);
	CHECK(outfile_take(o, &text) == STATUS_OK);
	CHECK(text.fd == -1 && text.size == 0 && text.bytes);
	free(text.bytes);
}

/* Past the buffer's size the text is in a file without a name. */
static void check_long(void)
{
	struct outfile *o = outfile_open_scratch("/tmp", 1 << 20);
	struct outfile_scratch text;
	struct stat info;
	char line[8] = "";

	for (int i = 0; i < 100000; i++)
		outfile_printf(o, "%06d\n", i);
	CHECK(outfile_take(o, &text) == STATUS_OK);
	CHECK(text.fd >= 0 && !text.bytes && text.size == 700000);
	CHECK(fstat(text.fd, &info) == 0 && info.st_size == 700000 && info.st_nlink == 0);
	CHECK(pread(text.fd, line, 7, 7 * 99999) == 7);
	CHECK_STR(line, "099999\n");
	close(text.fd);
}

static void check_refused(void)
{
	struct outfile *o = outfile_open_scratch("/tmp", 10);
	struct outfile_scratch text;

	outfile_text(o, "0123456789");
	CHECK(outfile_status(o) == STATUS_OK);
	outfile_text(o, "x");
	CHECK(outfile_take(o, &text) == STATUS_FULL);
	CHECK(!text.bytes && text.fd == -1);
	/* No folder to spill to. */
	o = outfile_open_scratch("/nowhere/at/all", 1 << 20);
	for (int i = 0; i < 100000; i++)
		outfile_text(o, "0123456");
	CHECK(outfile_take(o, &text) == STATUS_NOT_FOUND);
	CHECK(!text.bytes && text.fd == -1);
}

int main(void)
{
	check_short();
	check_long();
	check_refused();
	return tap_done();
}
