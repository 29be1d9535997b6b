/* SPDX-License-Identifier: Apache-2.0 */
/* From one store to another, partition by partition (`hub move`). */
#include "store/observations_rows.h"

#include <stdlib.h>

struct copy {
	struct observations *from, *to;
	const struct table *table;
	bool exactly; /* both engines estimate alike */
	struct trouble *t;
};

static enum status put_block(void *state, const uint8_t *bytes, size_t n)
{
	struct copy *c = state;

	return rows_put(c->to, c->table, bytes, n, c->t);
}

static enum status is_there(struct copy *c, uint64_t partition, bool *there)
{
	struct partition_digest a, b;
	enum status st = rows_digest(c->from, c->table, partition, &a, c->t);

	if (!st)
		st = rows_digest(c->to, c->table, partition, &b, c->t);
	*there = !st && rows_digest_equal(c->table, &a, &b, c->exactly);
	return st;
}

static enum status copy_partition(struct copy *c, uint64_t partition)
{
	bool there;
	enum status st = is_there(c, partition, &there);

	if (st || there)
		return st;
	st = rows_begin(c->to, c->table, partition, c->t);
	if (!st)
		st = rows_read(c->from, c->table, partition, put_block, c, c->t);
	if (!st)
		st = rows_end(c->to, c->table, partition, c->t);
	if (!st)
		st = is_there(c, partition, &there);
	if (!st && !there)
		st = trouble_set(c->t, STATUS_CONFLICT, c->table->name, 0,
		                 "partition %llu is not the same on both sides after it was "
		                 "copied",
		                 (unsigned long long)partition);
	return st;
}

static enum status copy_table(struct copy *c, uint32_t before_day)
{
	uint64_t *partitions;
	size_t count;
	enum status st = observations_partitions(c->from, c->table, &partitions, &count, c->t);

	for (size_t i = 0; i < count && !st; i++)
		if (partitions[i] * c->table->partition_minutes / MINUTES_PER_DAY < before_day)
			st = copy_partition(c, partitions[i]);
	free(partitions);
	return st;
}

enum status observations_copy(struct observations *from, struct observations *to,
                              uint32_t before_day, struct trouble *t)
{
	size_t count;
	const struct table *tables = observations_tables(&count);
	struct copy c = {.from = from, .to = to, .t = t};
	enum status st = STATUS_OK;

	c.exactly = from->version.major == to->version.major;
	for (size_t i = 0; i < count && !st; i++) {
		c.table = &tables[i];
		if (rows_are_kept(from, c.table) && rows_are_kept(to, c.table))
			st = copy_table(&c, before_day);
	}
	return st ? st : rows_settle(to, t);
}
