/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/infer.h"

#include "detect/rules.h"

#include <stdlib.h>

enum { BLOCK_ADDRESSES = 256, PARTS = 8 };

__extension__ typedef unsigned __int128 wide_bits;

/* A node of the trie: blocks [first, end) under a prefix; within a single block only the
 * addresses from `low` on, as many as the length says. */
struct node {
	size_t first, end;
	unsigned length, low;
};

struct trie {
	struct space_block *blocks; /* sorted, distinct, none empty */
	size_t count;
	struct inference *out;
	uint64_t packets[INFER_PREFIXES_MAX]; /* to each prefix found */
};

/* What the seen addresses of a node look like. */
struct spread {
	uint64_t seen, packets;
	double sample; /* seen, but no block counts more than four times the median one */
};

static int compare_blocks(const void *left, const void *right)
{
	const struct space_block *a = left, *b = right;

	return addr_compare(&a->base, &b->base);
}

/* How many of the n addresses from low on were seen; n is a power of two, low a multiple. */
static unsigned seen_in(const struct space_block *b, unsigned low, unsigned n)
{
	unsigned seen = 0;

	if (n < 64) {
		uint64_t mask = ((UINT64_C(1) << n) - 1) << (low % 64);

		return (unsigned)__builtin_popcountll(b->hosts[low / 64] & mask);
	}
	for (unsigned word = low / 64; word < (low + n) / 64; word++)
		seen += (unsigned)__builtin_popcountll(b->hosts[word]);
	return seen;
}

/* `count` bits of an address from bit `from` on; 0 <= count <= 64. */
static uint64_t bits_of(const struct addr *a, unsigned from, unsigned count)
{
	wide_bits value = 0;

	for (unsigned i = 0; i < 16; i++)
		value = value << 8 | a->b[i];
	return count ? (uint64_t)(value << from >> (128 - count)) : 0;
}

static bool bit_of(const struct addr *a, unsigned bit)
{
	return a->b[bit / 8] >> (7 - bit % 8) & 1;
}

static unsigned common_length(const struct addr *a, const struct addr *b)
{
	unsigned length = 0;

	while (length < 128 && bit_of(a, length) == bit_of(b, length))
		length++;
	return length;
}

static double node_size(const struct node *n)
{
	struct prefix p = {.length = (uint8_t)n->length};

	return prefix_size(&p);
}

/* Addresses of one block that belong to the node. */
static unsigned node_window(const struct node *n)
{
	return n->length <= SPACE_BLOCK_LENGTH ? BLOCK_ADDRESSES : 1u << (128 - n->length);
}

/* The block's packets, shared among its seen addresses. */
static uint64_t packets_to(const struct space_block *b, unsigned seen)
{
	unsigned all = seen_in(b, 0, BLOCK_ADDRESSES);

	return b->packets / all * seen + b->packets % all * seen / all;
}

/* A sweep over a few blocks must not hide that the rest is a sparse sample. */
static double capped_sample(const uint64_t sizes[BLOCK_ADDRESSES + 1], size_t blocks)
{
	uint64_t below = 0, sample = 0;
	unsigned median = 0;

	while (below * 2 < blocks)
		below += sizes[++median];
	for (unsigned seen = 1; seen <= BLOCK_ADDRESSES; seen++)
		sample += sizes[seen] * (seen < 4 * median ? seen : 4 * median);
	return (double)sample;
}

static struct spread measure(const struct trie *t, const struct node *n)
{
	uint64_t sizes[BLOCK_ADDRESSES + 1] = {0};
	struct spread s = {0};

	for (size_t i = n->first; i < n->end; i++) {
		unsigned seen = seen_in(&t->blocks[i], n->low, node_window(n));

		s.seen += seen;
		s.packets += packets_to(&t->blocks[i], seen);
		sizes[seen]++;
	}
	s.sample = capped_sample(sizes, n->end - n->first);
	return s;
}

/* Count seen addresses (cells == false) or hit cells of 2^-cell_bits of the node, by its
 * 2^part_bits parts. */
static void count_parts(const struct trie *t, const struct node *n, unsigned part_bits,
                        unsigned cell_bits, bool cells, uint64_t parts[PARTS])
{
	unsigned finest = n->length + cell_bits, window = node_window(n);
	unsigned step = finest <= SPACE_BLOCK_LENGTH ? window : 1u << (128 - finest);
	uint64_t last = UINT64_MAX;

	for (size_t i = n->first; i < n->end; i++) {
		for (unsigned low = n->low; low < n->low + window; low += step) {
			unsigned seen = seen_in(&t->blocks[i], low, step);
			struct addr a = t->blocks[i].base;
			uint64_t cell;

			a.b[15] = (uint8_t)low;
			cell = bits_of(&a, n->length, cell_bits);
			if (seen && !(cells && cell == last))
				parts[cell >> (cell_bits - part_bits)] += cells ? 1 : seen;
			if (seen)
				last = cell;
		}
	}
}

/* Do the seen addresses fill it, with no part left out? */
static bool is_full(const struct trie *t, const struct node *n, const struct spread *s)
{
	double size = node_size(n);
	unsigned part_bits = size >= 64 ? 3 : size >= 32 ? 2 : 1;
	uint64_t parts[PARTS] = {0};

	if ((double)s->seen < INFER_FULL * size)
		return false;
	count_parts(t, n, part_bits, part_bits, false, parts);
	for (unsigned i = 0; i < 1u << part_bits; i++) {
		if ((double)parts[i] * (1u << part_bits) < INFER_FULL_PART * size)
			return false;
	}
	return true;
}

