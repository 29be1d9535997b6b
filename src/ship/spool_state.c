/* SPDX-License-Identifier: Apache-2.0 */
#include "ship/spool_state.h"

#include "base/cursor.h"
#include "ship/batch.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { SLOT_BYTES = 128, SUM_AT = SLOT_BYTES - 4, STATE_VERSION = 1 };

#define STATE_MAGIC "NRSS"

static uint8_t *put_64(uint8_t *at, uint64_t value)
{
	for (int i = 0; i < 8; i++)
		*at++ = (uint8_t)(value >> 8 * i);
	return at;
}

static void slot_put(const struct spool_state *s, uint8_t out[SLOT_BYTES])
{
	const struct spool_losses *l = &s->losses;
	uint8_t *at = out + 8;
	uint32_t sum;

	memset(out, 0, SLOT_BYTES);
	memcpy(out, STATE_MAGIC, 4);
	out[4] = STATE_VERSION;
	out[5] = s->any;
	at = put_64(at, s->generation);
	at = put_64(at, s->segment);
	at = put_64(at, s->boot_id);
	at = put_64(at, s->sequence);
	at = put_64(at, l->windows);
	at = put_64(at, l->rows);
	at = put_64(at, l->packets);
	at = put_64(at, l->refused);
	put_64(at, l->torn_bytes);
	sum = batch_checksum(out, SUM_AT);
	for (int i = 0; i < 4; i++)
		out[SUM_AT + i] = (uint8_t)(sum >> 8 * i);
}

static bool slot_get(struct spool_state *s, const uint8_t in[SLOT_BYTES])
{
	struct cursor c = cursor_over(in + 8, SLOT_BYTES - 8);

	if (memcmp(in, STATE_MAGIC, 4) != 0 || in[4] != STATE_VERSION ||
	    bytes_le32(in + SUM_AT) != batch_checksum(in, SUM_AT))
		return false;
	s->any = in[5];
	s->generation = cursor_le64(&c);
	s->segment = cursor_le64(&c);
	s->boot_id = cursor_le64(&c);
	s->sequence = cursor_le64(&c);
	s->losses.windows = cursor_le64(&c);
	s->losses.rows = cursor_le64(&c);
	s->losses.packets = cursor_le64(&c);
	s->losses.refused = cursor_le64(&c);
	s->losses.torn_bytes = cursor_le64(&c);
	return !c.failed;
}

enum status spool_state_put(int fd, struct spool_state *state)
{
	uint8_t slot[SLOT_BYTES];
	ssize_t n;

	state->generation++;
	slot_put(state, slot);
	n = pwrite(fd, slot, sizeof(slot), (off_t)(state->generation % 2 * SLOT_BYTES));
	if (n == sizeof(slot))
		return STATUS_OK;
	return n < 0 ? status_of_errno(errno) : STATUS_FULL;
}

enum status spool_state_open(int dir, int *fd, struct spool_state *out)
{
	uint8_t slots[2 * SLOT_BYTES] = {0};
	struct spool_state other = {0};
	enum status st = STATUS_OK;

	*out = (struct spool_state){0};
	*fd = openat(dir, "state", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (*fd < 0)
		return status_of_errno(errno);
	if (pread(*fd, slots, sizeof(slots), 0) < 0)
		return status_of_errno(errno);
	if (!slot_get(out, slots))
		*out = (struct spool_state){0};
	if (slot_get(&other, slots + SLOT_BYTES) && other.generation > out->generation)
		*out = other;
	/* Both slots, so that the file has its size and its blocks. */
	for (int i = 0; i < 2 && !st; i++)
		st = spool_state_put(*fd, out);
	if (!st && fdatasync(*fd) != 0)
		st = status_of_errno(errno);
	return st;
}