/* Are they spread evenly over the eighths, down to cells of a few seen addresses? */
static bool is_even(const struct trie *t, const struct node *n, const struct spread *s)
{
	uint64_t parts[PARTS] = {0};
	unsigned cell_bits = 3;

	if (s->sample < INFER_SPARSE_SEEN)
		return false;
	while (s->sample >= (double)(INFER_CELL << (cell_bits + 1)))
		cell_bits++;
	count_parts(t, n, 3, cell_bits, true, parts);
	for (unsigned i = 0; i < PARTS; i++) {
		if ((double)parts[i] < INFER_CELLS_SEEN * (1u << (cell_bits - 3)))
			return false;
	}
	return true;
}

/* Keep the prefix, or leave out the lightest one. Earlier addresses win among equals. */
static enum status found(struct trie *t, struct prefix p, uint64_t packets)
{
	struct prefix_set *set = &t->out->prefixes;
	size_t lightest = 0;

	if (set->count < INFER_PREFIXES_MAX) {
		t->packets[set->count] = packets;
		return prefix_set_add(set, p);
	}
	for (size_t i = 1; i < set->count; i++) {
		if (t->packets[i] < t->packets[lightest] ||
		    (t->packets[i] == t->packets[lightest] &&
		     addr_compare(&set->items[i].base, &set->items[lightest].base) > 0))
			lightest = i;
	}
	t->out->scattered = true;
	t->out->left_out++;
	if (packets <= t->packets[lightest]) {
		t->out->packets_left_out += packets;
		return STATUS_OK;
	}
	t->out->packets_left_out += t->packets[lightest];
	t->packets[lightest] = packets;
	set->items[lightest] = p;
	return STATUS_OK;
}

static unsigned edge_host(const struct space_block *b, const struct node *n, bool last)
{
	unsigned window = node_window(n), low = n->low;

	while (window > 1) {
		window /= 2;
		if (seen_in(b, last ? low + window : low, window) == 0)
			low += last ? 0 : window;
		else
			low += last ? window : 0;
	}
	return low;
}

static struct addr edge_address(const struct trie *t, const struct node *n, bool last)
{
	const struct space_block *b = &t->blocks[last ? n->end - 1 : n->first];
	struct addr a = b->base;

	a.b[15] = (uint8_t)edge_host(b, n, last);
	return a;
}

/* The smallest prefix around the node's seen addresses. */
static void tighten(const struct trie *t, struct node *n)
{
	struct addr first = edge_address(t, n, false), last = edge_address(t, n, true);

	n->length = common_length(&first, &last);
	n->low = 0;
	if (n->length > SPACE_BLOCK_LENGTH)
		n->low = first.b[15] & (0xffu << (128 - n->length)) & 0xff;
}

/* The node's first block in its upper half. */
static size_t first_above(const struct trie *t, const struct node *n)
{
	size_t low = n->first, high = n->end;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (bit_of(&t->blocks[middle].base, n->length))
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static void split(const struct trie *t, const struct node *n, struct node *left, struct node *right)
{
	*left = *right = *n;
	left->length = right->length = n->length + 1;
	if (n->length >= SPACE_BLOCK_LENGTH) {
		right->low = n->low + (1u << (127 - n->length));
		return;
	}
	left->end = first_above(t, n);
	right->first = left->end;
}

static enum status visit(struct trie *t, struct node n)
{
	struct node left, right;
	struct spread s;
	enum status st;

	tighten(t, &n);
	s = measure(t, &n);
	if (n.length == 128 || is_full(t, &n, &s) || is_even(t, &n, &s)) {
		struct addr base = edge_address(t, &n, false);

		return found(t, prefix_of(&base, n.length), s.packets);
	}
	split(t, &n, &left, &right);
	st = visit(t, left);
	return st ? st : visit(t, right);
}

/* The shortest prefix that may be inferred around a block. */
static unsigned root_length(const struct addr *a)
{
	return addr_is_v4(a) ? 96 + INFER_SHORTEST_V4 : INFER_SHORTEST_V6;
}

static enum status visit_roots(struct trie *t)
{
	enum status st = STATUS_OK;

	for (size_t first = 0, end; first < t->count && !st; first = end) {
		unsigned length = root_length(&t->blocks[first].base);
		struct prefix root = prefix_of(&t->blocks[first].base, length);

		for (end = first + 1; end < t->count; end++) {
			if (!prefix_contains(&root, &t->blocks[end].base))
				break;
		}
		st = visit(t, (struct node){first, end, length, 0});
	}
	return st;
}

static void merge_block(struct space_block *into, const struct space_block *from)
{
	for (unsigned i = 0; i < 4; i++)
		into->hosts[i] |= from->hosts[i];
	into->packets += from->packets;
}

/* Sort, merge equal bases, drop blocks without addresses. */
static void tidy(struct trie *t, size_t count)
{
	struct space_block *b = t->blocks;

	qsort(b, count, sizeof(*b), compare_blocks);
	for (size_t i = 0; i < count; i++) {
		if (seen_in(&b[i], 0, BLOCK_ADDRESSES) == 0)
			continue;
		if (t->count > 0 && addr_compare(&b[t->count - 1].base, &b[i].base) == 0)
			merge_block(&b[t->count - 1], &b[i]);
		else
			b[t->count++] = b[i];
	}
}

enum status infer_prefixes(const struct space_block *blocks, size_t count, struct inference *out)
{
	struct trie t = {.out = out};
	enum status st;

	*out = (struct inference){0};
	if (count == 0)
		return STATUS_OK;
	t.blocks = reallocarray(NULL, count, sizeof(*blocks));
	if (!t.blocks)
		return STATUS_NO_MEMORY;
	memcpy(t.blocks, blocks, count * sizeof(*blocks));
	tidy(&t, count);
	st = visit_roots(&t);
	prefix_set_seal(&out->prefixes);
	if (st)
		prefix_set_clear(&out->prefixes);
	free(t.blocks);
	return st;
}
